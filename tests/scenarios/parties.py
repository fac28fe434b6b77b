"""Who takes part in a scenario: a carrier's trunk and a customer's PBX on either side of an edge, and their call."""

import asyncio
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness import placing
from harness.edge import Edge
from harness.plugin import Agents
from harness.polling import PATIENCE
from trunkline.contract.journal import Event
from trunkline.node import ports
from trunkline.sandbox import behaviour, sdp
from trunkline.sandbox.call import Call
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.ua import Agent

LEARNING = 5.0  # s after the last description, in which rtpengine has learnt where a party sends from (3 whole ones)
CUSTOMER = "<sip:+447700900000@pbx.example>"
CARRIER = "<sip:+447700900001@carrier.example>"


@dataclass
class Inbound:
    """A carrier's trunk and a number of a customer; `dial` has the carrier call it."""

    edge: Edge
    trunk: Agent
    number: str

    async def dial(self, **options) -> OutgoingCall:
        via = getattr(self.edge, self.trunk.transport)
        return await self.trunk.dial(self.edge.uri(f"+{self.number}"), via, **{"caller": CARRIER} | options)

    async def events(self, last: str, timeout: float = PATIENCE) -> list[Event]:
        return await self.edge.events(last, timeout, called=self.number)


async def inbound(edge: Edge, agent: Agents, forward: str, *, transport: str = "udp", account: int = 0) -> Inbound:
    """A number with this *Forward to SIP* text, and a carrier of its own that calls it."""
    trunk = await agent(transport, name="trunk")
    edge.carrier(trunk.address, trunk.port())
    return Inbound(edge, trunk, edge.number(forward, account))


@dataclass
class Pair:
    """An answered call: `near` placed it, `far` took it."""

    near: OutgoingCall
    far: IncomingCall
    edge: Edge
    called: str

    async def events(self, last: str, timeout: float = PATIENCE) -> list[Event]:
        return await self.edge.events(last, timeout, called=self.called)

    async def talk(self) -> None:
        """Hear each other."""
        self.near.audio.play(440)
        self.far.audio.play(600)
        await self.far.audio.hear(440)
        await self.near.audio.hear(600)


async def ringing_in(edge: Edge, agent: Agents, caller: str = "udp", callee: str = "udp", **options) -> Pair:
    """A carrier's call that has reached a PBX, which has sent nothing yet."""
    pbx = await agent(callee, name="pbx")
    scene = await inbound(edge, agent, to(pbx), transport=caller)
    near = await scene.dial(**options)
    return Pair(near, await pbx.next_call(), edge, scene.number)


async def ringing_out(edge: Edge, agent: Agents, caller: str = "udp", callee: str = "udp", **options) -> Pair:
    """A PBX's call that has reached a carrier, which has sent nothing yet."""
    key, carrier, pbx = edge.key(), await agent(callee, name="far"), await agent(caller, name="pbx")
    prefix = edge.route(edge.carrier(carrier.address, carrier.port(), transport=callee))
    called = f"{prefix}001"
    options = {"caller": CUSTOMER, "user": key.name, "secret": key.secret} | options
    near = await pbx.dial(edge.uri(f"+{called}"), getattr(edge, caller), **options)
    return Pair(near, await carrier.next_call(), edge, called)


RINGING = {"in": ringing_in, "out": ringing_out}


async def ringing_behind_a_challenge(edge, agent) -> Pair:
    """A PBX's call that has reached a carrier by a second INVITE, with the carrier's credentials."""
    key, ua, carrier, come = edge.key(), await agent(name="pbx"), await agent(name="far"), asyncio.Queue()
    prefix = edge.route(edge.carrier(carrier.address, carrier.port(), username="trunk", password="s3cret"))
    carrier.on_call = behaviour.challenge("trunk", "s3cret", come.put)
    near = await placing.dial(edge, ua, key, f"+{prefix}001")
    return Pair(near, await asyncio.wait_for(come.get(), PATIENCE), edge, f"{prefix}001")


async def talking(edge: Edge, agent: Agents, direction: str = "in", *transports: str, **options) -> Pair:
    """An answered and acknowledged call."""
    pair = await RINGING[direction](edge, agent, *transports, **options)
    await pair.far.answer()
    await pair.near.final()
    await pair.far.confirmed()
    return pair


def sides(pair: Pair, side: str) -> tuple[Call, Call]:
    """Who acts, "near" or "far", and who is acted upon."""
    return (pair.near, pair.far) if side == "near" else (pair.far, pair.near)


async def learnt(call: Call) -> None:
    """Wait until the relay has learnt where both parties send from; audio comes to `call` all the while."""
    now = asyncio.get_running_loop().time
    enough = now() + LEARNING
    await call.audio.until(lambda: now() > enough, 3 * LEARNING, "time for the relay to learn where audio comes from")


def answer_in_the_prack(call: OutgoingCall) -> None:
    """Have a call that made no offer answer that of a reliable provisional response in its PRACK (RFC 3262 §5)."""
    describe_in_the_prack(call, lambda: call.take_offer(call.response.body))


def describe_in_the_prack(call: OutgoingCall, make: Callable[[], bytes]) -> None:
    """Have a call's PRACKs hold what `make` returns."""
    begin = call.agent.begin

    def describe(request) -> None:
        request.body = make()
        request.add("Content-Type", sdp.TYPE)

    async def begin_with_description(request, hop, on_response, edit=None):
        return await begin(request, hop, on_response, describe if request.method == "PRACK" else edit)

    call.agent.begin = begin_with_description


def received(agent, start: bytes):
    """The messages that came to an agent and begin so."""
    here = f"{agent.address}:{agent.port()}"
    return [e.message for e in agent.trace.entries if not e.sent and e.local == here and e.data.startswith(start)]


def to(agent: Agent, user: str = "1234", **parameters: object) -> str:
    """A *Forward to SIP* entry that leads to an agent."""
    transport = {} if agent.transport == "udp" else {"transport": agent.transport}
    written = "".join(f";{name}={value}" for name, value in (transport | parameters).items())
    return f"sip:{user}@{agent.address}:{agent.port()}{written}"


def relayed(edge: Edge) -> list[str]:
    """The Call-IDs of the calls that the media relay holds, by its NG command `list`."""
    port = ports.read(edge.home.ports).media_control
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", port))
        cookie = secrets.token_hex(8)  # a cookie that was used before is answered as it was then
        client.send(f"{cookie} d7:command4:list5:limiti1000ee".encode())
        reply = client.recv(65535)
    listed = re.fullmatch(rb"[0-9a-f]+ d5:callsl(.*)e6:result2:oke", reply)
    assert listed, reply
    found, rest = [], listed[1]
    while rest:
        length, _, rest = rest.partition(b":")
        found.append(rest[: int(length)].decode())
        rest = rest[int(length) :]
    return found


def connected(edge: Edge, agent: Agent) -> bool:
    """Whether the edge holds a connection, of TCP or TLS, that an agent has opened."""
    return any(connection["src_ip"] == agent.address for connection in edge.rpc("core.tcp_list") or ())


async def forgotten(edge: Edge, call: OutgoingCall, timeout: float = PATIENCE) -> None:
    """Wait until the media relay has let a call go: the node does that, once it has read that the call is over."""
    deadline = time.monotonic() + timeout
    while call.call_id in relayed(edge):
        assert time.monotonic() < deadline, f"the media of {call.call_id} is still there after {timeout:g} s"
        await asyncio.sleep(0.02)


def kinds(events: list[Event]) -> list[str]:
    return [event["event"] for event in events]


def failures(events: list[Event]) -> list[tuple]:
    """Of each attempt that failed: its number, cause and code."""
    return [(e["n"], e["cause"], e.get("code")) for e in events if e["event"] == "failed"]


def one(events: list[Event], kind: str) -> Event:
    """The only event of a kind."""
    found = [event for event in events if event["event"] == kind]
    assert len(found) == 1, f"{len(found)} {kind!r} events in {events}"
    return found[0]


async def answered_by(pbx, call, timeout=PATIENCE):
    """Have a PBX take the call and the caller hang up again."""
    incoming = await pbx.next_call(timeout)
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    return incoming


async def refused(call, code, *words):
    """The caller's final response has this code, and a Warning with these words."""
    assert (await call.final()).code == code
    assert all(word in call.warning for word in words), call.warning
    return call

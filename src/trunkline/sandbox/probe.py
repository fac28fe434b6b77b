"""The test calls of `trunkline check`: each places real calls through a running edge and says what it saw.

A probe is a coroutine function of a `Bench`; it returns what was seen, in a few words, and raises `Wrong`,
`AudioError`, TimeoutError or OSError when that is not what should be.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from trunkline.sandbox import behaviour, carrier, pbx, tone
from trunkline.sandbox.certificate import self_signed
from trunkline.sandbox.message import Response
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.transport import Hop
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings
from trunkline.sip.uri import in_uri

ANSWER_SECONDS = 5.5  # above the 5 s of the edge, whose own refusal says more than our patience
HEARD_SECONDS = 3.0  # for audio to come
REGISTERED_SECONDS = 5.0  # for the PBX to have registered after a start


class Wrong(Exception):
    """The answer is not the one expected; the text has the answer and its Warning."""


@dataclass(frozen=True)
class Bench:
    """What the probes share: the settings, the sandbox's account, and the numbers by name (E.164 digits).

    `srtp`: whether the account's PBX offers SRTP, which it must where the account requires it.
    """

    settings: Settings
    key: str
    secret: str
    numbers: dict[str, str]
    srtp: bool = False

    def edge(self, transport: str) -> Hop:
        sip = self.settings.sip
        return Hop(transport, self.settings.sip_address, sip.tls_port if transport == "tls" else sip.port)

    def uri(self, user: str = "") -> str:
        return f"sip:{user}@{self.settings.sip.domain}" if user else f"sip:{self.settings.sip.domain}"

    def customer(self, transport: str = "udp"):
        """A PBX of the account, on the test PBX's address and a port of its own."""
        address = self.settings.sandbox.pbx_address
        tls = self_signed(address) if transport == "tls" else None
        opening = Agent.open(address, transport, name="check", tls=tls)
        opening.agent.share_nat(self.settings)
        opening.agent.srtp = self.srtp
        return opening

    def carrier(self):
        """The test carrier as the origin of a call: its address, and a port of its own."""
        opening = Agent.open(self.settings.sandbox.carrier_address, name="check")
        opening.agent.share_nat(self.settings)
        return opening

    async def outbound(self, agent: Agent, number: str, secret: str = "", **options) -> OutgoingCall:
        caller = f"<{self.uri('+' + self.numbers['plain'])}>"
        return await agent.invite(
            self.uri(f"+{number}"), self.edge(agent.transport), timeout=ANSWER_SECONDS, caller=caller,
            user=self.key, secret=secret or self.secret, **options,
        )  # fmt: skip

    async def inbound(self, agent: Agent, name: str, **options) -> OutgoingCall:
        caller = f"<sip:+{carrier.ECHO}@{in_uri(agent.address)}>"
        number = self.numbers[name]
        uri, hop = self.uri(f"+{number}"), self.edge("udp")
        return await agent.invite(uri, hop, timeout=ANSWER_SECONDS, caller=caller, **options)


type Probe = Callable[[Bench], Coroutine[object, object, str]]


def expect(response: Response, *codes: int) -> None:
    """Raise Wrong unless the status is one of these."""
    if response.code not in codes:
        wanted = " or ".join(map(str, codes))
        said = f": {response.warning}" if response.warning else ""
        raise Wrong(f"{response.code} {response.reason}{said} (expected {wanted})")


def options(transport: str, max_forwards: int = 70) -> Probe:
    async def probe(bench: Bench) -> str:
        async with bench.customer(transport) as agent:
            headers = [("Max-Forwards", str(max_forwards))]
            hop = bench.edge(transport)
            response = await agent.options(bench.uri("anyone"), hop, headers=headers, timeout=ANSWER_SECONDS)
            expect(response, 200)
        return "200"

    return probe


async def wrong_secret(bench: Bench) -> str:
    async with bench.customer() as agent:
        call = await bench.outbound(agent, carrier.ECHO, "not-the-secret")
        expect(call.response, 401, 403, 407)
        return f"refused, {call.code}"


async def registration(bench: Bench) -> str:
    """Ask for the contacts of the key (RFC 3261 §10.2.3: a REGISTER without Contact) until the test PBX's is there."""
    wanted = f"@{in_uri(bench.settings.sandbox.pbx_address)}:"
    async with bench.customer() as agent, asyncio.timeout(REGISTERED_SECONDS):
        while True:
            response = await agent.request(
                "REGISTER", bench.uri(), bench.edge("udp"), caller=f"<{bench.uri(bench.key)}>",
                callee=f"<{bench.uri(bench.key)}>", user=bench.key, secret=bench.secret, timeout=ANSWER_SECONDS,
            )  # fmt: skip
            expect(response, 200)
            if any(wanted in contact for contact in response.values("Contact")):
                return "the test PBX is registered"
            await asyncio.sleep(0.2)


def outbound_echo(transport: str) -> Probe:
    async def probe(bench: Bench) -> str:
        async with bench.customer(transport) as agent:
            call = await bench.outbound(agent, carrier.ECHO)
            expect(call.response, 200)
            call.audio.play(behaviour.PROBE)
            heard = await call.audio.hear(behaviour.PROBE, HEARD_SECONDS)
            await call.bye()
        return f"heard our tone back, {_level(heard)}"

    return probe


def outbound_refused(number: str, code: int, warned: bool = False) -> Probe:
    async def probe(bench: Bench) -> str:
        async with bench.customer() as agent:
            call = await bench.outbound(agent, number)
            expect(call.response, code)
            if warned and not call.warning:
                raise Wrong(f"{code} came without a Warning that says why")
        return f"{code}: {call.warning}" if call.warning else f"{code} {call.reason}"

    return probe


def inbound_tone(name: str, frequency: int) -> Probe:
    """A call whose PBX plays a tone, then echoes ours."""

    async def probe(bench: Bench) -> str:
        async with bench.carrier() as agent:
            call = await bench.inbound(agent, name)
            expect(call.response, 200)
            heard = await call.audio.hear(frequency, HEARD_SECONDS)
            call.audio.play(behaviour.PROBE)
            await call.audio.hear(behaviour.PROBE, HEARD_SECONDS)
            await call.bye()
        return f"heard the PBX's {frequency} Hz, {_level(heard)}, then our tone back"

    return probe


async def inbound_echo(bench: Bench) -> str:
    async with bench.carrier() as agent:
        call = await bench.inbound(agent, "plain")
        expect(call.response, 200)
        call.audio.play(behaviour.PROBE)
        heard = await call.audio.hear(behaviour.PROBE, HEARD_SECONDS)
        await call.bye()
    return f"heard our tone back, {_level(heard)}"


async def inbound_registered(bench: Bench) -> str:
    await registration(bench)  # the PBX may be registering at this moment
    return await inbound_tone("registered", pbx.REGISTERED_TONE)(bench)


async def inbound_silent(bench: Bench) -> str:
    async with bench.carrier() as agent:
        call = await bench.inbound(agent, "silent")
        expect(call.response, 486)
    return f"486 {call.warning}".rstrip()


def _level(heard: tone.Measure) -> str:
    return f"{heard.level:.0f} dBFS"


PROBES: dict[str, Probe] = {
    "OPTIONS over UDP": options("udp"),
    "OPTIONS over TCP": options("tcp"),
    "OPTIONS over TLS": options("tls"),
    "OPTIONS with Max-Forwards: 0": options("udp", 0),
    "a wrong secret is refused": wrong_secret,
    "REGISTER": registration,
    "outbound over UDP, with audio": outbound_echo("udp"),
    "outbound over TCP, with audio": outbound_echo("tcp"),
    "outbound over TLS, with audio": outbound_echo("tls"),
    "outbound, busy": outbound_refused(carrier.BUSY, 486),
    "outbound, not a number": outbound_refused("12", 404, warned=True),
    "inbound, with audio": inbound_echo,
    "inbound, failover past three targets": inbound_tone("failover", pbx.TONE),
    "inbound over TCP": inbound_tone("tcp", pbx.TONE),
    "inbound over TLS": inbound_tone("tls", pbx.TONE),
    "inbound to the registered PBX": inbound_registered,
    "inbound, nobody answers": inbound_silent,
}

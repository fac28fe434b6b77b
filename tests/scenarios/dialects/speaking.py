"""Messages as a PBX writes them, header for header: files of the folder `messages`, with a call's own values in them.

Placeholders: {number} called, {caller} (E.164 digits), {key}, {domain}, {edge} (its IP address), {pbx} and {port}
(where the PBX speaks), {rtp} (its audio port), {branch}, {tag}, {call_id}, {cseq}. A line that begins with '#' says
what it is.
"""

import re
from pathlib import Path

from harness.edge import Edge
from harness.plugin import Agents
from harness.world import Key
from scenarios.parties import Pair
from trunkline.sandbox import sdp
from trunkline.sandbox.dialog import token
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.message import Request, Response, parse
from trunkline.sandbox.outgoing import Invitation, OutgoingCall
from trunkline.sandbox.ua import Agent

MESSAGES = Path(__file__).parent / "messages"
CALLER = "447700900000"
CREDENTIALS = ("Authorization", "Proxy-Authorization")


def text(name: str, **values: object) -> str:
    """A file with its values, without its remarks, in SIP's line ends."""
    lines = (MESSAGES / name).read_text().splitlines()
    written = "\n".join(line for line in lines if not line.startswith("#")) + "\n"
    return written.format(**values).replace("\n", "\r\n")


def body(name: str, call, **values: object) -> bytes:
    """A session description for this call's audio."""
    pbx, rtp = call.audio.address
    return text(name, **{"pbx": pbx, "rtp": rtp} | values).encode()


def message(name: str, **values: object) -> Request:
    return parse(text(name, **values).encode())


def places(edge: Edge, ua: Agent) -> dict[str, object]:
    return {"domain": edge.domain, "edge": edge.address, "pbx": ua.address, "port": ua.port()}


def _nothing(request: Request) -> None:
    pass


def wearing(name: str, also=_nothing, **values: object):
    """An `edit` that gives a request the words of a file; what makes it this request, and its credentials, stay.

    `also` changes it further.
    """

    def edit(request: Request) -> None:
        rtp = re.search(rb"m=audio (\d+)", request.body)
        own = {
            "branch": request.branch, "tag": request.tag("From"), "call_id": request.call_id,
            "cseq": request.cseq[0], "rtp": rtp[1].decode() if rtp else "",
        }  # fmt: skip
        worn = message(name, **own | values)
        credentials = [header for header in request.headers if header[0] in CREDENTIALS]
        request.uri, request.headers, request.body = worn.uri, worn.headers + credentials, worn.body
        also(request)

    return edit


class Placed(OutgoingCall):
    """Reads a response as its own border controller hands it on: without the Record-Routes of its own side."""

    async def _handle(self, request: Request, response: Response) -> None:
        own = request.values("Record-Route")
        routes = [route for route in response.values("Record-Route") if route not in own]
        response.remove("Record-Route")
        response.headers += [("Record-Route", route) for route in routes]
        await super()._handle(request, response)


async def call_out(
    edge: Edge, agent: Agents, name: str, *, account: int = 0, key: Key | None = None, tag: str = "",
    transport: str = "udp", **options,
) -> Pair:  # fmt: skip
    """A PBX's INVITE in the words of a file, which has reached a carrier that has sent nothing yet.

    `tag`: the From tag, as this system forms them; `transport`: the PBX's; other options are those of `Agent.dial` and
    of the file.
    """
    carrier = await agent(name="far")
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    pbx, key = await agent(transport, name="pbx"), key or edge.key(account)
    near = await place(edge, pbx, key, name, f"{prefix}001", tag=tag, **options)
    return Pair(near, await carrier.next_call(), edge, f"{prefix}001")


async def place(edge: Edge, ua: Agent, key: Key, name: str, number: str, *, tag: str = "", **options) -> OutgoingCall:
    """Send the INVITE of a file, and with credentials when that is asked for. Options: see `call_out`, `wearing`."""
    values = places(edge, ua) | {"number": number, "caller": CALLER, "key": key.name} | options.pop("values", {})
    worn, codecs = wearing(name, options.pop("also", _nothing), **values), options.pop("codecs", ua.codecs)
    invitation = Invitation(
        edge.uri(number), getattr(edge, ua.transport), "<sip:x@x>", "<sip:y@y>", key.name, key.secret, edit=worn,
        reliable=False, **options,
    )  # fmt: skip
    call = Placed(ua, tag or token(), invitation, codecs)
    await call.start()
    ua.calls[call.call_id, call.local_tag] = call  # the file may have another Call-ID than the agent
    return call


async def answer_as(call: IncomingCall, name: str) -> None:
    """Take a call with the headers and the description of a file."""
    await call.open_audio()
    call.take_offer(call.request.body)  # connects the audio, in the codec that comes first in both
    pbx, rtp = call.audio.address
    head, _, description = text(name, pbx=pbx, rtp=rtp).partition("\r\n\r\n")
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in head.split("\r\n")]
    chosen = sdp.parse(description.encode())
    call.audio.connect(call.remote_audio.address, call.remote_audio.port, chosen.codec, call.remote_audio.event)
    await call.answer(description.encode(), headers)


async def answered(pair: Pair, **options) -> Pair:
    """Have the far side take the call."""
    await pair.far.answer(**options)
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    return pair


async def reinvite_without_sdp(pair: Pair, supported: str) -> tuple[Request, Response]:
    """The near side's re-INVITE that leaves the offer to the far one, and its 200; `answer_in_the_ack` goes on."""
    call = pair.near
    request = call.dialog.request("INVITE")
    request.add("Contact", call.agent.contact_for(call.hop))
    request.add("Supported", supported)
    response = await call.agent.transact(request, call.hop)
    assert response.code == 200
    assert not (await pair.far.next_request("INVITE")).body
    return request, response


async def answer_in_the_ack(pair: Pair, request: Request, description: bytes) -> None:
    call = pair.near
    ack = call.dialog.request("ACK", request.cseq[0])
    ack.add("Content-Type", sdp.TYPE)
    ack.body = description
    await call.agent.send(ack, call.hop)
    await pair.far.until(lambda: pair.far.requests[-1].method == "ACK" and pair.far.requests[-1].body, 10, "the ACK")


async def ended(pair: Pair, by: str = "caller") -> list[dict]:
    """One side hangs up; the call's record, which is whole. Nobody was sent an OPTIONS within the call: systems that
    answer none there (NEC, Oracle) would lose it."""
    actor, other = (pair.near, pair.far) if by == "caller" else (pair.far, pair.near)
    assert (await actor.bye()).code == 200
    await other.hung_up()
    assert "OPTIONS" not in {request.method for request in (*pair.near.requests, *pair.far.requests)}
    events = await pair.events("end")
    kinds = [event["event"] for event in events]
    assert [kinds.count(kind) for kind in ("setup", "answer", "end")] == [1, 1, 1]
    assert events[0]["called"] == pair.called
    assert events[-1]["by"] == by
    return events


async def ask(edge: Edge, ua: Agent, name: str, **values: object) -> Response:
    """Send a request of a file outside any call; options as `Agent.transact`'s: user, secret."""
    options = {option: values.pop(option) for option in ("user", "secret") if option in values}
    request = message(name, **places(edge, ua) | {"branch": "", "tag": token(), "call_id": token(), "cseq": 1} | values)
    request.set("Via", re.sub(r"branch=[^;]*", f"branch=z9hG4bK{token()}", request.get("Via")))
    via = request.get("Via")

    def renew(again: Request) -> None:
        if again.get("Authorization"):  # the second time: a Via of its own, but as this system writes it
            again.set("Via", re.sub(r"branch=[^;]*", f"branch={again.branch}", via))

    return await ua.transact(request, getattr(edge, ua.transport), edit=renew, **options)

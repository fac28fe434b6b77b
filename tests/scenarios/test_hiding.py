"""What tells of one side stays on that side: asked once more by name, besides the search in every scenario."""

import pytest

from scenarios.hiding import leaks
from scenarios.parties import RINGING, inbound, ringing_out, talking, to
from trunkline.sandbox import sdp
from trunkline.sandbox.trace import Trace

pytestmark = pytest.mark.engines

PRIVATE = [
    ("X-PBX-Version", "secret-pbx-1.2"),
    ("P-Asserted-Identity", "<sip:alice@inside.pbx.example>"),
    ("P-Preferred-Identity", "<sip:alice@inside.pbx.example>"),
    ("Remote-Party-ID", "<sip:alice@inside.pbx.example>;party=calling"),
    ("P-Charging-Vector", "icid-value=inside.pbx.example"),
    ("History-Info", "<sip:+447700900000@inside.pbx.example>;index=1"),
    ("Call-Info", "<https://inside.pbx.example/photo>;purpose=icon"),
    ("Organization", "Secret-Organization"),
    ("Subject", "Secret-Subject"),
    ("Server", "secret-server"),
    ("Warning", '399 inside.pbx.example "secret-warning"'),
    ("Alert-Info", "<https://inside.pbx.example/ring.wav>"),
    ("Geolocation", "<cid:alice@inside.pbx.example>"),
    ("Referred-By", "<sip:alice@inside.pbx.example>"),
    ("Authorization", 'Digest username="secret-user"'),
]
TELLING = (
    b"i=secret-info\r\nu=http://inside.pbx.example\r\ne=alice@inside.pbx.example\r\n",
    b"a=tool:secret-tool 1.0\r\na=X-secret:1\r\na=ssrc:1 cname:alice@inside.pbx.example\r\n",
)


def telling(body: bytes) -> bytes:
    """An SDP that says all it can of its writer."""
    session, media = TELLING
    body = body.replace(b"o=- ", b"o=secret-origin ").replace(b"s=-\r\n", b"s=secret-session\r\n" + session)
    return body + media


def words(messages) -> str:
    return "\n".join(str(message) for message in messages).lower()


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_private_headers_and_names_stay_behind(edge, agent, direction):
    def edit(request):
        request.body = telling(request.body)
        request.headers += PRIVATE if request.get("Proxy-Authorization") or direction == "in" else []

    # An offer has its telling lines from `edit`; the answer is told by hand.
    pair = await RINGING[direction](edge, agent, edit=edit)
    await pair.far.open_audio()
    await pair.far.ring(headers=PRIVATE)
    await pair.near.provisional(180)
    await pair.far.answer(telling(pair.far.take_offer(pair.far.request.body)), headers=PRIVATE)
    response = await pair.near.final()
    await pair.talk()
    seen = words([pair.far.request, *pair.near.responses])
    assert "secret" not in seen
    assert "inside" not in seen
    assert "alice" not in seen
    assert sdp.parse(response.body).address == edge.address
    assert ";tf=" not in seen
    assert ";tt=" not in seen

    response = await pair.far.send("INFO", b"x", [*PRIVATE, ("Content-Type", "text/plain")])
    assert "secret" not in words([await pair.near.next_request("INFO"), response])
    await pair.near.bye(headers=PRIVATE)
    assert "secret" not in words([await pair.far.hung_up()])


@pytest.mark.parametrize(
    "headers", [[(f"X-{n}", "secret") for n in range(1000)], [("X" * 200, "secret"), ("X" * 3000, "secret")]]
)
async def test_as_many_headers_as_a_message_holds_stay_behind(edge, agent, headers):
    pair = await talking(edge, agent, "out")
    response = await pair.near.send("INFO", b"x", [*headers, ("Content-Type", "text/plain"), ("Reason", "kept")])
    request = await pair.far.next_request("INFO")
    assert response.code == 200
    assert "secret" not in words([request])
    assert (request.get("Reason"), request.get("Content-Type"), request.body) == ("kept", "text/plain", b"x")
    await pair.near.bye()


@pytest.mark.parametrize(
    ("allow", "seen"),
    [
        ("INVITE,ACK, BYE,\r\n REFER,NOTIFY,CANCEL\r\nAllow: PRACK, ,MESSAGE", "INVITE, ACK, BYE, CANCEL, PRACK"),
        ("INVITE,ACK, BYE, CANCEL", "INVITE,ACK, BYE, CANCEL"),
        ("REFER", ""),
    ],
)
async def test_methods_that_are_refused_here_are_not_said_to_be_allowed(edge, agent, allow, seen):
    headers = [("Allow", allow)]
    pair = await ringing_out(edge, agent, headers=headers)
    await pair.far.answer(headers=headers)
    response = await pair.near.final()
    await pair.far.send("OPTIONS", headers=headers)
    for message in (pair.far.request, response, await pair.near.next_request("OPTIONS")):
        assert message.all("Allow") == [seen], message


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_from_and_to_are_those_of_the_other_sides_dialog(edge, agent, direction):
    """Each side sees the numbers and our domain throughout, and in responses exactly what it wrote."""
    pair = await RINGING[direction](edge, agent)
    invite = pair.far.request
    await pair.far.answer()
    response = await pair.near.final()
    assert response.get("From") == pair.near.request.get("From")
    assert response.get("To").partition(";tag=")[0] == pair.near.request.get("To")
    assert (await pair.far.confirmed()).get("From") == invite.get("From")
    assert (await pair.near.reinvite()).code == 200
    again = await pair.far.next_request("INVITE")
    assert again.get("From") == invite.get("From")
    assert again.get("To") == f"{invite.get('To')};tag={pair.far.local_tag}"
    response = await pair.far.bye()
    assert response.get("From") == pair.far.dialog.local
    assert response.get("To") == pair.far.dialog.remote
    bye = await pair.near.hung_up()
    assert bye.tag("From") == pair.far.local_tag
    assert bye.tag("To") == pair.near.local_tag
    assert edge.domain in bye.get("From")


async def test_a_route_that_the_caller_loads_leads_nowhere(edge, agent):
    thief = await agent(name="thief")
    routes = [("Route", f"<sip:{edge.address};lr>"), ("Route", f"<sip:{thief.address}:{thief.port()};lr>")]
    pair = await RINGING["out"](edge, agent, headers=routes)
    assert not pair.far.request.get("Route")
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.near.bye()
    await pair.events("end")
    assert not thief.requests


async def test_a_failed_target_is_not_shown_to_the_next(edge, agent):
    first, second = await agent(name="first"), await agent(name="second")
    scene = await inbound(edge, agent, f"{to(first, 'hidden-user')},{to(second)}")
    call = await scene.dial()
    (await first.next_call()).refuse(503, "secret-reason", PRIVATE)
    incoming = await second.next_call()
    assert "hidden-user" not in str(incoming.request)
    incoming.refuse(500, headers=PRIVATE)
    response = await call.final()
    assert "secret" not in str(response).lower()
    assert "hidden-user" not in str(response)


def test_the_search_finds_a_leak():
    trace = Trace()
    near, far, service = ("192.0.2.1", 5060), ("192.0.2.2", 5060), ("192.0.2.9", 5060)
    data = b"OPTIONS sip:x@y SIP/2.0\r\nTo: <sip:x@y>\r\n"
    data += b"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nUser-Agent: Box 1\r\n\r\n"
    trace.add(True, "udp", near, service, data)
    trace.add(False, "udp", far, service, b"OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9\r\n\r\n")
    assert not leaks(trace, {"192.0.2.9"})
    trace.add(False, "udp", far, service, b"SIP/2.0 200 OK\r\nServer: Box 1\r\n\r\n")
    trace.add(False, "udp", far, service, b"SIP/2.0 200 OK\r\nContact: <sip:192.0.2.1>\r\n\r\n")
    assert len(leaks(trace, {"192.0.2.9"})) == 2

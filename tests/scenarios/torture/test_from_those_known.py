"""Torture messages from a carrier and from a key's holder: whom valid ones reach, and how others are refused."""

import pytest

from harness import placing
from scenarios.parties import to
from scenarios.raw import still_works
from scenarios.torture.messages import written
from scenarios.torture.sending import ack, copied, final, finals, from_number, nothing_left, signed, unended
from trunkline.sandbox.dialog import Dialog, token
from trunkline.sandbox.message import parse

pytestmark = pytest.mark.engines

TORTUOUS = "wsinv"
REACHING = ("esc01", "longreq", "escruri", "baddate", "sdp01", "mult-ip-in-sdp", TORTUOUS)
REFUSED = {
    "invut": (415, "'application/unknownformat' is not carried here"),
    "ipv6-in-sdp": (488, "media is IPv4 here"),
    "ipv4-mapped-ipv6": (488, "media is IPv4 here"),
}


def reaching(name: str, number: str) -> bytes:
    """An INVITE to a number. Of the tortuous one what Kamailio does not read, and what makes it one within a dialog, is
    changed: the blank line in its CSeq, and the tag of its To."""
    data = written(name, token(), number)
    if name == TORTUOUS:
        data = data.replace(b"cseq: 0009\r\n  INVITE", b"cseq: 0009  \t INVITE")
        data = data.replace(b" ;   tag    = 1918181833n", b"")
    return data


async def sender(edge, agent, far, known: str, name: str):
    """Somebody known, and an INVITE of theirs that reaches `far`; the account whose call it is."""
    ua = await agent(name="sender")
    if known == "carrier":
        account = edge.account()
        edge.carrier(ua.address, ua.port())
        return ua, reaching(name, "+" + edge.number(to(far), account)), account
    key = edge.key()
    data = reaching(name, f"+{edge.route(edge.carrier(far.address, far.port()))}001")
    return ua, await signed(from_number(data, "+447700900000"), edge, ua, key), key.account_id


@pytest.mark.parametrize("known", ["carrier", "key"])
@pytest.mark.parametrize("name", REACHING)
async def test_a_refused_call_leaves_nothing_behind(edge, agent, known, name):
    far, others = await agent(name="far"), unended(edge)
    ua, data, account = await sender(edge, agent, far, known, name)
    ua.strays.clear()
    await ua.send_raw(data, edge.udp)
    call = await far.next_call()
    assert not [header for header in ("Route", "Date", "Subject", "NewFangledHeader") if call.request.get(header)]
    assert call.request.uri.partition("?")[0] == call.request.uri
    call.refuse(486)
    await ua.until(lambda: finals(ua), 10, "the refusal")
    response = finals(ua)[0]
    assert response.code == 486
    assert copied(response) == copied(parse(data))
    await ua.send_raw(ack(parse(data), response), edge.udp)
    await nothing_left(edge, others, account)
    [setup] = edge.journal(event="setup", call_id=parse(data).call_id)
    assert [event["event"] for event in edge.journal(call=setup["call"])][-1] == "finish"
    await still_works(edge, ua)


@pytest.mark.parametrize("known", ["carrier", "key"])
@pytest.mark.parametrize("name", [TORTUOUS, "longreq", "esc01"])
async def test_an_answered_call_ends_as_any_other(edge, agent, known, name):
    far, others = await agent(name="far"), unended(edge)
    ua, data, account = await sender(edge, agent, far, known, name)
    ua.strays.clear()
    await ua.send_raw(data, edge.udp)
    call = await far.next_call()
    await call.answer()
    await ua.until(lambda: finals(ua), 10, "the answer")
    request, response = parse(data), finals(ua)[0]
    assert response.code == 200
    assert copied(response) == copied(request)
    dialog = Dialog.of_client(request, response)
    await ua.send(dialog.request("ACK", request.cseq[0]), edge.udp)
    await call.confirmed()
    assert (await ua.transact(dialog.request("BYE"), edge.udp)).code == 200
    await call.hung_up()
    await nothing_left(edge, others, account)


@pytest.mark.parametrize("known", ["carrier", "key"])
@pytest.mark.parametrize("name", REFUSED)
async def test_what_cannot_be_carried_is_refused_in_words(edge, agent, known, name):
    far, others = await agent(name="far"), unended(edge)
    ua, data, account = await sender(edge, agent, far, known, name)
    response = await final(ua, data, edge)
    code, words = REFUSED[name]
    assert (response.code, words in response.warning) == (code, True), response
    assert copied(response) == copied(parse(data))
    await ua.send_raw(ack(parse(data), response), edge.udp)
    assert not far.calls
    [event] = edge.journal(call_id=parse(data).call_id)
    assert (event["event"], event["code"]) == ("reject", code)
    await nothing_left(edge, others, account)


@pytest.mark.parametrize(("name", "user"), [("esc01", "sips:user@example.com"), ("baddate", "user")])
async def test_a_user_part_that_is_no_number_is_named(edge, agent, name, user):
    ua = await agent()
    edge.carrier(ua.address, ua.port())
    response = await final(ua, written(name, token()), edge)
    assert response.code == 404
    assert f"'{user}' is not an E.164 number" in response.warning


@pytest.mark.parametrize("name", ["escnull", "dblreq", "regaut01", "cparam01", "cparam02", "regescrt", "ipv6-good"])
async def test_what_may_be_registered_is_called(edge, agent, name):
    """Always where it came from, and by the URI alone: header fields in a Contact would be ours to obey."""
    key, ua, trunk, others = edge.key(), await agent(), await agent(), unended(edge)
    edge.carrier(trunk.address, trunk.port())
    response = await final(ua, await signed(written(name, token()), edge, ua, key), edge)
    assert response.code == 200, response
    if name == "regaut01":  # it asks what is registered
        assert response.get("Contact") is None
        return
    number = edge.number(f"sip:{key.name}@{edge.domain}", key.account_id)
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp)
    incoming = await ua.next_call()
    kept = [value.split("<")[1].split(">")[0] for value in response.values("Contact")]
    assert incoming.request.uri in [uri.partition("?Route")[0] for uri in kept]
    assert incoming.request.get("Route") is None
    incoming.refuse(486)
    assert (await call.final()).code == 486
    await nothing_left(edge, others, key.account_id)


@pytest.mark.parametrize(
    ("name", "words"),
    [("regbadct", "SIP URIs in angle brackets"), ("unksm2", "malformed"), ("scalar02", "malformed")],
)
async def test_what_cannot_be_registered_is_refused_in_words(edge, agent, name, words):
    key, ua = edge.key(), await agent()
    response = await final(ua, await signed(written(name, token()), edge, ua, key), edge)
    assert (response.code, words in response.warning) == (400, True), response
    assert copied(response) == copied(parse(written(name, response.call_id.partition(".")[0])))


@pytest.mark.parametrize(("demand", "code"), [("privacy", 486), ("Privacy", 486), ("sec-agree", 420)])
async def test_a_pbx_may_demand_what_is_done_for_it_anyway(edge, agent, demand, code):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call = await placing.dial(edge, ua, key, f"+{prefix}001", headers=[("Proxy-Require", demand), ("Privacy", "id")])
    if incoming := await placing.arrival(call, far):
        incoming.refuse(486)
    assert (await call.final()).code == code
    assert call.warning == ("" if code == 486 else "'sec-agree' is not supported: leave it out of Proxy-Require")

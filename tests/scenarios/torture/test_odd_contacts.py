"""Contacts and Record-Routes that Kamailio by itself hides not, as it reads them otherwise than they are meant, or not
as a whole: each shows nothing of its sender, and leads back to it."""

import re

import pytest

from harness import placing
from scenarios.parties import CUSTOMER, Pair, kinds, ringing_out, talking
from scenarios.torture.forms import speaking

pytestmark = pytest.mark.engines

ODD = (
    "<{uri}>;",
    "<{uri}> ;q=0.5;;x",
    '"x \\\\" <{uri}>',
    '"\\\\" <{uri};ob>',
    '<{uri}>;x="\\"c\\""',
    '"Doe, \\"J\\"; <1>" <{uri}>;x="<y>"',
    '"Front desk" <{uri}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-0013c4aa0d1e>"',
    "{uri};audio;expires=60",
)
SEVERAL = ("<{uri}>, <{uri}>", "<{uri}>\r\nContact: <{uri}>", "<{uri}>\r\nm: <{uri};x>")
UNUSABLE = ("*<{uri}>", "* <{uri}>", '"x <{uri}>', "<tel:{uri}>", "*")


def writing(agent, contact: str):
    """Have an agent write each of its Contacts so."""

    def form(message):
        if written := message.get("Contact"):
            message.set("Contact", contact.format(uri=written.strip("<>")))

    speaking(agent, form)


async def called(edge, agent, near: str = "", far: str = "", transport: str = "udp") -> Pair:
    """An answered call, its Contacts written by each side in its own way."""
    key, carrier, pbx = edge.key(), await agent(transport, name="far"), await agent(transport, name="near")
    for party, contact in ((pbx, near), (carrier, far)):
        if contact:
            writing(party, contact)
    prefix = edge.route(edge.carrier(carrier.address, carrier.port(), transport=transport))
    credentials = {"user": key.name, "secret": key.secret}
    call = await pbx.dial(edge.uri(f"+{prefix}001"), getattr(edge, transport), caller=CUSTOMER, **credentials)
    pair = Pair(call, await carrier.next_call(), edge, f"{prefix}001")
    await pair.far.ring()
    await pair.near.provisional(180)
    await pair.far.answer()
    return pair


@pytest.mark.parametrize("contact", ODD)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_both_sides_are_reached_by_it(edge, agent, transport, contact):
    pair = await called(edge, agent, contact, contact, transport)
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    for one in (pair.near, pair.far):
        assert (await one.reinvite()).code == 200
        assert (await one.update()).code == 200
        assert (await one.send("OPTIONS", headers=[("Contact", one.agent.contact_for(one.hop))])).code == 200
    await pair.talk()
    seen = [pair.far.request, *pair.far.requests, *pair.near.responses, *pair.near.requests]
    shown = [value for message in seen for value in message.all("Contact")]
    assert len(shown) > 6
    assert all(re.fullmatch("<sip:[^<>]+>", value) for value in shown), shown
    await placing.hang_up(pair.far, pair.near)


@pytest.mark.parametrize("contact", SEVERAL)
async def test_of_several_in_a_response_the_first_one_counts(edge, agent, contact):
    pair = await called(edge, agent, far=contact)
    answer = await pair.near.final()
    assert (answer.code, len(answer.values("Contact"))) == (200, 1)
    await pair.far.confirmed()
    assert (await pair.near.reinvite()).code == 200
    await placing.hang_up(pair.near, pair.far)


@pytest.mark.parametrize("contact", UNUSABLE)
async def test_an_answer_that_nobody_could_acknowledge_is_refused(edge, agent, contact):
    pair = await called(edge, agent, far=contact)
    assert (await pair.near.provisional(180)).get("Contact") is None
    assert (await pair.near.final()).code == 502
    assert "Contact has no SIP URI" in (await pair.events("finish"))[-1]["warning"]


@pytest.mark.parametrize("contact", [*SEVERAL, *UNUSABLE])
async def test_in_a_request_it_is_refused_and_in_a_refusal_left_behind(edge, agent, contact):
    pair = await talking(edge, agent, "out")
    writing(pair.near.agent, contact)
    for method in ("INVITE", "UPDATE"):
        refusal = await pair.near.send(method)
        assert (refusal.code, "one SIP URI" in refusal.warning) == (400, True)

    def redirect(request):
        response = pair.near.agent.response(request, 302)
        response.add("Contact", pair.near.agent.contact_for(pair.near.hop))
        return response

    pair.near.respond = redirect
    for method in ("INVITE", "OPTIONS", "INFO"):
        assert (await pair.far.send(method)).get("Contact") is None
    pair.near.respond = None
    headers = [("Contact", pair.near.agent.contact_for(pair.near.hop))]
    assert (await pair.near.bye(headers=headers)).code == 200
    assert (await pair.far.hung_up()).get("Contact") is None


async def test_a_refused_call_shows_none(edge, agent):
    pair = await ringing_out(edge, agent)
    pair.far.refuse(485, headers=[("Contact", f"<sip:a@{pair.far.agent.address}>, <sip:b@{pair.far.agent.address}>")])
    assert (await pair.near.final()).get("Contact") is None


ODD_ROUTES = (
    "<sip:{0};lr>;",
    "<sip:{0};lr>,",
    "sip:{0};lr",
    '"\\\\" <sip:{0};lr>',
    "<sip:192.0.2.1;lr>, <sip:{0};lr>;",
    "<sip:192.0.2.1;lr>\r\nRecord-Route: nonsense {0}",
    "<sip:{0};lr",
)


@pytest.mark.parametrize("route", ODD_ROUTES)
async def test_a_caller_whose_routes_could_not_be_hidden_is_refused(edge, agent, route):
    far, key, pbx = await agent(name="far"), edge.key(), await agent(name="near")
    prefix = edge.route(edge.carrier(far.address, far.port()))
    headers = [("Record-Route", route.format(pbx.address))]
    refusal = await placing.refused(edge, pbx, key, f"+{prefix}001", headers=headers)
    assert (refusal.code, "Record-Route must hold" in refusal.warning) == (400, True)
    assert not far.calls


@pytest.mark.parametrize("route", ODD_ROUTES)
async def test_an_answer_whose_routes_could_not_be_hidden_is_refused(edge, agent, route):
    pair = await ringing_out(edge, agent)
    odd = [("Record-Route", route.format(pair.far.agent.address))]
    await pair.far.ring(180, headers=odd)
    await pair.far.answer(headers=odd)
    assert (await pair.near.final()).code == 502
    assert [response.code for response in pair.near.responses] == [407, 100, 502]
    events = await pair.events("finish")
    assert kinds(events)[-2:] == ["failed", "finish"]
    assert "Record-Route" in events[-1]["warning"]


@pytest.mark.parametrize("route", ODD_ROUTES)
async def test_within_a_call_they_are_left_behind(edge, agent, route):
    pair = await talking(edge, agent, "out")
    headers = [("Record-Route", route.format(pair.near.agent.address))]

    def respond(request):
        response = pair.near.agent.response(request, 488 if request.method == "INVITE" else 200)
        response.headers += headers
        return response

    for method in ("INVITE", "UPDATE", "OPTIONS", "INFO"):
        assert (await pair.near.send(method, headers=headers)).code == 200
        assert (await pair.far.next_request(method)).get("Record-Route") is None
    pair.near.respond = respond
    for method in ("INVITE", "UPDATE", "OPTIONS", "INFO"):
        assert (await pair.far.send(method)).get("Record-Route") is None
    pair.near.respond = None
    await pair.talk()
    await placing.hang_up(pair.near, pair.far)

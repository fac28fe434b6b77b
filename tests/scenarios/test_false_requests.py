"""What a party may try within a call: to talk unrecorded, to pass for the other, to have us serve a victim."""

import pytest

from harness import placing
from harness.node import eventually
from scenarios.parties import kinds, ringing_out, sides, talking
from scenarios.test_no_relay import naming, quiet, victim_of
from trunkline.edge.limits import MOST_SLOW_DNS
from trunkline.sandbox import sdp

pytestmark = pytest.mark.engines


async def test_a_bye_before_the_answer_closes_no_record(edge, agent):
    pair = await ringing_out(edge, agent)
    await pair.far.ring(180)
    await pair.near.provisional(180)

    def made_up(request):
        request.set("To", request.get("To").partition(";tag=")[0] + ";tag=nobodys")

    await pair.near.send("BYE", edit=made_up)
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    assert (
        edge.rpc("htable.get", "active", str(edge.call_events(called=pair.called)[0]["account"]))["item"]["value"] == 1
    )
    await pair.near.bye()
    events = await pair.events("end")
    assert kinds(events)[-2:] == ["answer", "end"]
    assert events[-1]["by"] == "caller"


async def test_nobody_talks_on_by_having_the_far_side_offer(edge, agent):
    pair = await talking(edge, agent, "out")
    await pair.near.send("BYE", edit=lambda request: request.set("CSeq", "0 BYE"))
    await pair.events("end")
    assert (await pair.near.send("INVITE")).code == 481


async def test_a_bye_to_another_leg_that_is_refused_ends_no_call(edge, agent, monkeypatch):
    """As of a caller that ends the second of two callees that answered."""
    pair = await talking(edge, agent, "out")
    respond = pair.far.agent.response
    monkeypatch.setattr(
        pair.far.agent, "response", lambda request, code, *rest: respond(request, 404 if code == 481 else code, *rest)
    )
    to = lambda request: request.set("To", request.get("To").partition(";tag=")[0] + ";tag=the-other")  # noqa: E731
    assert (await pair.near.send("BYE", edit=to)).code == 404
    await pair.talk()
    await placing.hang_up(pair.near, pair.far)
    assert [event["by"] for event in await pair.events("end") if event["event"] == "end"] == ["caller"]


async def test_a_bye_that_is_refused_here_closes_no_record(edge, agent):
    """The far side hears nothing of it."""
    pair = await talking(edge, agent, "out")

    def no_text(request):
        request.set("From", request.get("From").replace("sip:", "sip:\udcff", 1))

    assert (await pair.near.send("BYE", edit=no_text)).code == 400
    await pair.talk()
    await placing.hang_up(pair.near, pair.far)
    assert kinds(await pair.events("end"))[-2:] == ["answer", "end"]


@pytest.mark.gives_itself_away
@pytest.mark.parametrize("direction", ["out", "in"])
@pytest.mark.parametrize(
    ("side", "trick"),
    [
        *((side, trick) for side in ("near", "far") for trick in ("Request-URI", "Route", "CSeq")),
        ("near", "name"),  # the far side cannot: it knows no Call-ID that is the caller's
    ],
)
async def test_a_bye_that_the_other_party_does_not_get_ends_the_call_for_it_all_the_same(
    edge, agent, direction, trick, side
):
    """Its leg would be up without an end, counted by nobody: a carrier's is paid by whoever runs the service."""
    pair, accomplice = await talking(edge, agent, direction), await agent()
    actor, other = sides(pair, side)
    uri = f"sip:x@{accomplice.address}:{accomplice.port()}"
    # RFC 3261 §12.2.2: a lower CSeq than the last one
    other.respond = lambda request: None if request.cseq[0] else other.agent.response(request, 500)

    def falsified(request) -> None:
        match trick:
            case "Request-URI":
                request.uri = uri
            case "Route":
                request.add("Route", f"<{uri};lr>")
            case "CSeq":
                request.set("CSeq", "0 BYE")
            case "name":
                names = request.get("From"), request.get("To")
                request.set("To", names[0])
                request.set("From", names[1])
                request.uri = uri

    await actor.send("BYE", edit=falsified)
    ended = lambda: [r for r in other.requests if r.method == "BYE" and r.get("Reason")]  # noqa: E731
    await eventually(ended, 10, "the other party is hung up on")
    assert "the BYE that ended it did not reach the other party" in ended()[0].get("Reason")
    by = "caller" if (side == "near") is not (trick == "name") else "callee"
    assert [event["by"] for event in await pair.events("end") if event["event"] == "end"][0] == by


@pytest.mark.gives_itself_away
async def test_a_request_that_only_leads_back_to_us_ends_here(own_edge, agent):
    """It came back from our own address as a stranger's: enough of them had that banned, and all that our own parts
    ask and end with it."""
    edge = own_edge(limits={"requests_per_10s": 10})
    pair = await talking(edge, agent, "out")
    for hop in (edge.udp, edge.tcp, edge.tls):
        uri = f"sip:x@{hop.host}:{hop.port};transport={hop.transport}"
        for _ in range(15):
            response = await pair.near.send("INFO", edit=lambda request, uri=uri: setattr(request, "uri", uri))
            assert response.code == 482
            assert "leads back" in response.warning
    assert not edge.rpc("htable.dump", "banned")
    await placing.hang_up(pair.near, pair.far)


@pytest.mark.parametrize("ip", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "255.255.255.255"])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_no_request_goes_to_what_no_pbx_can_have(edge, agent, ip, transport):
    """A cloud's metadata service, or a crowd."""
    pair = await talking(edge, agent, "out")
    known = edge.log_size()
    uri = f"sip:x@{ip}:80;transport={transport}"
    response = await pair.near.send("INFO", edit=lambda request: setattr(request, "uri", uri))
    assert response.code == 480
    assert "its address leads nowhere" in response.warning
    assert "ERROR" not in edge.log_tail(known)  # Kamailio says so when it has tried
    await placing.hang_up(pair.near, pair.far)


@pytest.mark.gives_itself_away
async def test_who_takes_the_other_ones_tag_is_believed_no_more_for_it(edge, agent):
    """The far side is a carrier, whose addresses are believed; its tag is no secret to the PBX."""
    victim = await victim_of(agent)
    pair = await talking(edge, agent, "out")
    pair.near.audio.play(440)
    pair.far.audio.play(600)

    def swapped(request):
        caller, callee = request.get("From"), request.get("To")
        request.set("From", callee)
        request.set("To", caller)
        request.body = naming(victim, request.body)

    await pair.near.send("INVITE", pair.near.make_offer(), [("Content-Type", sdp.TYPE)], edit=swapped)
    await quiet(victim, pair.far)
    await quiet(victim, pair.near)
    await pair.near.bye()
    victim.close()


@pytest.mark.parametrize("made_up", [["To"], ["From", "To"]])
async def test_only_those_who_talk_may_offer(edge, agent, made_up):
    pair = await talking(edge, agent, "out")

    def foreign(request):
        for name in made_up:
            request.set(name, request.get(name).partition(";tag=")[0] + ";tag=nobodys")

    answer = await pair.near.send("INVITE", pair.near.make_offer(), [("Content-Type", sdp.TYPE)], edit=foreign)
    assert (answer.code, "belongs to no call" in answer.warning) == (481, True)  # ours: the far side says 481, too
    await pair.talk()
    await pair.near.bye()


async def test_no_party_has_the_workers_wait_for_names_all_the_time(edge, agent):
    """It may name hosts whose name servers never answer."""
    pair = await talking(edge, agent, "out")

    def named(request):
        request.add("Route", "<sip:nowhere.invalid:5060;lr>")

    assert (await pair.near.send("OPTIONS", edit=named)).code == 480  # asked, and told that there is none
    edge.rpc("htable.seti", "slow", "dns", MOST_SLOW_DNS)
    answer = await pair.near.send("OPTIONS", edit=named)
    assert answer.code == 503
    assert "Name servers" in answer.warning
    await pair.near.bye()  # goes to an address, as all do that nobody has altered
    await pair.far.hung_up()
    edge.rpc("htable.delete", "slow", "dns")


@pytest.mark.parametrize("header", ["Call-ID", "From", "Contact"])
async def test_identifiers_of_no_earnest_length_are_refused(edge, agent, header):
    """They are kept while a call lasts, and a stranger chooses them."""

    def edit(request):
        value = request.get(header)
        request.set(header, f"{value}{'x' * 2100}" if header != "Contact" else f"<sip:{'x' * 2100}@192.0.2.1>")

    ua = await agent(name="pbx")
    call = await ua.dial(edge.uri("+447700900001"), edge.udp, edit=edit)
    assert (await call.final()).code == 400
    assert "longer than" in call.warning


@pytest.mark.parametrize("contact", ["<sip:pbx@{0}:5060>\r\nContact: <sip:pbx@{0}:5060>", "»sip:pbx@{0}>"])
async def test_a_contact_that_could_not_be_hidden_is_refused(edge, agent, contact):
    def edit(request):
        request.set("Contact", contact.format(ua.address))

    ua = await agent(name="pbx")
    call = await ua.dial(edge.uri("+447700900001"), edge.udp, edit=edit)
    assert (await call.final()).code == 400
    pair = await talking(edge, agent, "out")
    ua = pair.near.agent
    for method in ("INVITE", "UPDATE"):
        answer = await pair.near.send(method, pair.near.make_offer(), [("Content-Type", sdp.TYPE)], edit=edit)
        assert answer.code == 400
        assert "one SIP URI" in answer.warning
    await pair.talk()
    await pair.near.bye()

"""Calls that do not end by themselves: dead media, a hold without an end, the longest call, a lost BYE."""

import asyncio
import re
import signal
import time

import pytest

from harness.peers import Baresip
from harness.plugin import running
from scenarios.parties import Pair, forgotten, inbound, kinds, one, talking, to
from trunkline.node import orders
from trunkline.sandbox import behaviour, sdp
from trunkline.sandbox.ua import Agent

pytestmark = pytest.mark.engines

DEAD, ONE_WAY, HOLD, LONGEST = 2, 3, 5, 7  # s


@pytest.fixture(scope="module")
def edge(addresses):
    """One that loses patience soon, shared by these tests."""
    calls = {"dead_seconds": DEAD, "one_way_seconds": ONE_WAY, "hold_seconds": HOLD, "max_seconds": LONGEST}
    with running(addresses, calls=calls, auth={"sha256": False}) as started:  # which baresip does not know
        yield started


def silence(pair):
    for call in (pair.near, pair.far):
        call.audio.mute()
    return time.monotonic()


async def cleared(pair, words: str, timeout: float = 30.0) -> None:
    """Both parties get a BYE that is in their dialog and says why; the record, the count and the media end."""
    await asyncio.gather(pair.near.hung_up(timeout), pair.far.hung_up(timeout))
    for call in (pair.near, pair.far):
        bye = call.requests[-1]
        assert words in bye.get("Reason")
        assert call.dialog.remote.endswith(f"tag={bye.tag('From')}")
        assert not bye.get("Trunkline-Seal")
        assert not bye.all("Route")
    end = one(await pair.events("end"), "end")
    assert (end["by"], end["reason"]) == ("edge", words)
    await forgotten(pair.edge, pair.near)


@pytest.mark.parametrize(
    ("direction", "caller", "callee"),
    [("in", "udp", "udp"), ("out", "udp", "udp"), ("in", "tcp", "tls"), ("out", "tls", "tcp")],
)
async def test_dead_media_ends_the_call(edge, agent, direction, caller, callee):
    pair = await talking(edge, agent, direction, caller, callee)
    await pair.talk()
    began = silence(pair)
    await cleared(pair, f"no audio from either party for {DEAD} s")
    assert DEAD <= time.monotonic() - began < DEAD + 6


async def test_a_call_is_ended_when_somebody_wants_it(edge, agent):
    pair = await talking(edge, agent)
    await pair.talk()
    orders.want(edge.home.endings, [one(await pair.events("setup"), "setup")["call"]])
    await cleared(pair, "whoever runs this service ended it")


async def test_who_names_itself_in_latin_1_is_called_and_hung_up_on(edge, agent, monkeypatch):
    """As old PBXs do, also in their Contact; RFC 3261 §25.1 has UTF-8."""
    contact_for = Agent.contact_for
    monkeypatch.setattr(Agent, "contact_for", lambda *its: f'"M\udcfcller" {contact_for(*its)}')
    pair = await talking(edge, agent)
    orders.want(edge.home.endings, [one(await pair.events("setup"), "setup")["call"]])
    await cleared(pair, "whoever runs this service ended it")


async def test_a_party_that_is_gone_ends_the_call_though_the_other_is_heard(edge, agent):
    async def gone(party: str) -> None:
        pair = await talking(edge, agent)
        await pair.talk()
        (pair.near if party == "caller" else pair.far).audio.mute()
        began = time.monotonic()
        await cleared(pair, f"no audio from the {party} for {ONE_WAY} s")
        assert ONE_WAY <= time.monotonic() - began < ONE_WAY + 6

    await asyncio.gather(gone("caller"), gone("callee"))


async def test_a_hold_may_be_silent_for_longer(edge, agent):
    async def held(style: str) -> None:
        pair = await talking(edge, agent)
        if style == "0.0.0.0":  # RFC 2543's way
            body = re.sub(rb"c=IN IP4 \S+", b"c=IN IP4 0.0.0.0", pair.near.make_offer())
            assert (await pair.near.send("INVITE", body, [("Content-Type", sdp.TYPE)])).code == 200
        else:
            assert (await pair.near.reinvite(style)).code == 200
        began = silence(pair)
        await cleared(pair, f"silent on hold for {HOLD} s")
        assert time.monotonic() - began >= HOLD - 0.5

    await asyncio.gather(held("sendonly"), held("inactive"), held("0.0.0.0"))


async def test_who_comes_back_from_hold_is_not_dead(edge, agent):
    pair = await talking(edge, agent)
    assert (await pair.near.reinvite("inactive")).code == 200
    silence(pair)
    await asyncio.sleep(DEAD + 1)  # longer than it might be silent otherwise
    assert (await pair.near.reinvite("sendrecv")).code == 200
    pair.near.audio.forget()
    pair.far.audio.forget()
    await pair.talk()
    silence(pair)
    await cleared(pair, f"no audio from either party for {DEAD} s")


async def test_the_longest_call_is_ended(edge, agent):
    pair = await talking(edge, agent, "out")
    began = time.monotonic()
    await pair.talk()
    await cleared(pair, f"it lasted {LONGEST} s, the longest that a call may")
    assert LONGEST - 1 < time.monotonic() - began < LONGEST + 6


async def test_a_call_whose_bye_was_lost_ends(edge, agent):
    """The caller hung up and is gone; the callee waits, silent, and learns of it."""
    pair = await talking(edge, agent)
    pair.near.audio.mute()
    pair.near.agent._transmit = lambda message, flow: None
    pair.far.audio.mute()
    await pair.far.hung_up(DEAD + 3)
    assert one(await pair.events("end"), "end")["by"] == "edge"
    await forgotten(pair.edge, pair.near)


async def test_an_independent_user_agent_takes_the_bye_for_its_peers(edge, agent):
    """baresip calls through a carrier that challenges, so that the two sides' CSeq differ."""
    key, far = edge.key(), await agent(name="far")
    prefix = edge.route(edge.carrier(far.address, far.port(), username="trunk", password="s3cret"))
    taken = []

    async def answer(incoming):
        taken.append(incoming)
        await incoming.answer()
        incoming.audio.mute()

    far.on_call = behaviour.challenge("trunk", "s3cret", answer)
    parameters = f';auth_user={key.name};auth_pass={key.secret};outbound="sip:{edge.address}"'
    async with Baresip.run(agent.address(), user="+447700900000", parameters=parameters) as calling:
        calling.command("dial", edge.uri(f"+{prefix}001"))
        await calling.event("CALL_ESTABLISHED")
        await taken[0].hung_up(10)
        await calling.event("CALL_CLOSED")
    assert one(await edge.events("end", called=f"{prefix}001"), "end")["by"] == "edge"


async def test_the_account_may_call_again(edge, agent):
    """Calls at once are counted down, as by any BYE."""
    pbx = await agent(name="pbx")
    scene = await inbound(edge, agent, to(pbx), account=edge.account(calls_at_once=1))
    for again in (False, True):
        near = await scene.dial()
        far = await pbx.next_call()
        await far.answer()
        assert (await near.final()).code == 200
        near.audio.mute()
        far.audio.mute()
        if not again:
            await cleared(Pair(near, far, edge, scene.number), f"no audio from either party for {DEAD} s")
    await near.bye()


@pytest.mark.parametrize("victim", ["kamailio", "clear"])
async def test_a_crash_in_between_changes_nothing(edge, agent, victim):
    pair = await talking(edge, agent, "out")
    await pair.talk()
    if victim == "clear":
        edge.kill_clearing()
        edge.start_clearing()
    else:
        edge.kill("kamailio", signal.SIGKILL)
        edge.start_engine("kamailio")
        edge.wait_ready()
    silence(pair)
    await cleared(pair, f"no audio from either party for {DEAD} s")


@pytest.mark.parametrize("seal", ["", "0" * 32, "é"])
async def test_nobody_else_ends_a_call_in_our_name(edge, agent, seal):
    """A BYE of a party is its own, whatever it says."""
    pair = await talking(edge, agent)
    await pair.near.bye(headers=[("Trunkline-Seal", seal), ("Reason", 'Q.850;cause=102;text="mine"')])
    bye = await pair.far.hung_up()
    assert not bye.get("Trunkline-Seal")
    end = one(await pair.events("end"), "end")
    assert (end["by"], end["reason"]) == ("caller", 'Q.850;cause=102;text="mine"')
    assert kinds(await pair.events("end")) == ["setup", "attempt", "answer", "end"]

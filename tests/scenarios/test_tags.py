"""Tags that are no tokens (RFC 3261 §25.1): those that our Record-Route or a record cannot hold make no call."""

import pytest

from harness import placing
from scenarios.afterwards import hung_up
from scenarios.parties import Pair, ringing_out
from trunkline.sandbox import ua

pytestmark = pytest.mark.engines


def caller_tag(monkeypatch, tag: str) -> None:
    monkeypatch.setattr(ua, "token", lambda: tag)


@pytest.mark.parametrize("tag", ["a@b", "a?b", "a,b", '"a b"', '"a;b"', '"a>b"', "aäb"])
async def test_a_caller_whose_tag_ends_our_record_route_early(edge, agent, monkeypatch, tag):
    pbx, carrier = await agent(name="pbx"), await agent(name="far")
    called = f"{edge.route(edge.carrier(carrier.address, carrier.port()))}001"
    caller_tag(monkeypatch, tag)
    response = await placing.refused(edge, pbx, edge.key(), f"+{called}")
    assert response.code == 400
    assert "the tag of From" in response.warning
    assert not carrier.requests


@pytest.mark.parametrize("tag", ["a/b:c", "a[b]&$(c)", "a%20b", '"ab"', "!*'~+"])
async def test_a_caller_with_a_tag_that_does_no_harm(edge, agent, monkeypatch, tag):
    caller_tag(monkeypatch, tag)
    pair = await ringing_out(edge, agent)
    await answered(pair)
    await hung_up(pair)


async def test_a_callee_whose_tag_has_a_blank(edge, agent):
    """Its BYE ended no record, and a re-INVITE was nobody's."""
    pair = await ringing_out(edge, agent)
    pair.far.local_tag = '"a b"'
    await pair.far.answer()
    assert (await pair.near.final()).code == 502
    events = await pair.events("finish")
    assert "its tag is no token" in events[-1]["warning"]
    assert placing.active(edge, events[0]["account"]) == 0


@pytest.mark.parametrize("tag", ["a@b", "a?b", "a/b:c"])
async def test_a_callee_with_a_tag_that_does_no_harm(edge, agent, tag):
    pair = await ringing_out(edge, agent)
    far = pair.far
    far.dialog.local = far.dialog.local.replace(far.local_tag, tag)
    far.local_tag = tag
    far.agent.calls[far.call_id, tag] = far
    await answered(pair)
    await hung_up(pair)


async def answered(pair: Pair) -> None:
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()

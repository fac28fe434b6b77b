"""Calls in which one side writes every message in an odd but legal form: its requests and its responses."""

import pytest

from scenarios.parties import CARRIER, CUSTOMER, Pair, kinds, to
from scenarios.torture.forms import FORMS, speaking
from scenarios.torture.sending import nothing_left

pytestmark = pytest.mark.engines


async def ringing(edge, agent, direction: str, odd: str, form) -> tuple[Pair, int]:
    """A call that has reached its far side; `odd`: the side that speaks so. The account that it counts for."""
    near, far = await agent(name="near"), await agent(name="far")
    speaking(near if odd == "near" else far, form)
    key = edge.key()
    if direction == "out":
        called = edge.route(edge.carrier(far.address, far.port())) + "001"
        options = {"caller": CUSTOMER, "user": key.name, "secret": key.secret}
    else:
        edge.carrier(near.address, near.port())
        called = edge.number(to(far), key.account_id)
        options = {"caller": CARRIER}
    call = await near.dial(edge.uri(f"+{called}"), edge.udp, **options)
    return Pair(call, await far.next_call(), edge, called), key.account_id


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("odd", ["near", "far"])
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_call_is_as_any_other(edge, agent, direction, odd, form):
    pair, account = await ringing(edge, agent, direction, odd, form)
    near, far = pair.near, pair.far
    await far.ring(183, reliable=True, body=b"")
    await far.answer()
    assert (await near.final()).code == 200
    await far.confirmed()
    await pair.talk()
    for one, other in ((near, far), (far, near)):
        assert (await one.reinvite()).code == 200
        assert (await one.update()).code == 200
        for method in ("INFO", "OPTIONS"):
            assert (await one.send(method, b"x", [("Content-Type", "text/plain")])).code == 200
            assert (await other.next_request(method)).body == b"x"
    await pair.talk()
    odd_one, plain = (near, far) if odd == "near" else (far, near)
    assert (await odd_one.bye()).code == 200
    await plain.hung_up()
    events = await pair.events("end")
    assert kinds(events) == ["setup", "attempt", "progress", "answer", "end"]
    assert events[-1]["by"] == ("caller" if odd == "near" else "callee")
    await nothing_left(edge, account)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("odd", ["near", "far"])
async def test_it_can_be_cancelled(edge, agent, odd, form):
    pair, account = await ringing(edge, agent, "out", odd, form)
    await pair.far.ring()
    await pair.near.provisional(180)
    assert (await pair.near.cancel()).code == 200
    await pair.far.was_cancelled()
    assert (await pair.near.final()).code == 487
    await nothing_left(edge, account)

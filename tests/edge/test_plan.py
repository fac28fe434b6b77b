"""A call's plan: its order, its text form, its time."""

import collections

from hypothesis import given
from hypothesis import strategies as st

from trunkline.edge import failover
from trunkline.edge.plan import Attempt, Plan, located, weighted

COMMON = {"kind": "uri", "target": "sip:a@pbx.example", "group": 0, "timeout": 3000, "uri": "sip:a@pbx.example"}

attempts = st.builds(
    Attempt, kind=st.sampled_from(["carrier", "uri", "registered"]), target=st.text(), group=st.integers(0, 3),
    timeout=st.integers(2000, 20000), uri=st.text(), ip=st.text(), port=st.integers(0, 65535),
)  # fmt: skip


@given(st.lists(attempts, max_size=4), st.integers(-1, 3), st.floats(0, 1e10), st.booleans())
def test_it_survives_the_way_through_an_avp(made, current, deadline, authenticated):
    plan = Plan("c" * 16, 7, "outbound", made, current, deadline, [["t", "w"]], authenticated)
    assert Plan.loads(plan.dumps()) == plan


def test_an_address_needs_no_resolution(lookup):
    (attempt,) = located(lookup, "192.0.2.5", 0, "tls", **COMMON)
    assert (attempt.ip, attempt.port, attempt.next_hop) == ("192.0.2.5", 5061, "sip:192.0.2.5:5061;transport=tls")
    (attempt,) = located(lookup, "2001:db8::1", 5070, "udp", **COMMON)
    assert attempt.next_hop == "sip:[2001:db8::1]:5070;transport=udp"


def test_a_name_has_an_attempt_for_each_address_by_priority(world, lookup):
    world.resolution("pbx.example", [["192.0.2.2", 5060, 20, 0], ["192.0.2.1", 5062, 10, 0]])
    found = located(lookup, "pbx.example", 0, "udp", **COMMON)
    assert [(a.ip, a.port) for a in found] == [("192.0.2.1", 5062), ("192.0.2.2", 5060)]


def test_the_addresses_of_a_name_share_the_first_place(world, lookup):
    """As where a name server gives them in turns: a carrier's second machine is there to have calls, too."""
    world.resolution("pbx.example", [[f"192.0.2.{n}", 5060, 0, 0] for n in (1, 2, 3)])
    orders = [[a.ip for a in located(lookup, "pbx.example", 0, "udp", **COMMON)] for _ in range(3000)]
    assert all(len({*order}) == 3 for order in orders)
    for place in (0, 1):
        shares = collections.Counter(order[place] for order in orders)
        assert all(800 < shares[f"192.0.2.{n}"] < 1200 for n in (1, 2, 3))


def test_a_name_without_an_address_is_an_attempt_with_a_problem(world, lookup):
    world.resolution("gone.example", [], problem="there is no such name")
    (attempt,) = located(lookup, "gone.example", 0, "udp", **COMMON)
    assert attempt.problem == "there is no such name"


def test_weights_share_the_first_place():
    first = collections.Counter(
        weighted([("a", 1), ("b", 3), ("c", 0)], priority=lambda i: 1, weight=lambda i: i[1])[0][0] for _ in range(4000)
    )
    assert first["c"] == 0
    assert 0.2 < first["a"] / 4000 < 0.3


def test_weights_of_zero_share_what_is_left():
    """As the control plane says of routes that all have none."""
    items = [("a", 0), ("b", 0), ("c", 1)]
    orders = collections.Counter(
        "".join(name for name, _ in weighted(items, priority=lambda i: 1, weight=lambda i: i[1])) for _ in range(1000)
    )
    assert orders.keys() == {"cab", "cba"}
    assert 350 < orders["cab"] < 650


def test_priority_comes_before_weight():
    items = [("late", 2, 1000), ("early", 1, 1)]
    assert weighted(items, priority=lambda i: i[1], weight=lambda i: i[2])[0][0] == "early"


def plan_of(*groups: int, timeout: int = 3000) -> Plan:
    made = [Attempt("uri", f"t{g}", g, timeout, "sip:x@y", f"192.0.2.{n}") for n, g in enumerate(groups)]
    return Plan("c" * 16, 1, "inbound", made)


def test_the_addresses_of_one_uri_share_its_time():
    plan = plan_of(0, 0, 0, 1)
    failover.enter(plan, 0, now=100.0)
    assert failover.budget(plan, 100.0) == 1000
    failover.enter(plan, 1, now=101.0)
    assert failover.budget(plan, 101.0) == 1000
    failover.enter(plan, 2, now=101.1)  # the second one answered 503 at once: the rest is all its own
    assert 1899 <= failover.budget(plan, 101.1) <= 1900
    failover.enter(plan, 3, now=103.0)
    assert failover.budget(plan, 103.0) == 3000


def test_a_uri_that_is_alone_has_all_of_its_time():
    plan = plan_of(0)
    failover.enter(plan, 0, now=100.0)
    assert failover.budget(plan, 100.0) == 3000

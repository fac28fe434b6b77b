"""What holds in every scenario, whatever it is about: nothing leaks, media goes to no place that is not published,
and the edge's own code does not fail."""

import pytest

from harness import plugin
from scenarios.hiding import leaks
from scenarios.published import outside

EXPECTED = "hit the limit of connections"  # what Kamailio says to be critical, but is a stranger's trouble alone


@pytest.fixture
def edges(request):
    """The edges that run in a test, of which it may start some itself: this list grows."""
    for name in {"edge", "own_edge"} & set(request.fixturenames):
        request.getfixturevalue(name)  # first, so that what asks for this list looks at them before they stop
    return plugin.edges


@pytest.fixture(autouse=True)
def nothing_leaks(request, edges):
    """No string of one side occurs in what the other side received."""
    yield
    agents = request.node.funcargs.get("agent")
    if not agents or not edges or request.node.get_closest_marker("gives_itself_away"):
        return
    common = {name for edge in edges for name in (edge.domain, edge.address)}
    found = leaks(agents.trace, common | {"0.0.0.0"})
    assert not found, f"{len(found)} leaks, the first: {found[0]}"


@pytest.fixture(autouse=True)
def media_stays_in_the_published_ranges(request):
    """Every c= and m= that we send lies inside what `trunkline ranges` prints."""
    yield
    if agents := request.node.funcargs.get("agent"):
        found = [place for settings in plugin.started.values() for place in outside(agents.trace, settings)]
        assert not found, f"{len(found)} places for media are not published, the first: {found[0]}"


@pytest.fixture(autouse=True)
def no_exception_in_the_edge(request, edges):
    """A traceback in Kamailio's log is a defect even where the caller got its answer."""
    before = {edge.address: edge.log_size() for edge in edges}
    yield
    if request.node.get_closest_marker("edge_fails"):
        return
    for edge in edges:
        log = edge.log_tail(before.get(edge.address), lines=100_000)
        lines = [line for line in log.splitlines() if EXPECTED not in line]
        faults = [line for line in lines if "Traceback" in line or "CRITICAL" in line]
        assert not faults, log

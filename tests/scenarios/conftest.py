"""What holds in every scenario, whatever it is about: nothing leaks, media goes to no place that is not published,
and the edge's own code does not fail."""

import pytest

from harness import plugin
from scenarios.hiding import leaks
from scenarios.published import outside


@pytest.fixture(autouse=True)
def nothing_leaks(request):
    """No string of one side occurs in what the other side received."""
    yield
    agents = request.node.funcargs.get("agent")
    edge = request.node.funcargs.get("edge")
    if not agents or not edge or request.node.get_closest_marker("gives_itself_away"):
        return
    found = leaks(agents.trace, {edge.domain, edge.address, "0.0.0.0"})
    assert not found, f"{len(found)} leaks, the first: {found[0]}"


@pytest.fixture(autouse=True)
def media_stays_in_the_published_ranges(request):
    """Every c= and m= that we send lies inside what `trunkline ranges` prints."""
    yield
    if agents := request.node.funcargs.get("agent"):
        found = [place for settings in plugin.started.values() for place in outside(agents.trace, settings)]
        assert not found, f"{len(found)} places for media are not published, the first: {found[0]}"


@pytest.fixture(autouse=True)
def no_exception_in_the_edge(request):
    """A traceback in Kamailio's log is a defect even where the caller got its answer."""
    edge = request.getfixturevalue("edge") if "edge" in request.fixturenames else None
    before = edge.log_size() if edge else None
    yield
    if edge and not request.node.get_closest_marker("edge_fails"):
        log = edge.log_tail(before, lines=100_000)
        faults = [line for line in log.splitlines() if "Traceback" in line or "CRITICAL" in line]
        assert not faults, log

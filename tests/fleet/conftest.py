"""Two nodes in two regions, a PostgreSQL between them, and an Internet that can be cut; all tests of this folder share
them, and each leaves them well. What the tests find is printed as a table at the end."""

import asyncio
from contextlib import ExitStack

import pytest
from bench.postgresql import postgresql

from fleet.internet import Internet
from fleet.nodes import FleetNode
from fleet.report import Report
from harness import plugin
from harness.polling import until

_reports = pytest.StashKey[list[Report]]()


def pytest_configure(config):
    config.stash[_reports] = []


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Coroutine tests run where the user agents are."""
    if not asyncio.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    run = lambda: asyncio.run(plugin._run(pyfuncitem.obj, arguments, pyfuncitem.funcargs))  # noqa: E731
    pyfuncitem.funcargs["internet"].inside(run)
    return True


def pytest_terminal_summary(terminalreporter, config):
    if reports := config.stash[_reports]:
        terminalreporter.section("losing things")
        for report in reports:
            terminalreporter.write_line(report.line())


@pytest.fixture
def report(request):
    """What a test found out: it fills it in."""
    found = Report(request.node.name)
    yield found
    request.config.stash[_reports].append(found)


@pytest.fixture(scope="package")
def internet(addresses):
    with Internet(addresses.number) as internet:
        yield internet


@pytest.fixture(scope="package")
def database(internet):
    machine = internet.machine("database")
    with postgresql(machine.address, machine.enter) as server:
        server.machine = machine
        yield server


@pytest.fixture(scope="package")
def fleet(internet, database):
    """Two running nodes that serve the same customers."""
    carrier, pbx = internet.visitor(), internet.visitor()
    settings = {"database": {"url": database.url}, "media": {"relays": 1, "redis": True}}
    with ExitStack() as stack:
        nodes = []
        for name, region in (("london", "eu"), ("dallas", "us")):
            node = FleetNode(internet.machine(name), carrier, pbx, region, **settings)
            stack.callback(node.discard)
            if nodes:
                node.take_secrets_of(nodes[0])
            node.up()
            nodes.append(node)
        internet.inside(nodes[0].furnish)
        nodes[1].key = nodes[0].key
        internet.inside(nodes[1].caught_up)
        yield nodes


@pytest.fixture
def nodes(fleet):
    """Both, well again after what the last test did to them."""
    for node in fleet:
        until(node.serves, 30, f"{node.name} is well")
    return fleet

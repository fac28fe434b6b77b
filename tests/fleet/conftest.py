"""The six endpoints of deploy/examples as six nodes in three regions, a PostgreSQL and a name server between them, and
an Internet that can be cut. All tests of this folder share them, and each leaves them well. What the tests find is
printed as a table at the end."""

import asyncio
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from bench.postgresql import postgresql

from fleet import zone
from fleet.internet import Internet
from fleet.nodes import FleetNode
from fleet.report import HEAD, Report
from harness import plugin
from harness.polling import until

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml"
WATCHES = ("us-2-1", "us-2-2")  # the nodes whose part `publish` keeps DNS true; the first one, which writes, is lost
AT_ONCE = 2  # nodes that start side by side

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
        for line in (*HEAD, *(report.line() for report in reports)):
            terminalreporter.write_line(line)


@pytest.fixture
def report(request):
    """What a test found out: it fills it in."""
    found = Report(request.node.name)
    yield found
    request.config.stash[_reports].append(found)


@pytest.fixture(scope="package")
def internet(addresses):
    # Of the networks kept for tests of networks (RFC 2544).
    with Internet(f"198.18.{addresses.number}.0/24", "") as internet:
        yield internet


@pytest.fixture(scope="package")
def database(internet):
    machine = internet.machine("database")
    with postgresql(machine.address, machine.enter) as server:
        server.machine = machine
        yield server


@pytest.fixture(scope="package")
def name_server(internet, tmp_path_factory):
    with zone.name_server(internet, tmp_path_factory.mktemp("knot")) as server:
        yield server


@pytest.fixture(scope="package")
def fleet(internet, database, name_server):
    """Running nodes that serve the same customers, by their names; the endpoints lead to them."""
    text, rows = EXAMPLE.read_text(), tomllib.loads(EXAMPLE.read_text())["endpoint"]
    carrier, pbx = internet.visitor(), internet.visitor()
    with ExitStack() as stack:
        nodes = {}
        for row in rows:
            its_dns = zone.settings(name_server, watch=row["name"] in WATCHES)
            node = FleetNode(internet.machine(row["name"]), carrier, pbx, row["region"], database.url, its_dns)
            stack.callback(node.discard)
            nodes[node.name] = node
            [documented] = row["addresses"]
            text = text.replace(f'["{documented}"]', f'["{node.address}"]')
        first, *others = nodes.values()
        first.up()
        internet.inside(first.furnish)
        first.do_with("endpoint", "import", "-", text=text)
        for node in others:
            node.take_secrets_of(first)
            node.key = first.key
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(FleetNode.up, others))
        for node in others:
            internet.inside(node.caught_up)
        yield nodes


@pytest.fixture
def nodes(fleet, internet, guide):
    """All of them, well again after what the last test did to them, and in DNS."""
    for node in fleet.values():
        until(node.serves, 60, f"{node.name} is well")
    until(lambda: len(internet.inside(lambda: asyncio.run(guide.order()))) == len(fleet), 60, "DNS leads to every node")
    return fleet


@pytest.fixture
def guide(fleet, name_server):
    return zone.Guide(name_server.address, list(fleet.values()))

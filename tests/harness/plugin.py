"""pytest's side of the harness: fixtures, coroutine tests, and what a failing test shows."""

import asyncio
import contextlib
import inspect
import logging
import shutil

import pytest

from harness.addresses import Block, lease
from harness.edge import Edge
from trunkline.sandbox import carrier, pbx
from trunkline.sandbox.certificate import self_signed
from trunkline.sandbox.trace import Trace
from trunkline.sandbox.ua import Agent
from trunkline.settings import Settings

LINES, WHOLE = 300, 50  # messages of a trace in a failure: it is the newest that tell what went wrong


class Agents:
    """Opens user agents that share one trace and are closed when the test ends: `ua = await agent("tcp")`."""

    def __init__(self, block: Block):
        self.trace = Trace()
        self._block, self._addresses = block, []
        self._opened: list[Agent] = []

    def address(self) -> str:
        """An address of this test's own."""
        self._addresses.append(self._block.take())
        return self._addresses[-1]

    async def __call__(self, transport: str = "udp", *, address: str = "", **options) -> Agent:
        """An agent on an address of its own unless one is given; options are those of `Agent.open`.

        It can answer every transport that it listens on, TLS with a self-signed certificate.
        """
        address = address or self.address()
        if "tls" in (transport, *options.get("transports", ())) and "tls" not in options:
            options["tls"] = self_signed(address)
        return await self._keep(Agent.open(address, transport, trace=self.trace, **options))

    async def carrier(self) -> Agent:
        """The sandbox's carrier, on an address of its own."""
        return await self._keep(carrier.open_on(self.address(), trace=self.trace))

    async def pbx(self) -> Agent:
        """The sandbox's PBX, on an address of its own."""
        return await self._keep(pbx.open_on(self.address(), trace=self.trace))

    async def _keep(self, opening) -> Agent:
        agent = await opening
        self._opened.append(agent)
        return agent

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        """Close every agent; what failed inside one fails the test, unless it failed already."""
        for agent in self._opened:
            await agent.close()
        failures = [failure for agent in self._opened for failure in agent.failures]
        if failures and error is None:
            raise ExceptionGroup("inside the agents", failures)

    def give_back(self) -> None:
        for address in self._addresses:
            self._block.give_back(address)


def pytest_addoption(parser):
    parser.addoption("--screenshots", metavar="FOLDER", help="Keep the screenshots of the dashboard in this folder.")


def pytest_configure(config):
    config.addinivalue_line("markers", "edge_fails: makes the edge's own code fail, so its log may hold a traceback")


@pytest.fixture(scope="session")
def addresses():
    """The run's block of loopback addresses."""
    with lease() as block:
        yield block


@pytest.fixture
def agent(addresses):
    """Opens user agents; see `Agents`."""
    agents = Agents(addresses)
    yield agents
    agents.give_back()


@pytest.fixture(scope="session")
def edge(addresses):
    """A running edge that all tests of this process share: make accounts, numbers and carriers of your own in it."""
    with running(addresses) as started:
        yield started


@pytest.fixture
def own_edge(addresses):
    """Makes edges for one test: `own_edge(auth={"nonce_seconds": 10})` starts one with these settings, and
    `own_edge(like=edge)` another node of the same service."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(addresses, **settings))


@contextlib.contextmanager
def running(addresses: Block, like: Edge | None = None, **settings):
    """A running edge; with `like`, one that shares that one's secrets, as all nodes of a service do."""
    address = addresses.take()
    edge = Edge(address, **settings)
    if like:
        shutil.copy(like.home.secrets, edge.home.secrets)
    edges.append(edge)
    started[edge.address] = edge.settings
    try:
        edge.start()
        yield edge
    finally:
        edges.remove(edge)
        edge.stop()
        addresses.give_back(address)


edges: list[Edge] = []  # that run now
started: dict[str, Settings] = {}  # of every edge so far, the newest on each address
_log_sizes = pytest.StashKey[list[tuple[Edge, dict[str, int]]]]()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a coroutine test in a loop of its own, with its agents closed inside that loop."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(_run(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}, pyfuncitem.funcargs))
    return True


async def _run(test, arguments, fixtures):
    async with fixtures.get("agent") or contextlib.nullcontext():
        await test(**arguments)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    item.stash[_log_sizes] = [(edge, edge.log_size()) for edge in edges]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" and report.failed:
        fixtures = getattr(item, "funcargs", {})
        if "agent" in fixtures:
            report.sections.append(("SIP", fixtures["agent"].trace.ladder(LINES, WHOLE)))
        known = item.stash.get(_log_sizes, [])
        for edge in edges:
            sizes = next((sizes for other, sizes in known if other is edge), None)
            report.sections.append((f"engines on {edge.address}", edge.log_tail(sizes)))
            report.sections.append(("journal", "\n".join(str(event) for event in edge.journal()[-30:])))
    return report

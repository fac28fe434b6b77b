"""One running node for all tests of this folder: each leaves it well. Those that end a node start one of their own."""

import os

import pytest

from chaos.names import NameServer
from harness.node import PARTS, Node, running
from harness.polling import until


def pytest_collection_modifyitems(items):
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.engines)
            if os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason="a node runs as root"))


@pytest.fixture(scope="package")
def name_server(addresses):
    with NameServer(addresses.take()) as server:
        yield server


@pytest.fixture(scope="package")
def shared_node(addresses, name_server):
    with running(addresses, dns={"servers": [name_server.address], "port": name_server.port}) as node:
        yield node


@pytest.fixture
def node(shared_node):
    """The shared node, well again after what the last test did to it."""
    until(lambda: shared_node.serves() and all(map(shared_node.pid, PARTS)), 20, "the node is well")
    return shared_node


@pytest.fixture
def own_node(addresses):
    """A node for one test, not started yet."""
    node = Node(addresses)
    yield node
    node.discard()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that fails shows what the node said of itself."""
    report = yield
    if report.when == "call" and report.failed:
        for name in {"node", "own_node"} & item.funcargs.keys():
            report.sections += item.funcargs[name].last_words()
    return report

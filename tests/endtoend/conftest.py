"""One running node, with its sandbox, for all tests of this folder."""

import os

import pytest

from harness.node import Node, running


def pytest_collection_modifyitems(items):
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.engines)
            if os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason="a node runs as root"))


@pytest.fixture(scope="package")
def node(addresses):
    with running(addresses, sandbox={"enabled": True}) as node:
        yield node


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

"""pytest's side of whole nodes: one for a test alone, and what a failing test shows of its node."""

import os

import pytest

from harness.node import Node

FOLDERS = ("chaos", "endtoend", "fleet")  # whose tests need whole nodes


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name in FOLDERS:
            item.add_marker(pytest.mark.engines)
            if os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason="a node runs as root"))


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
        fixtures = getattr(item, "funcargs", {})
        nodes = [fixtures.get("node"), fixtures.get("own_node"), *fixtures.get("nodes", ())]
        for node in nodes:
            if isinstance(node, Node):
                report.sections += node.last_words()
    return report

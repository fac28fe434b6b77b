"""One running node for all tests of this folder: each leaves it well. Those that end a node start one of their own."""

import pytest

from chaos.names import NameServer
from harness.node import PARTS, running
from harness.polling import until


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

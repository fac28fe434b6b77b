"""One running node, with its sandbox, for all tests of this folder."""

import pytest

from harness.node import running


@pytest.fixture(scope="package")
def node(addresses):
    with running(addresses, sandbox={"enabled": True}, metrics={"port": 9464}) as node:
        yield node

"""What the tests of the follower, and of the part that ends calls, start from."""

import pytest
from clearing import Scene
from following import Control

from trunkline.contract import store


@pytest.fixture
def control():
    return Control()


@pytest.fixture
def connection(tmp_path):
    connection = store.open_writer(tmp_path / "edge.db")
    yield connection
    connection.close()


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path)

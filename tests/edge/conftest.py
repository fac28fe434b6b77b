"""The edge's decisions, without Kamailio: a real store, and facts made by hand."""

import pytest

from harness.world import World
from trunkline.contract import store
from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge.lookup import Lookup

DOMAIN = "sip.example"


@pytest.fixture
def config(tmp_path):
    return EdgeConfig(
        node="node1", domain=DOMAIN, store=str(tmp_path / "edge.db"),
        journal=str(tmp_path / "edge.jsonl"), dialog_secret="secret", mask="mask", sha256=True, carrier_timeout=5000,
        ring_timeout=120_000, requests_per_10s=10, refusals_per_minute=3,
        transcodes=("PCMA/8000", "PCMU/8000", "G722/8000", "G729/8000", "speex/16000"), media_controls=(1,),
        media_family="4",
    )  # fmt: skip


@pytest.fixture
def world(config):
    connection = store.open_writer(config.store)
    yield World(connection, DOMAIN)
    connection.close()


@pytest.fixture
def lookup(world, config):
    """What the edge knows of the world; `refresh` after a change."""
    return Lookup(config.store)

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
        trying_timeout=20_000,
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


class Tables:
    """Counters as Kamailio keeps them, without expiry."""

    def __init__(self):
        self.rows = {}

    def get(self, table, key):
        return self.rows.get((table, key), 0 if table in ("slow", "strangers") else None)

    def put(self, table, key, value):
        self.rows[table, key] = value

    def add(self, table, key, by=1):
        self.rows[table, key] = self.rows.get((table, key), 0) + by
        return self.rows[table, key]

    def subtract(self, table, key):
        return self.add(table, key, -1)

    def take(self, table, key):
        return self.rows.pop((table, key), None)


@pytest.fixture
def tables():
    return Tables()

"""What a node does with what it hears back from its heartbeat."""

import pytest

from trunkline.contract.feed import DRAIN, Standing, Unavailable
from trunkline.home import Home
from trunkline.node import orders
from trunkline.node.beat import Beater
from trunkline.settings import Settings


class FakeSink:
    """`standing` is heard once; `away` has the removal of old records fail."""

    def __init__(self, standing: Standing):
        self.standing, self.away, self.pruned = standing, False, 0

    def heartbeat(self, beat):
        heard, self.standing = self.standing, Standing("", [], {}, [])
        return heard

    def prune(self):
        self.pruned += 1
        if self.away:
            raise Unavailable("it is locked")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    home.store.parent.mkdir()
    return home


def beater(home, **heard):
    sink = FakeSink(Standing("", [], {}, [])._replace(**heard))
    return sink, Beater(sink, Settings(home=home.root, sip={"address": "127.0.0.1"}), home)


def test_calls_that_are_to_end_are_not_lost_on_a_disk_that_takes_nothing(home):
    _, part = beater(home, endings=["aa"])
    with pytest.raises(OSError, match="endings"):
        part.step()
    home.run.mkdir()
    part.step()
    assert orders.wanted(home.endings) == ["aa"]
    orders.forget(home.endings, ["aa"])
    part.step()
    assert orders.wanted(home.endings) == []


def test_what_no_edge_calls_a_call_is_no_file_of_roots(home):
    """A uid is what the journal says, which Kamailio's user writes."""
    home.run.mkdir()
    _, part = beater(home, endings=["../made", str(home.root / "made"), "..", "", "\ufffd" * 64, "0011223344556677"])
    part.step()
    assert orders.wanted(home.endings) == ["0011223344556677"]
    assert not list(home.root.glob("**/made"))


def test_orders_are_followed_though_old_records_cannot_be_removed(home):
    home.run.mkdir()
    sink, part = beater(home, endings=["aa"], order=DRAIN)
    sink.away = True
    with pytest.raises(Unavailable, match="locked"):
        part.step()
    assert (part.facts()["draining"], orders.wanted(home.endings), sink.pruned) == (True, ["aa"], 1)

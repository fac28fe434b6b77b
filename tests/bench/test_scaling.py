"""docs/scaling.md has what the program computes, and the arithmetic is right where it can be done by hand."""

import random
from collections import Counter

import pytest
from bench.storm import Clients, Death, Target

from bench import scaling, storm

pytestmark = pytest.mark.long

NOTHING = Death(frozenset(), 0, 0)


def test_the_document_has_the_tables_as_they_come_out_now():
    text = scaling.DOCUMENT.read_text()
    assert scaling.rendered(text) == text, "run: ./trunkline shell python -m bench.scaling --write"


def test_a_table_without_its_place_is_an_error():
    with pytest.raises(ValueError, match="0 places for the table 'figures'"):
        scaling.rendered("nothing")


def test_twice_the_calls_need_twice_of_everything_but_the_spare_node():
    one, two = scaling.needs(1_000_000), scaling.needs(2_000_000)
    for name in ("attempts_per_s", "cores", "gbps", "records_per_s", "database_cores"):
        assert getattr(two, name) == pytest.approx(2 * getattr(one, name))
    assert two.nodes - 1 == pytest.approx(2 * (one.nodes - 1), abs=1)


def test_a_thousand_calls_by_hand():
    """1,000 calls of 180 s are 5.56 a second, of 60% of those tried; 238,000 bytes of audio a second each."""
    found = scaling.needs(1_000, scaling.Traffic(talk_s=180, answered=0.6, transcoded=0))
    assert found.attempts_per_s == pytest.approx(9.259, abs=0.001)
    assert found.media_cores == pytest.approx(1_000 * 100 * 9.17e-6)
    assert found.gbps == pytest.approx(1_000 * 100 * 238 * 8 / 1e9)


def test_the_link_decides_where_cores_are_many():
    machine = scaling.Machine(cores=1_000, spare=0)
    assert scaling.needs(100_000, machine=machine).nodes == 4  # 19 of 5 Gbit/s each


def _firsts(*weights: int) -> dict[str, float]:
    targets = [Target(f"t{n}", "east", 1, weight, 1) for n, weight in enumerate(weights)]
    dice = random.Random(7)
    chosen = Counter(storm.order(targets, dice)[0].name for _ in range(10_000))
    return {name: count / 10_000 for name, count in chosen.items()}


def test_weights_share_as_rfc_2782_says():
    shares = _firsts(100, 300, 600)
    assert [shares[f"t{n}"] for n in range(3)] == pytest.approx([0.1, 0.3, 0.6], abs=0.02)


def test_small_weights_do_not():
    assert _firsts(1, 1)["t0"] == pytest.approx(2 / 3, abs=0.02)
    assert _firsts(100, 100)["t0"] == pytest.approx(0.5, abs=0.02)


def test_priorities_come_before_weights():
    near, far = Target("near", "east", 1, 0, 1), Target("far", "west", 2, 1000, 1)
    assert storm.order([far, near], random.Random(1)) == [near, far]


def test_nothing_dies_and_nobody_waits():
    found = storm.simulate(storm.FLEET, Clients(100), 30, NOTHING)
    assert (found.lost, found.waited, found.carried.total()) == (0, 0, 3_000)


def test_a_dead_nodes_calls_are_carried_after_one_timeout():
    """A sixth meets it first; another 1/30 after a refusal would, of which there is none."""
    found = storm.simulate(storm.FLEET, Clients(60), 60, Death(frozenset({"east1"}), 0, 60, dns_s=1_000))
    assert (found.lost, found.worst_s, found.carried["east1"]) == (0, 3, 0)
    assert found.waited / 3_600 == pytest.approx(1 / 6, abs=0.03)


def test_what_dns_no_longer_lists_delays_nobody():
    found = storm.simulate(storm.FLEET, Clients(60), 60, Death(frozenset({"east1"}), 0, 60, dns_s=0))
    assert (found.lost, found.waited) == (0, 0)


def test_more_than_the_living_can_carry_is_lost_and_no_more():
    """West alone carries 150 a second; 200 come, for ever."""
    patient = Clients(200, gives_up=1)
    found = storm.simulate(storm.FLEET, patient, 60, Death(frozenset({"east"}), 0, 1_000, dns_s=0))
    assert found.carried.total() == 60 * 150
    assert found.lost == 60 * 50


def test_impatience_makes_a_storm():
    death = Death(frozenset({"east"}), 5, 40, dns_s=10)
    calm = storm.simulate(storm.FLEET, Clients(200), 60, death)
    storming = storm.simulate(storm.FLEET, Clients(200, **storm.RUDE), 60, death)
    assert storming.peak > 2 * calm.peak
    assert storming.refusing_s > calm.refusing_s


def test_the_same_seed_gives_the_same_outcome():
    death = Death(frozenset({"east1"}), 2, 8)
    assert storm.simulate(storm.FLEET, Clients(50), 10, death) == storm.simulate(storm.FLEET, Clients(50), 10, death)

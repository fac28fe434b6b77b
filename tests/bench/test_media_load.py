"""The load test of media: it measures both systems, and notices what is lost, late, or of another codec."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.rtp import RTP, End, Flow, RtpError, flow
from bench.talk import Result

from bench import media_report

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ends(addresses):
    """A maker of two ends, by their codecs."""
    taken = [addresses.take(), addresses.take()]
    made = []

    def make(*codecs: str) -> tuple[End, End]:
        made.extend(End(address, codec) for address, codec in zip(taken, codecs, strict=True))
        return tuple(made)

    yield make
    for end in made:
        end.close()
    for address in taken:
        addresses.give_back(address)


def result(system: str, calls: int = 100, received: int = 1000, cpu: float = 0.01, late: float = 0.0) -> Result:
    return Result(system, "PCMA", calls, Flow(1000, received, late), {"rtpengine": cpu})


@pytest.mark.engines
def test_it_measures_both_systems():
    done = subprocess.run(
        [sys.executable, "-m", "bench.media", "--effort", "tiny", "--json"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures) == {"cost", "transcoded", "calls"}
    assert set(figures["transcoded"]) == {"PCMU-PCMA", "G722-PCMA", "G729-PCMA", "speex-PCMA"}
    for pair in (figures["cost"] | figures["transcoded"]).values():
        assert pair["rtpengine alone"]["lost %"] == pair["trunkline"]["lost %"] == 0
    assert set(figures["calls"]) == {"PCMA", *figures["transcoded"]}
    for pair, most in figures["calls"].items():
        assert most["rtpengine alone"] == most["trunkline"] == (5 if pair == "PCMA" else 4)


def test_each_call_gets_fifty_packets_a_second_each_way(ends):
    near, far = ends("PCMA", "PCMA")
    near.aim([(far.address, RTP)] * 23)
    far.aim([(near.address, RTP)] * 23)
    ran = flow((near, far), 0.2)
    assert ran.sent == ran.received == 2 * 23 * 10


def test_what_does_not_come_is_lost(ends):
    near, far = ends("PCMA", "PCMA")
    near.aim([(far.address, RTP), (far.address, RTP + 1)])  # nobody reads the second
    far.aim([(near.address, RTP)] * 2)
    assert flow((near, far), 0.1).lost == 0.25


def test_another_codec_than_agreed_is_not_taken_for_audio(ends):
    near, far = ends("PCMU", "PCMA")
    near.aim([(far.address, RTP)])
    far.aim([(near.address, RTP)])
    with pytest.raises(RtpError, match="speaks PCMU and has received 8008"):
        flow((near, far), 0.1)


def test_the_most_calls_are_those_with_hardly_a_packet_lost():
    runs = [
        result("rtpengine alone", calls=200),
        result("rtpengine alone", calls=300, received=999),
        result("trunkline", calls=100),
        result("trunkline", calls=200, late=0.2),
    ]
    found = media_report.summary({"calls": runs})["calls"]["PCMA"]
    assert found == {"rtpengine alone": 200, "trunkline": 100, "ratio": 0.5, "generator late": True}


def test_the_ratio_is_of_middle_values_and_above_one_when_we_are_cheaper():
    runs = [result("rtpengine alone", cpu=cpu) for cpu in (0.01, 0.012, 0.9)]
    runs += [result("trunkline", cpu=cpu) for cpu in (0.01, 0.011, 0.008)]
    pair = media_report.summary({"cost": runs})["cost"]["PCMA"]
    assert pair["rtpengine alone"] == {"rtpengine": 12.0, "lost %": 0.0}
    assert pair["ratio"] == 1.2

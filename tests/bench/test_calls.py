"""The load test itself: it runs, says what it found, and refuses what it does not understand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.load import Result

from bench import report

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "bench.calls", *arguments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"}, capture_output=True, text=True, timeout=110,
    )  # fmt: skip


def result(system: str, cpu: float, rate: int = 100, successful: int = 1000, retransmissions: int = 0) -> Result:
    return Result(
        system, rate, 1000, successful, retransmissions, 1000 / rate + 0.6, {"kamailio": cpu, "rtpengine": 0.5}
    )


@pytest.mark.engines
@pytest.mark.long
def test_it_measures_every_system():
    done = bench("--effort", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures) == {"cost", "size", "latency", "rate"}
    assert figures["rate"]["native"] == figures["rate"]["trunkline"] == 10
    assert {name for name in figures["latency"]} == {"native", "native+topoh", "trunkline"}
    assert all(0 < value["p50"] <= value["p99"] for value in figures["latency"].values())
    assert "NOT SUSTAINED" not in done.stderr


def test_an_unknown_part_is_refused():
    done = bench("--only", "colour")
    assert done.returncode == 2
    assert "invalid choice: 'colour'" in done.stderr


def test_a_ratio_is_of_medians_and_above_one_when_we_are_cheaper():
    runs = [result("native", cpu) for cpu in (0.5, 0.6, 9.0)] + [result("trunkline", cpu) for cpu in (0.4, 0.5, 0.45)]
    cost = report.summary({"cost": runs})["cost"]
    assert cost["native"] == {"kamailio": 0.6, "rtpengine": 0.5, "total": 1.1}
    assert cost["ratio"] == round(1.1 / 0.95, 3)


def test_the_rate_is_the_highest_that_was_sustained():
    runs = [
        result("native", 1.0, rate=1000),
        result("trunkline", 1.0, rate=900),
        result("trunkline", 1.0, rate=1000, successful=998),
        result("trunkline", 1.0, rate=1100, retransmissions=11),
    ]
    assert report.summary({"rate": runs})["rate"] == {"native": 1000, "trunkline": 900, "ratio": 0.9}


def test_a_run_that_lags_is_not_sustained():
    on_time, late = (Result("native", 100, 1000, 1000, 0, seconds, {}) for seconds in (10.7, 12.0))
    assert on_time.sustained
    assert not late.sustained

"""The load test itself: it runs, says what it found, and refuses what it does not understand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.load import Result

from bench import report

pytestmark = pytest.mark.long

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


@pytest.mark.engines
def test_it_leaves_nothing_behind_when_it_is_ended():
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.calls", "--effort", "tiny"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        said = next(line for line in process.stderr if line.startswith("starting trunkline"))
        homes = engine_homes(process.pid)
        process.terminate()
        assert process.wait(60) == 143, said
    assert homes
    assert not [home for home in homes if Path(home).exists()]
    assert homes.isdisjoint(engine_homes())


def engine_homes(started_by: int = 0) -> set[str]:
    """The folders of all engines that run, or of those that one process has started."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            command = (path / "cmdline").read_text().split("\0")
        except OSError:  # it ended while we looked
            continue
        if started_by in (0, parent):
            found.update(word.partition("/home/")[0] for word in command if "/home/node/" in word)
    return found

"""The measurement of many followers: it really waits for each of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_every_node_gets_every_change():
    done = subprocess.run(
        [sys.executable, "-m", "bench.followers", "--nodes", "3", "--changes", "2", "--idle", "0.5"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": "src"}, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["nodes"], figures["changes"]) == (3, 2)
    assert 0 < figures["median_ms"] <= figures["worst_ms"]

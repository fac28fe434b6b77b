"""bench.whole on the real engines: both systems carry calls that talk, and what they cost is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engines, pytest.mark.long]

ROOT = Path(__file__).parents[2]


def test_both_carry_calls_with_audio():
    words = ["--seconds", "0.2", "--calls", "5", "--rounds", "1"]
    command = [sys.executable, "-m", "bench.whole", *words]
    environment = os.environ | {"PYTHONPATH": "src"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110)
    assert ran.returncode == 0, ran.stderr
    (found,) = json.loads(ran.stdout).values()
    assert found["native"] > 0
    assert found["trunkline"] > 0

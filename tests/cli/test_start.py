"""How long people wait for a command to begin."""

import os
import subprocess
import sys
from pathlib import Path


def test_a_command_is_quick_to_start(ask):
    """CPU time, not the clock's, and the least of three runs: the machine may be shared."""
    ask("account", "add", "acme")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command, took = [sys.executable, "-m", "trunkline", "account", "list"], []
    for _ in range(3):
        before = os.times()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        after = os.times()
        took.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(took) < 1.0, took

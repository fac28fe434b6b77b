"""How long people wait for a command to begin."""

import os
import subprocess
import sys
from pathlib import Path

LIBRARIES = "import django.db.models, django.db.backends.sqlite3.base, pydantic, click, cryptography.x509"
TIMES = 6  # the CPU time of Python with the libraries that every such command needs; two to four is usual


def test_a_command_is_quick_to_start(ask):
    """Beside what its libraries take in the same minute, the least of some runs: machines differ, and are shared."""
    ask("account", "add", "acme")
    commands = {"ours": ["-m", "trunkline", "account", "list"], "libraries": ["-c", LIBRARIES]}
    took: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(4):
        for name, words in commands.items():
            took[name].append(cpu_seconds([sys.executable, *words]))
    assert min(took["ours"]) < TIMES * min(took["libraries"]), took


def cpu_seconds(command: list[str]) -> float:
    before = os.times()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system

"""How long people wait for a command to begin."""

import os
import subprocess
import sys
from pathlib import Path

from harness import cpu

TIMES = 6  # the CPU time of Python with the libraries that every such command needs; two to four is usual


def test_a_command_is_quick_to_start(ask):
    """By the least of some runs."""
    ask("account", "add", "acme")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    took = [
        (cpu.seconds("-m", "trunkline", "account", "list", environment=environment), cpu.reference()) for _ in "1234"
    ]
    assert min(ours for ours, _ in took) < TIMES * min(libraries for _, libraries in took), took


def test_a_nodes_parts_load_no_library_that_few_of_them_need():
    """Each of ten processes would spend the time at every start."""
    code = "import sys, trunkline.cli.node; print({'cryptography', 'django', 'rich'} & sys.modules.keys())"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"

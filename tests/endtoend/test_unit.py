"""A node within the limits of its systemd unit: without new privileges, and with no other capabilities."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness.polling import until

pytestmark = pytest.mark.long

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "trunkline.service"
ON_DEBIAN_13 = {"sys_admin"}  # what the drop-in takes away


def _limits(without: set[str]) -> list[str]:
    """The limits that need no systemd, as words to put before a command. Of the others, most are mounts that the
    platform's root has already: its /usr and /etc are read-only."""
    lines = UNIT.read_text().splitlines()
    assert "NoNewPrivileges=yes" in lines
    kept = {word for line in lines if line.startswith("CapabilityBoundingSet=") for word in line.split("=")[1].split()}
    kept = {word.removeprefix("CAP_").lower() for word in kept} - without
    return ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=" + ",+".join(["-all", *sorted(kept)])]


def test_a_node_works_within_its_units_limits(own_node):
    """Its dashboard and its test calls too; and what dies comes back."""
    own_node.environment["TRUNKLINE_SANDBOX__ENABLED"] = own_node.environment["TRUNKLINE_WEB__ENABLED"] = "true"
    words = [*_limits(ON_DEBIAN_13), sys.executable, "-m", "trunkline", "up", "--detach"]
    ran = subprocess.run(words, env=own_node.environment, capture_output=True, text=True, timeout=110)
    assert ran.returncode == 0, f"{shlex.join(words)}\n{ran.stdout}\n{ran.stderr}"
    assert "The dashboard is at" in ran.stdout
    before = own_node.pid("kamailio")
    assert "NoNewPrivs:\t1" in Path(f"/proc/{before}/status").read_text()
    os.kill(before, 9)
    until(lambda: own_node.pid("kamailio") not in (0, before) and own_node.status()[0] == 0, what="it is back")


@pytest.mark.parametrize(("without", "works"), [(set(), True), (ON_DEBIAN_13, False)])
def test_bubblewrap_needs_the_capability_that_debian_13_does_not(without, works):
    ran = subprocess.run([*_limits(without), "bwrap", "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    assert (ran.returncode == 0) is works, ran

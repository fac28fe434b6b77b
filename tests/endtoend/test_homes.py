"""Homes: two side by side, and what `up` says when it cannot."""

import contextlib
import os
import socket
import subprocess
from pathlib import Path

import pytest

from harness.node import Node
from harness.polling import until

pytestmark = pytest.mark.long


def test_two_homes_run_side_by_side(node, addresses):
    """The second is behind a 1:1 NAT that leads nothing back, and ends in a table in which every test call went well
    all the same; neither knows of the other."""
    second = Node(addresses, sandbox={"enabled": True}, sip={"advertised": "198.51.100.20"})
    try:
        shown = second.up("--check")
        assert "FAILED" not in shown
        assert shown.count(" ok ") >= 15
        assert node.status() == (0, {})
        assert second.ask("sandbox", "show")["key"] != node.ask("sandbox", "show")["key"]
        assert second.do("down") == "The node is down.\n"
        assert not second.processes()
        assert node.status() == (0, {})
    finally:
        second.discard()


def test_a_second_up_says_so(node):
    ran = node.run("up", "--detach")
    assert ran.returncode == 1
    assert f"the node of {node.home.root} is already running (process " in ran.stderr
    assert "`trunkline down` stops it" in ran.stderr
    assert node.status() == (0, {})


def test_a_taken_tls_port_is_named_with_its_process(own_node):
    with socket.create_server((own_node.address, 5061)):
        ran = own_node.run("up", "--detach")
    assert ran.returncode == 1
    assert f"TCP port 5061 on {own_node.address} is taken by " in ran.stderr
    assert f"(process {os.getpid()})" in ran.stderr
    assert "sip.tls_port" in ran.stderr


def test_without_root_it_says_what_is_needed(own_node):
    own_node.home.root.chmod(0o777)
    ran = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", "python3", "-m", "trunkline", "up"],
        env=own_node.environment, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("trunkline: root is needed"), ran.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sip]\nprot = 5070\n", "sip.prot (or TRUNKLINE_SIP__PROT): there is no such setting"),
        ("[sip]\ndomain = 'not a name'\n", "sip.domain (or TRUNKLINE_SIP__DOMAIN): 'not a name'"),
        ("[journal]\nrotate_mb = 0\n", "journal.rotate_mb (or TRUNKLINE_JOURNAL__ROTATE_MB): 0"),
        ("[sip\n", "trunkline.toml is not valid TOML"),
    ],
)
def test_a_wrong_setting_in_the_file_is_named(own_node, text, said):
    own_node.home.settings.write_text(text)
    for command in ("up", "status", "down"):
        ran = own_node.run(command)
        assert ran.returncode == 1
        assert said in ran.stderr
        assert "Traceback" not in ran.stderr


@pytest.fixture
def small_disk(own_node):
    """The home is a disk of its own, of this size."""

    def mount(megabytes: int) -> Node:
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(own_node.home.root)]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=10)
        if ran.returncode:
            pytest.skip(f"no file system can be mounted here: {ran.stderr.strip()}")
        return own_node

    yield mount
    own_node.end()
    if os.path.ismount(own_node.home.root):
        # Lazily: the last of the killed processes may still be ending.
        subprocess.run(["umount", "-l", str(own_node.home.root)], check=True, timeout=10)


def test_a_small_disk_is_refused(small_disk):
    ran = small_disk(50).run("up", "--detach")
    assert ran.returncode == 1
    assert "MB of disk are free" in ran.stderr
    assert "a node needs 200 MB to start" in ran.stderr


def test_a_full_disk_is_refused(small_disk):
    node = small_disk(1)
    with open(Path(node.home.root, "ballast"), "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    ran = node.run("up", "--detach")
    assert ran.returncode == 1
    assert f"the disk of {node.home.root}" in ran.stderr
    assert "is full: make room on it, and try again" in ran.stderr


def test_a_disk_that_fills_up_is_told(small_disk):
    """Before it is full; what a full one does to calls is among the scenarios."""
    node = small_disk(300)
    node.up()
    ballast = Path(node.home.root, "ballast")
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 150_000_000)
    code, wrong = until(lambda: (found := node.status())[0] and found, what="status says that the disk is low")
    assert code == 1
    assert "the journal needs room" in wrong["disk"]
    ballast.unlink()
    until(lambda: node.status() == (0, {}), what="all is well again")

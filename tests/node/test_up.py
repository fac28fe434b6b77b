"""`up`, `status`, `down` with the real engines: what an operator sees, and what survives which death."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.polling import until
from trunkline.home import Home
from trunkline.node import launch

pytestmark = [pytest.mark.engines, pytest.mark.skipif(os.geteuid() != 0, reason="a node runs as root")]

SETTINGS = """
[sip]
address = "{sip}"
workers = 2
memory_mb = 64
[media]
port_min = 32000
port_max = 32999
[web]
enabled = false
[sandbox]
carrier_address = "{carrier}"
pbx_address = "{pbx}"
enabled = {sandbox}
"""


class Node:
    """One home, and the commands on it."""

    def __init__(self, root: Path, addresses: list[str], sandbox: bool = False):
        self.home, self.address = Home(root), addresses[0]
        root.mkdir(mode=0o711)
        sip, carrier, pbx = addresses
        text = SETTINGS.format(sip=sip, carrier=carrier, pbx=pbx, sandbox=str(sandbox).lower())
        self.home.settings.write_text(text)
        self.environment = os.environ | {"TRUNKLINE_HOME": str(root), "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        options = {"env": self.environment, "timeout": 100, "text": True, "capture_output": True} | options
        return subprocess.run([sys.executable, "-m", "trunkline", *arguments], **options)

    def begin(self, *arguments: str) -> subprocess.Popen:
        with open(self.home.root / "output", "wb") as output:
            command = [sys.executable, "-m", "trunkline", *arguments]
            return subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)

    def output(self) -> str:
        return (self.home.root / "output").read_text()

    def status(self) -> dict:
        return json.loads(self.run("status", "--json").stdout)

    def healthy(self) -> bool:
        return self.status()["healthy"]

    def engine_processes(self) -> list[int]:
        """Every process that has one of this home's files on its command line."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and os.fsencode(self.home.node) in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


@pytest.fixture
def node(addresses):
    folder = Path(tempfile.mkdtemp(prefix="up-"))
    folder.chmod(0o711)
    taken = [addresses.take() for _ in range(3)]
    made = Node(folder / "home", taken)
    yield made
    made.run("down")
    shutil.rmtree(folder)
    for address in taken:
        addresses.give_back(address)


@pytest.mark.engines
def test_a_node_lives_through_the_death_of_each_part(node):
    """With all that a node has, the dashboard too."""
    node.environment |= {"TRUNKLINE_WEB__ENABLED": "true", "TRUNKLINE_WEB__WORKERS": "1"}
    assert node.run("status").returncode == 3
    up = node.run("up", "--detach")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "No test calls" in up.stdout
    assert node.run("status").returncode == 0
    status = node.status()
    assert {check["name"] for check in status["checks"]} >= {
        "kamailio",
        "rtpengine",
        "follow",
        "resolve",
        "ship",
        "clear",
        "sip",
    }

    second = node.run("up", "--detach")
    assert second.returncode == 1
    assert "is already running (process" in second.stderr

    # Kamailio's main process leaves its workers on the ports.
    group = json.loads((node.home.run / "kamailio.group").read_text())
    os.kill(group, signal.SIGKILL)
    until(lambda: launch.members(group, str(node.home.node / "kamailio.cfg")) == [], 30)
    until(node.healthy, 30)
    noted = node.home.run / "rtpengine.group"
    before = noted.read_text()
    os.kill(json.loads(before), signal.SIGKILL)
    until(lambda: noted.read_text() not in ("", before), 30)
    until(node.healthy, 30)

    assert node.run("down").stdout == "The node is down.\n"
    assert node.engine_processes() == []
    assert node.run("down").stdout == f"Nothing was running for {node.home.root}.\n"


@pytest.mark.engines
def test_in_the_foreground_deaths_are_told_and_a_signal_stops_everything(node):
    up = node.begin("up")
    until(lambda: "runs until Ctrl-C" in node.output(), 60)
    os.kill(json.loads((node.home.run / "rtpengine.group").read_text()), signal.SIGKILL)
    until(lambda: "rtpengine runs again" in node.output(), 30)
    up.send_signal(signal.SIGTERM)
    assert up.wait(60) == 0
    assert node.output().rstrip().endswith("stopping")
    assert node.engine_processes() == []


def _interrupted_again(up: subprocess.Popen, node: Node) -> bool:
    up.send_signal(signal.SIGINT)
    return "it is being stopped" in node.output()


@pytest.mark.engines
@pytest.mark.long
def test_an_impatient_second_ctrl_c_does_not_break_off_the_stopping(node):
    up = node.begin("up")
    until(lambda: "waiting for beat" in node.output(), 60)
    until(lambda: _interrupted_again(up, node), 30)
    assert up.wait(60) == 1
    assert "engines and services: interrupted" in node.output()
    assert node.engine_processes() == []


@pytest.mark.engines
@pytest.mark.long
def test_a_start_whose_output_nobody_reads_any_more_leaves_nothing(node):
    """As `up | head` has it."""
    up = subprocess.Popen(
        [sys.executable, "-u", "-m", "trunkline", "up"], env=node.environment, stdout=subprocess.PIPE, text=True
    )
    with up.stdout as lines:
        assert any("waiting for" in line for line in lines)
    assert up.wait(60) == 1
    assert node.engine_processes() == []


@pytest.mark.engines
@pytest.mark.long
def test_a_start_that_fails_shows_the_log_and_leaves_nothing(node):
    """rtpengine is there but ends at once; the other parts come up and are stopped again."""
    folder = node.home.root.parent / "bin"  # where the engine's own user finds it, too
    folder.mkdir(mode=0o755)
    broken = folder / "rtpengine"
    broken.write_text("#!/bin/sh\necho the disk is on fire\nexit 1\n")
    broken.chmod(0o755)
    node.environment["PATH"] = f"{folder}:{os.environ['PATH']}"
    code = "from trunkline.node import watch; watch.READY_SECONDS = 15; from trunkline.cli.main import main; main()"
    up = subprocess.run(
        [sys.executable, "-c", code, "up", "--detach"],
        env=node.environment,
        timeout=100,
        text=True,
        capture_output=True,
    )
    assert up.returncode == 1
    assert "rtpengine: " in up.stderr
    assert "the disk is on fire" in up.stderr
    assert "the node did not come up, and was stopped again" in up.stderr
    assert node.engine_processes() == []


def test_a_taken_port_is_named_and_nothing_started(node):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind((node.address, 5060))
        up = node.run("up", "--detach")
    assert up.returncode == 1
    assert f"UDP port 5060 on {node.address} is taken by" in up.stderr
    assert f"(process {os.getpid()})" in up.stderr
    assert node.engine_processes() == []
    assert "Traceback" not in up.stderr


def test_without_root_nothing_is_tried(node):
    node.home.root.chmod(0o777)
    up = node.run("up", user=65534, group=65534, extra_groups=[])
    assert up.returncode == 1
    assert "root is needed" in up.stderr
    assert not node.home.run.exists()


def test_a_bad_setting_is_named(node):
    node.environment["TRUNKLINE_SIP__PORT"] = "99999"
    up = node.run("up")
    assert up.returncode == 1
    assert "sip.port (or TRUNKLINE_SIP__PORT): '99999'" in up.stderr


def test_damaged_secrets_are_told(node):
    node.home.secrets.write_text("{")
    up = node.run("up", "--detach")
    assert up.returncode == 1
    assert "secrets.json is damaged" in up.stderr


def test_logs_of_an_unknown_part(node):
    found = node.run("logs", "kamailo")
    assert found.returncode == 1
    assert "there is no log of 'kamailo'; run `trunkline up` first" in found.stderr
    node.home.log.mkdir()
    (node.home.log / "kamailio.log").write_text("one\ntwo\n")
    assert "there are logs of kamailio" in node.run("logs", "kamailo").stderr
    assert node.run("logs", "kamailio", "-n", "1").stdout == "two\n"
    assert node.run("logs").stdout == "kamailio: one\nkamailio: two\n"

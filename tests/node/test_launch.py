"""What an engine leaves behind, and how the next start ends it."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from harness.peers import free_port
from harness.polling import until
from trunkline.home import Home
from trunkline.node import launch
from trunkline.node.launch import Engine

FORKING = "import os, time; os.fork(); time.sleep(3600)"  # its child outlives it
STEADY = "import time; time.sleep(3600)"
# Half ended at SIGUSR1: its main thread, and with that its command line, are gone, and the port is not.
LINGERING = """
import ctypes, os, signal, socket, sys, threading, time
port = socket.create_server(("127.0.0.1", int(sys.argv[1])))
ending = threading.Event()
def linger():
    ending.wait()
    time.sleep(0.5)
    os._exit(0)
threading.Thread(target=linger).start()
def end(*_):
    ending.set()
    ctypes.CDLL(None).pthread_exit(None)
signal.signal(signal.SIGUSR1, end)
print("ready", flush=True)
while True: signal.pause()
"""
STAND_IN = Engine("stand-in", [sys.executable, "-c", FORKING, "its.cfg"], "its.cfg", "")


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    home.run.mkdir()
    return home


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _launch(home) -> subprocess.Popen:
    process = subprocess.Popen(launch.command(STAND_IN, home), env=_environment())
    until(lambda: len(launch.members(process.pid, "its.cfg")) == 2)
    return process


def test_an_engine_that_is_not_installed_is_told(home):
    command = launch.command(Engine("stand-in", ["no-such-engine"], "its.cfg", ""), home)
    ran = subprocess.run(command, env=_environment(), capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith("no-such-engine is not installed here: ")


def test_a_start_waits_for_no_library(home):
    """Calls are lost until a killed Kamailio is back."""
    command = [sys.executable, "-c", "import sys, trunkline.node.launch; print(*sys.modules)"]
    loaded = subprocess.run(command, env=_environment(), capture_output=True, text=True).stdout.split()
    assert "trunkline.home" in loaded
    assert not {"pydantic", "asyncio", "click", "django"} & set(loaded)


def test_leftovers_of_a_killed_engine_are_ended_by_the_next_start(home):
    first = _launch(home)
    first.kill()
    first.wait()
    assert len(launch.members(first.pid, "its.cfg")) == 1
    second = _launch(home)
    assert launch.members(first.pid, "its.cfg") == []
    second.kill()
    second.wait()
    assert launch.end_leftovers(STAND_IN, home) == 1
    assert launch.members(second.pid, "its.cfg") == []


def test_one_that_is_ending_is_waited_for_until_it_has_let_its_port_go(home, monkeypatch):
    """The kernel takes a killed process's command line first and its ports last; the signal stands in for that."""
    monkeypatch.setattr(launch, "_kill", lambda pid: os.kill(pid, signal.SIGUSR1))
    port = free_port("127.0.0.1")
    command = [sys.executable, "-c", LINGERING, str(port), "its.cfg"]
    with subprocess.Popen(command, process_group=0, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        (home.run / "stand-in.group").write_text(str(process.pid))
        assert launch.end_leftovers(STAND_IN, home) == 1
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_one_that_does_not_end_is_told(home, monkeypatch):
    monkeypatch.setattr(launch, "_kill", lambda pid: None)
    monkeypatch.setattr(launch, "GONE_SECONDS", 0.1)
    with subprocess.Popen([sys.executable, "-c", STEADY, "its.cfg"], process_group=0) as process:
        try:
            (home.run / "stand-in.group").write_text(str(process.pid))
            with pytest.raises(launch.LeftoverError, match=rf"processes \[{process.pid}\] of an earlier start"):
                launch.end_leftovers(STAND_IN, home)
        finally:
            process.kill()


def test_a_stranger_in_the_noted_group_is_left_alone(home):
    """The process id was given to somebody else after a reboot."""
    with subprocess.Popen([sys.executable, "-c", STEADY], process_group=0) as stranger:
        try:
            (home.run / "stand-in.group").write_text(str(stranger.pid))
            assert launch.end_leftovers(STAND_IN, home) == 0
            assert stranger.poll() is None
        finally:
            stranger.kill()

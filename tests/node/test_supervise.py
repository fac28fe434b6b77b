"""supervisord as we set it up, over stand-in programs."""

import dataclasses
import os
import shlex
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.peers import free_port
from harness.polling import until
from trunkline.home import Home
from trunkline.node import folders, logs, patience, probes, stop, supervise, watch
from trunkline.node.supervise import Manager, NotRunning, Program
from trunkline.settings import Settings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node runs as root")


PREFIX = shlex.split(supervise._ours())[:4]  # how our own parts are started


@pytest.fixture
def home():
    with tempfile.TemporaryDirectory(prefix="node-") as folder:
        Path(folder).chmod(0o711)  # as the engines' users need it
        made = Home(Path(folder) / "home")
        folders.make(made)
        yield made


@pytest.fixture
def settings(home):
    return Settings(home=home.root)


@pytest.fixture
def start(home, settings, monkeypatch):
    """Starts supervisord over programs, each a (name, Python code) pair; the code's `sys.argv[1]` is the home."""
    processes = []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))

    def begin(*programs: tuple[str, str]) -> Manager:
        listed = []
        for priority, (name, code) in enumerate(programs, 10):
            script = home.root / f"{name}.py"
            script.write_text(code)
            command = [*PREFIX, sys.executable, str(script), str(home.root)]
            listed.append(Program(name, shlex.join(command), priority))
        processes.append(supervise.start(home, supervise.write_config(home, listed)))
        manager = Manager(home)
        until(lambda: running(manager), what=(home.log / "supervisord.out").read_text())
        return manager

    yield begin
    stop.stop(settings, home)
    for process in processes:
        process.wait(30)


def running(manager: Manager) -> dict:
    try:
        return {process.name: process for process in manager.processes()}
    except NotRunning:
        return {}


STEADY = "import time; time.sleep(3600)"
MOODY = f"import os, sys\nos.path.exists(sys.argv[1] + '/well') or sys.exit(1)\n{STEADY}"
# Does not end when it is asked to, but when it may.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while not os.path.exists(sys.argv[1] + "/well"):
    time.sleep(0.02)
"""
# Notes its own end, when it is asked to end.
NOTING = """
import signal, sys, time
def end(*_):
    print("{name} stops", file=open(sys.argv[1] + "/order", "a"), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(3600)
"""


# As Python does while it loads its libraries; then it answers as the dashboard does.
SLOW_WEB = """
import http.server, time
while time.process_time() < 3:
    pass
class Alive(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", {port}), Alive).serve_forever()
"""


def test_a_killed_program_comes_back(start, home):
    manager = start(("steady", STEADY))
    first = until(lambda: running(manager)["steady"].running and running(manager)["steady"])
    os.kill(first.pid, signal.SIGKILL)
    again = until(lambda: (p := running(manager)["steady"]).running and p.pid != first.pid and p)
    assert again.started >= first.started


def test_two_may_restart_a_part_at_once_and_one_that_is_down(start, home):
    manager = start(("steady", STEADY), ("moody", MOODY))
    first = until(lambda: running(manager)["steady"].running and running(manager)["steady"])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: Manager(home, timeout=60).restart("steady"), range(2)))
    assert running(manager)["steady"].running
    assert running(manager)["steady"].pid != first.pid
    with pytest.raises(NotRunning, match="moody does not start"):
        Manager(home, timeout=60).restart("moody")
    (home.root / "well").touch()
    Manager(home, timeout=60).restart("moody")
    assert running(manager)["moody"].running


def test_what_changes_is_said(start, home):
    manager = start(("steady", STEADY))
    before = [until(lambda: running(manager)["steady"].running and running(manager)["steady"])]
    os.kill(before[0].pid, signal.SIGKILL)
    said = []
    until(lambda: said.extend(watch.changes(home, before)) or (said and "runs again" in said[-1]))
    assert all(text.startswith("steady ") for text in said)


def test_a_manager_that_is_ending_already_may_be_asked_again(start, home):
    manager = start(("stubborn", STUBBORN))
    until(lambda: "ready" in _text(home.log / "stubborn.log"))
    manager.shut_down()
    for ask in (manager.shut_down, manager.processes):
        with pytest.raises(NotRunning):
            ask()
    (home.root / "well").touch()


@pytest.mark.long
def test_log_files_that_were_removed_are_written_anew(start, home):
    start(("talkative", "import time\nwhile True: print('hello', flush=True); time.sleep(0.1)"))
    removed = home.log / "talkative.log"
    until(lambda: "hello" in _text(removed))
    shutil.rmtree(home.log)
    until(lambda: "hello" in _text(removed), 30, what="nothing is written where the log was")


def test_a_program_that_was_given_up_is_revived(start, home, monkeypatch):
    """supervisord's own last word is FATAL, after `startretries`; here after few, so as not to take a minute."""
    config = supervise.write_config
    monkeypatch.setattr(supervise, "write_config", lambda *arguments: _fewer_retries(config(*arguments)))
    manager = start(("moody", MOODY))
    # Interpreters start one after the other for this, each of which takes seconds where others start too.
    until(lambda: "moody failed again and again" in _text(home.log / "revive.log"), 60)
    (home.root / "well").touch()
    until(lambda: running(manager)["moody"].running, 60)


def _fewer_retries(path):
    path.write_text(path.read_text().replace("startretries = 10\n", "startretries = 1\n"))
    return path


def _text(path):
    return path.read_text() if path.exists() else ""


def test_parts_stop_in_order_and_down_waits_for_them(start, home, settings):
    manager = start(*((name, NOTING.format(name=name)) for name in ("first", "second", "third")))
    until(lambda: all("ready" in _text(home.log / f"{name}.log") for name in ("first", "second", "third")))
    assert stop.manager_pid(home) == manager.pid()
    assert stop.stop(settings, home)
    assert (home.root / "order").read_text().split("\n")[:3] == ["third stops", "second stops", "first stops"]
    assert stop.manager_pid(home) == 0
    with pytest.raises(NotRunning):
        manager.processes()
    assert not stop.stop(settings, home)


@pytest.mark.long
def test_a_kamailio_that_ignores_its_end_delays_down_by_a_few_seconds(home, settings):
    """As it does when it is asked to end while it still forks its workers."""
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); {STEADY}"
    (planned,) = (program for program in supervise.programs(settings, home) if program.name == "kamailio")
    command = shlex.join([*PREFIX, sys.executable, "-c", deaf])
    process = supervise.start(home, supervise.write_config(home, [dataclasses.replace(planned, command=command)]))
    until(lambda: "ready" in _text(home.log / "kamailio.log"))
    began = time.monotonic()
    assert stop.stop(settings, home)
    assert planned.stop_seconds - 1 < time.monotonic() - began < 20
    process.wait(30)


def test_a_frozen_process_manager_is_not_waited_for_for_ever(start, home, settings, monkeypatch):
    manager = start(("steady", STEADY))
    pid = manager.pid()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(NotRunning):
        Manager(home, timeout=0.2).processes()
    monkeypatch.setattr(stop, "Manager", lambda home: Manager(home, timeout=0.2))
    monkeypatch.setattr(stop, "STOP_SECONDS", 0.2)
    assert stop.stop(settings, home)
    assert stop.manager_pid(home) == 0


def test_our_parts_end_with_a_killed_process_manager(start, home):
    command = [*PREFIX, sys.executable, "-c", STEADY]
    listed = [Program("steady", shlex.join(command), 10)]
    process = supervise.start(home, supervise.write_config(home, listed))
    manager = Manager(home)
    steady = until(lambda: (p := running(manager).get("steady")) and p.running and p)
    process.kill()
    process.wait()
    until(lambda: not Path(f"/proc/{steady.pid}").exists())


# Writes some 50 MB, line by line.
TALKATIVE = f"""
import os, sys
line = "x" * 999 + "\\n"
for n in range(50_000): sys.stdout.write(line)
print("the last line", flush=True)
{STEADY}
"""


def test_logs_are_renamed_before_they_fill_the_disk(home, start):
    """By supervisord itself: no logrotate, and nobody has to tell a part of it."""
    start(("talkative", TALKATIVE))
    until(lambda: logs.tail(home.log / "talkative.log", 1) == ["the last line"], what="all is written")
    sizes = {path.name: path.stat().st_size for path in home.log.glob("talkative.log*")}
    assert sizes.keys() == {"talkative.log", "talkative.log.1", "talkative.log.2"}
    assert max(sizes.values()) < 21_500_000
    assert sum(sizes.values()) == 50_000_000 + len("the last line\n")
    assert logs.parts(home.log) == ["revive", "supervisord", "talkative"]


@pytest.fixture
def served(home, monkeypatch):
    monkeypatch.setattr(watch, "WEB_SECONDS", 1.5)
    monkeypatch.setattr(patience, "WORTH", 0.05)  # of CPU time in these, on a machine that is busy with other tests
    web = {"tls": False, "proxies": ["127.0.0.1"], "address": "127.0.0.1", "port": free_port("127.0.0.1")}
    return Settings(home=home.root, web=web)


def test_a_dashboard_is_waited_for_while_it_gets_anywhere(start, home, served):
    start(("web", SLOW_WEB.format(port=served.web.port)))
    watch.wait_for_web(served, home)


def test_a_dashboard_that_gets_nowhere_is_told(start, home, served):
    start(("web", STEADY))
    with pytest.raises(probes.Silent, match="cannot be reached"):
        watch.wait_for_web(served, home)

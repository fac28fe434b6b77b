"""Everybody writes to one SQLite at once, each in a process of its own: an import, a node that ships the records of 200
calls a second, a command, and people at the dashboard. Nobody is ever told that the database is locked."""

import os
import subprocess
import sys
import time

import pytest

IMPORTED = 20_000  # numbers
PATIENCE = 120  # s, for a machine that does much else
LONGEST = 10.0  # s that a person waits for a change meanwhile: half of what the database lets anybody wait
SHIP = """
import sys, time
from pathlib import Path
from trunkline import control, settings
control.setup(settings.load())
from trunkline.control.feed import DatabaseSink
sink, stop, second = DatabaseSink(), Path(sys.argv[1]), 0
while not stop.exists() and second < 300:
    began, events = time.monotonic(), []
    for n in range(200):
        common = {"call": f"{second:08x}{n:08x}", "node": "node1"}
        events.append(common | {"event": "setup", "time": 1.8e9 + second, "direction": "outbound", "account": "owner"})
        tried = {"event": "attempt", "n": 1, "kind": "carrier", "target": "telco"}
        events.append(common | tried | {"time": 1.8e9 + second})
        events.append(common | {"event": "answer", "time": 1.8e9 + second + 1, "n": 1, "code": 200})
    sink.store("node1", "j1", events, second)
    second += 1
    time.sleep(max(0.0, 1 - (time.monotonic() - began)))
print(second)
"""


@pytest.fixture
def hasty(monkeypatch):
    """The one owner stands for many people, who ask for more in a minute than one may."""
    from django.conf import settings

    web = settings.TRUNKLINE.web.model_copy(update={"requests_per_minute": 1_000_000})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"web": web}))


def test_nobody_is_told_that_the_database_is_locked(owner, hasty, services, cast, tmp_path):
    text = "number\n" + "".join(f"+4420{n:08}\n" for n in range(IMPORTED))
    found = services.imports.begin("many.csv", text.encode())
    services.import_worker.step()
    services.imports.approve(found)
    environment = os.environ | {
        "TRUNKLINE_HOME": str(tmp_path), "TRUNKLINE_SIP__DOMAIN": "sip.trunk.example",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    stop = tmp_path / "stop"

    def start(*words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    shipping = start("-c", SHIP, str(stop))
    importing = start("-m", "trunkline", "node", "imports")
    command = start("-m", "trunkline", "account", "set", "stranger", "--calls-at-once", "7")
    taken, deadline = [], time.monotonic() + PATIENCE
    while (importing.poll() is None or len(taken) < 10) and time.monotonic() < deadline:
        began = time.monotonic()
        answer = owner.post("/numbers/447700900001/forward", {"forward": f"sip:{len(taken)}@pbx.example"})
        taken.append(time.monotonic() - began)
        assert answer.status_code == 302, answer.content.decode()
    stop.touch()
    said = {process: process.communicate(timeout=PATIENCE)[0] for process in (shipping, importing, command)}
    assert all(process.returncode == 0 for process in said), list(said.values())
    assert "locked" not in "".join(said.values())
    assert services.imports.find(found.pk).state == "done"
    assert services.numbers.listing(prefix="4420").count() == IMPORTED
    assert services.accounts.get("stranger").calls_at_once == 7
    from trunkline.control.calls.models import Call

    assert Call.objects.count() == 200 * int(said[shipping].split()[-1]) > 0
    assert max(taken) < LONGEST

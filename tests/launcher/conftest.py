"""A pretended machine: a copy of the launcher, and commands in PATH that stand in for those that change the system."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[2]

DEBIAN_12 = 'ID=debian\nVERSION_ID="12"\n'
DEBIAN_13 = 'ID=debian\nVERSION_ID="13"\n'

# What stands in for bwrap runs the command on this system, after its `--`; without one it was only asked to try.
BWRAP = """
printf '%s\\n' "$@" >>"$LOG/bwrap"
while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
[ $# -gt 0 ] || exit 0
shift
case "$*" in *"pip install"*) exit 0 ;; esac
"$@"
"""
MMDEBSTRAP = 'for word in "$@"; do case $word in */building-*) mkdir -p "$word/etc" ;; esac; done'


@dataclass
class Machine:
    root: Path
    environment: dict = field(default_factory=dict)
    started: list = field(default_factory=list)

    @property
    def clone(self):
        return self.root / "clone"

    @property
    def cache(self):
        return self.root / "cache"

    def system(self, os_release):
        (self.root / "os-release").write_text(os_release)

    def command(self, name, script="", records=True):
        """Put a command in front of the system's own; with `records`, `calls(name)` has the arguments of each call."""
        record = f'printf \'%s\\n\' "$*" >>"$LOG/{name}"\n' if records else ""
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{record}{script}\n")
        path.chmod(0o755)

    def calls(self, name):
        log = self.root / "log" / name
        return log.read_text().splitlines() if log.exists() else []

    def start(self, *words, typed=None, **options):
        """`typed` is the word for the launcher, its full path unless given."""
        environment = os.environ | {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "LOG": str(self.root / "log"),
            "TRUNKLINE_CACHE": str(self.cache),
            "TRUNKLINE_HOME": str(self.root / "home"),
            "TRUNKLINE_OS_RELEASE": str(self.root / "os-release"),
        }
        for name in ("TRUNKLINE_WITHOUT_TESTS", "SUDO_COMMAND"):
            environment.pop(name, None)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options = {"start_new_session": True, "text": True} | pipes | options
        process = subprocess.Popen(
            [typed or self.clone / "trunkline", *words], env=environment | self.environment, **options
        )
        self.started.append(process)
        return process

    def stop(self):
        """End whatever a failed test has left of its launches."""
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def launch(self, *words, **options):
        """Run the launcher to its end: (exit status, standard output, standard error)."""
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def roots(self):
        return sorted(path.name for path in self.cache.glob("root-*"))

    def environments(self):
        return sorted(path.name for path in self.cache.glob("venv-*"))

    def edit(self, name, old, new):
        path = self.clone / "deploy" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def machine(tmp_path):
    """A Debian 12 on which every step succeeds."""
    for folder in ("bin", "log", "clone"):
        (tmp_path / folder).mkdir()
    shutil.copy2(CLONE / "trunkline", tmp_path / "clone")
    shutil.copytree(CLONE / "deploy", tmp_path / "clone" / "deploy")
    machine = Machine(tmp_path)
    machine.system(DEBIAN_12)
    machine.command("bwrap", BWRAP, records=False)
    machine.command("mmdebstrap", MMDEBSTRAP)
    machine.command("apt-get")
    machine.command("apt-config")
    yield machine
    machine.stop()

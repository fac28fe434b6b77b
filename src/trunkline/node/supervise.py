"""The node's processes under supervisord: what runs, how it is started and stopped, and how it fares."""

import fcntl
import http.client
import os
import pwd
import resource
import shlex
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from supervisor.xmlrpc import Faults

from trunkline.home import Home
from trunkline.node import engines, launch
from trunkline.node.render import render
from trunkline.settings import Settings

OPEN_FILES = 65536  # wanted for Kamailio's connections; less where the machine allows less
ANSWER_SECONDS = 5.0
AUDIO = -5  # niceness of the relays: what else a busy machine does must not be heard in anybody's audio


class NotRunning(Exception):
    """There is no process manager for this home, or it does not answer."""


@dataclass(frozen=True, slots=True)
class Program:
    """`priority`: started from the lowest up, stopped from the highest down."""

    name: str
    command: str  # quoted as for a shell
    priority: int
    stop_seconds: int = 10


@dataclass(frozen=True, slots=True)
class Process:
    """`state` is supervisord's: RUNNING, STARTING, BACKOFF, EXITED, FATAL, STOPPING, STOPPED."""

    name: str
    state: str
    pid: int  # 0 when there is none
    started: int  # Unix time, s
    text: str

    @property
    def running(self) -> bool:
        return self.state == "RUNNING"


def programs(settings: Settings, home: Home) -> list[Program]:
    """Everything that runs on a node. The shipper stops after the edge, so that its last lines go out."""
    relays = [engines.relay_name(number) for number in range(settings.media.relays)]
    # Where that may not be done, as in a container without CAP_SYS_NICE, `nice` says so in the log, and goes on.
    ahead = {name: ["nice", "-n", str(AUDIO)] for name in relays}
    commands = engines.commands(settings, home).items()
    engine = {name: _bound([*ahead.get(name, []), *launch.command(its, home)]) for name, its in commands}
    listed = [
        Program("ship", _ours("node", "ship"), 10),
        Program("follow", _ours("node", "follow"), 20),
        Program("resolve", _ours("node", "resolve"), 30),
        Program("clear", _ours("node", "clear"), 35),
        *(Program("redis", engine["redis"], 38) for _ in range(settings.media.redis)),
        *(Program(name, engine[name], 40) for name in relays),
        # It ends within 0.2 s; but a SIGTERM while it forks its workers reaches only some of them, and it then waits
        # 60 s for the others. Killing it costs nothing: registrations are on the disk as soon as they are answered.
        Program("kamailio", engine["kamailio"], 50, stop_seconds=4),
        Program("beat", _ours("node", "beat"), 52),
    ]
    if settings.dns.watch:
        listed.append(Program("publish", _ours("node", "publish"), 37))
    if settings.web.enabled:
        listed += [Program(name, _ours("node", name), 55) for name in ("web", "jobs")]
    if settings.metrics.port:
        listed.append(Program("metrics", _ours("node", "metrics"), 56))
    if settings.sandbox.enabled:
        listed.append(Program("sandbox", _ours("sandbox", "run"), 60))
    return listed


def _ours(*arguments: str) -> str:
    return _bound([sys.executable, "-m", "trunkline", *arguments])


def _bound(command: Sequence[str]) -> str:
    # The kernel ends our processes with supervisord, should that be killed: two shippers or followers at once
    # do no harm, but nobody would stop the older one. An engine that has become another user is free of it.
    return shlex.join(["setpriv", "--pdeathsig", "TERM", "--", *command])


def write_config(home: Home, listed: Sequence[Program]) -> Path:
    """Write supervisord.conf and return its path."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    text = render(
        "supervisord.conf",
        home=home,
        programs=listed,
        user=pwd.getpwuid(os.geteuid()).pw_name,
        open_files=OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES),
        revive=shlex.join([sys.executable, "-m", "trunkline.node.revive"]),
    )
    path = home.node / "supervisord.conf"
    path.write_text(text)
    return path


def start(home: Home, config: Path) -> subprocess.Popen:
    """Start supervisord in a session of its own; it goes on when we end."""
    home.supervisor.unlink(missing_ok=True)
    with open(home.log / "supervisord.out", "wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "trunkline.node.manager", "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class Manager:
    """The process manager of a home. Every method raises NotRunning."""

    def __init__(self, home: Home, timeout: float = ANSWER_SECONDS):
        self._turns = home.run / "restart.lock"
        self._rpc = xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(home.supervisor, timeout))

    def pid(self) -> int:
        return self._call("getPID")

    def processes(self) -> list[Process]:
        """The parts of the node in the order in which they start."""
        found = [
            Process(row["name"], row["statename"], row["pid"], row["start"], row["description"])
            for row in self._call("getAllProcessInfo")
        ]
        return [process for process in found if process.name != "revive"]

    def shut_down(self) -> None:
        """Ask it to stop everything and end; returns at once."""
        self._call("shutdown")

    def restart(self, name: str) -> None:
        """Stop a part and start it again, or start it where it does not run; waits until it does."""
        with open(self._turns, "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # whoever wants the same meanwhile would meet it half way
            try:
                self._call("stopProcess", name)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.NOT_RUNNING:
                    raise
            try:
                self._call("startProcess", name)
            except xmlrpc.client.Fault as fault:
                raise NotRunning(f"{name} does not start ({fault.faultString}): see its log") from fault

    def _call(self, method: str, *arguments):
        try:
            return getattr(self._rpc.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise NotRunning(str(error)) from error
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != Faults.SHUTDOWN_STATE:
                raise
            raise NotRunning("it is shutting down") from fault


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path, timeout: float):
        super().__init__()
        self._path, self._timeout = path, timeout

    def make_connection(self, host):
        return _UnixConnection(self._path, self._timeout)

    def single_request(self, *arguments, **named):
        try:
            return super().single_request(*arguments, **named)
        finally:
            self.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

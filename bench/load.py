"""Calls from SIPp to SIPp through a system, and what they cost it."""

import csv
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.systems import KEY, SECRET, System

SCENARIOS = Path(__file__).with_name("scenarios")
CALL_SECONDS = 0.6  # from INVITE to BYE, as the scenarios have it
START_SECONDS = 5.0
END_SECONDS = 40  # for calls under way when no more are begun: a lost message is sent again for that long
MIN_SUCCESS = 0.999
MAX_RETRANSMISSIONS = 0.01  # per call
MAX_DELAY = 1.0  # s that a run may take longer than it should


class LoadError(Exception):
    """SIPp did not run; the text has what it said."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one run. `retransmissions` are those of both ends, `cpu` is by engine, in s; `seconds` is the caller's."""

    system: str
    rate: int
    calls: int
    successful: int
    retransmissions: int
    seconds: float
    cpu: dict[str, float]

    @property
    def sustained(self) -> bool:
        """Whether the system carried this rate: nearly all succeeded, hardly anything was said twice, none lagged."""
        return (
            self.successful >= MIN_SUCCESS * self.calls
            and self.retransmissions <= MAX_RETRANSMISSIONS * self.calls
            and self.seconds <= self.calls / self.rate + CALL_SECONDS + MAX_DELAY
        )

    @property
    def cpu_per_1000(self) -> float:
        """CPU seconds of both engines per 1,000 calls."""
        return 1000 * sum(self.cpu.values()) / max(1, self.successful)


def run(system: System, caller: str, callee: str, rate: int, seconds: float, numbers: list[str]) -> Result:
    """`rate` calls a second for `seconds`, from the address `caller` to `numbers` at random, which the system sends
    to the address `callee`. Raises LoadError."""
    calls = max(1, int(rate * seconds))
    with tempfile.TemporaryDirectory(prefix="bench-sipp-") as name:
        folder = Path(name)
        (folder / "numbers.csv").write_text("RANDOM\n" + "".join(f"{number};\n" for number in numbers))
        with _callee(callee, folder) as answering:
            before, started = system.cpu_seconds(), time.monotonic()
            _call(system, caller, rate, calls, folder)
            took = time.monotonic() - started
            cpu = {engine: total - before[engine] for engine, total in system.cpu_seconds().items()}
            answering.send_signal(signal.SIGUSR1)  # SIPp: end once the calls are over
            _wait(answering, "callee", folder)
        here, there = _statistics(folder / "caller.csv"), _statistics(folder / "callee.csv")
    return Result(
        system=system.name, rate=rate, calls=calls, successful=int(here["SuccessfulCall(C)"]),
        retransmissions=int(here["Retransmissions(C)"]) + int(there["Retransmissions(C)"]), seconds=took, cpu=cpu,
    )  # fmt: skip


def numbers_to_dial(count: int, hosted: list[str] | None = None) -> list[str]:
    """Some of `hosted`, or numbers of the carrier's; the same ones in every run."""
    chooser = random.Random(5060)
    if hosted is not None:
        return hosted if len(hosted) <= count else chooser.sample(hosted, count)
    return [f"4477{chooser.randrange(10**8):08}" for _ in range(count)]


def _call(system: System, caller: str, rate: int, calls: int, folder: Path) -> None:
    process = _sipp(
        "caller", caller, folder, f"{system.address}:{system.settings.sip.port}", "-inf", str(folder / "numbers.csv"),
        "-r", str(rate), "-m", str(calls), "-l", str(20 * rate + 1000), "-au", KEY, "-ap", SECRET,
    )  # fmt: skip
    try:
        _wait(process, "caller", folder, calls / rate + END_SECONDS)
    finally:
        _kill(process)


@contextmanager
def _callee(address: str, folder: Path) -> Iterator[subprocess.Popen]:
    process = _sipp("callee", address, folder)
    try:
        _wait_bound(address, process, folder)
        yield process
    finally:
        _kill(process)


def _sipp(scenario: str, address: str, folder: Path, *options: str) -> subprocess.Popen:
    """SIPp's own retransmissions go on until the default timers of RFC 3261 end a call."""
    command = [
        "sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", address, "-p", "5060", "-t", "u1", "-nostdin",
        "-trace_stat", "-stf", str(folder / f"{scenario}.csv"), "-fd", "3600", "-deadcall_wait", "0",
        "-buff_size", "8000000", "-recv_timeout", "20000", *options,
    ]  # fmt: skip
    with open(folder / f"{scenario}.txt", "wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder)


def _wait(process: subprocess.Popen, scenario: str, folder: Path, seconds: float = END_SECONDS) -> None:
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise LoadError(f"the {scenario} did not end within {seconds:.0f} s\n{_said(scenario, folder)}") from None
    # 0: every call succeeded; 1: some did not, which the statistics count. 99: ended by its signal, without calls.
    if code not in (0, 1, 99):
        raise LoadError(f"the {scenario} (SIPp) ended with {code}\n{_said(scenario, folder)}")


def _wait_bound(address: str, process: subprocess.Popen, folder: Path) -> None:
    """Until the callee listens: an INVITE before that would have to be sent again."""
    deadline = time.monotonic() + START_SECONDS
    while _is_free(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise LoadError(f"the callee (SIPp) does not listen on {address}:5060\n{_said('callee', folder)}")
        time.sleep(0.02)


def _is_free(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 5060))
        except OSError:
            return False
        return True


def _said(scenario: str, folder: Path) -> str:
    return (folder / f"{scenario}.txt").read_text(errors="replace")[-2000:]


def _statistics(path: Path) -> dict[str, str]:
    """The last line of SIPp's statistics: totals, the names ending in (C)."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    if not rows:
        raise LoadError(f"SIPp wrote no statistics into {path.name}")
    return rows[-1]


def _kill(process: subprocess.Popen) -> None:
    process.kill()
    process.wait()

"""`python -m bench.calls`: Trunkline beside a minimal native configuration of the same engines.

Every question is put to each system in turn, round after round, so that whatever else the machine does meets all of
them alike; only medians and ratios are worth quoting.
"""

import json
import resource
import signal
import sys
from dataclasses import dataclass

from bench import latency, load, options, report
from bench.addresses import lease
from bench.dialog import DialogError
from bench.native import Native
from bench.ours import Trunkline, hosted
from bench.systems import StartError, System

DIALLED = 50_000  # distinct numbers: more than a worker remembers answers for


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure. `seconds` is of each load; rates are in calls a second."""

    rounds: int
    seconds: float
    cost_rate: int
    first_rate: int
    step: int
    last_rate: int
    latencies: int
    numbers: int


FULL = Effort(
    rounds=5, seconds=10, cost_rate=200, first_rate=200, step=100, last_rate=3000, latencies=400, numbers=1_000_000
)
QUICK = Effort(
    rounds=3, seconds=4, cost_rate=100, first_rate=200, step=200, last_rate=2000, latencies=100, numbers=100_000
)
TINY = Effort(rounds=1, seconds=1, cost_rate=10, first_rate=10, step=10, last_rate=10, latencies=5, numbers=1_000)
EFFORTS = {"full": FULL, "quick": QUICK, "tiny": TINY}
PARTS = ("cost", "latency", "size", "rate")


class Bench:
    """The systems, all running, on the addresses of one block."""

    def __init__(self, block: str, effort: Effort, say):
        self._effort, self._say, self._caller, self._pbx = effort, say, f"{block}.30", f"{block}.31"
        self.ours = Trunkline(f"{block}.10", f"{block}.20", self._pbx)
        self.large = Trunkline(f"{block}.11", f"{block}.21", self._pbx, effort.numbers, "trunkline, many numbers")
        self.native = Native(f"{block}.12", f"{block}.22")
        self.hiding = Native(f"{block}.13", f"{block}.23", topology_hiding=True)
        self.dialled = load.numbers_to_dial(DIALLED)

    @property
    def _all(self) -> list[System]:
        return [self.native, self.hiding, self.ours, self.large]

    def __enter__(self):
        try:
            for system in self._all:
                self._say(f"starting {system.name}")
                system.start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _stop(self) -> None:
        for system in self._all:
            system.stop()

    def cost(self) -> list[load.Result]:
        """CPU time per call at a rate that every system carries."""
        effort = self._effort
        return [
            self._load(system, effort.cost_rate, self.dialled)
            for _ in range(effort.rounds)
            for system in (self.native, self.hiding, self.ours)
        ]

    def size(self) -> list[load.Result]:
        """The same with calls to hosted numbers, of which there are ten or very many."""
        few = load.numbers_to_dial(DIALLED, [hosted(n) for n in range(10)])
        many = load.numbers_to_dial(DIALLED, [hosted(n) for n in range(self._effort.numbers)])
        return [
            self._load(system, self._effort.cost_rate, numbers, self._pbx)
            for _ in range(self._effort.rounds)
            for system, numbers in ((self.ours, few), (self.large, many))
        ]

    def latency(self) -> dict[str, list[float]]:
        """INVITE in to INVITE out, ms, by system."""
        found: dict[str, list[float]] = {}
        for _ in range(self._effort.rounds):
            for system in (self.native, self.hiding, self.ours):
                self._say(f"latency of {system.name}")
                times = latency.measure(system, self._caller, self.dialled, self._effort.latencies)
                found.setdefault(system.name, []).extend(times)
        return found

    def rate(self) -> list[load.Result]:
        """Ever higher rates for each system, until it fails one twice."""
        effort, results = self._effort, []
        climbing: list[System] = [self.native, self.ours]
        for rate in range(effort.first_rate, effort.last_rate + 1, effort.step):
            for system in list(climbing):
                results.append(self._load(system, rate, self.dialled))
                if not results[-1].sustained:
                    results.append(self._load(system, rate, self.dialled))
                if not results[-1].sustained:
                    climbing.remove(system)
        return results

    def _load(self, system: System, rate: int, numbers: list[str], callee: str = "") -> load.Result:
        result = load.run(system, self._caller, callee or system.carrier, rate, self._effort.seconds, numbers)
        self._say(report.line(result))
        return result


def main() -> int:
    arguments = options.parse("bench.calls", __doc__, EFFORTS, PARTS)
    effort = EFFORTS[arguments.effort]
    raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no engine stays behind
    parts = arguments.only or PARTS
    try:
        with lease() as block, Bench(block, effort, lambda text: print(text, file=sys.stderr, flush=True)) as bench:
            found = {part: getattr(bench, part)() for part in PARTS if part in parts}
    except (StartError, load.LoadError, DialogError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    summary = report.summary(found)
    print(json.dumps(summary, indent=2) if arguments.json else report.table(summary))
    return 0


def raise_descriptor_limit() -> None:
    """A call holds four sockets of rtpengine; what we start inherits this limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.leak`: what 10,000 short calls leave behind in a node, which should be nothing.

Calls are placed as in `bench.calls`, after some that warm everything up. What remembers a call for a while after it
(transactions, the note that its record is closed) is waited for.
"""

import argparse
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import calls, load
from bench.addresses import lease
from bench.ours import Trunkline
from bench.systems import StartError
from trunkline.node import ports, probes
from trunkline.node.ng import Relay

CALLS, RATE = 10_000, 200
WARM = 70  # s: rtpengine keeps its answers for up to a minute, and a process what it ever took
FORGOTTEN = 420.0  # s: the longest that anything of an ended call is remembered is 300 (kamailio.cfg)
GROWTH_KB = 16_384  # of a process or of Kamailio's shared memory; a call that rtpengine forgot to free is 40 kB
POLL = 0.5


@dataclass(frozen=True, slots=True)
class Held:
    """What a node holds: counts, and memory in kB."""

    calls: int  # that rtpengine knows
    sockets: int  # open files of rtpengine: ports are among them
    counted: int  # calls that Kamailio counts as calls at once
    watched: int  # calls that the part `clear` knows
    rtpengine: int
    kamailio: int  # its shared memory in use
    clear: int

    def more_than(self, before: "Held", memory: bool) -> dict[str, int]:
        """By name, what there is more of than before, and more than may be."""
        grown = {name: value - asdict(before)[name] for name, value in asdict(self).items()}
        looked_at = {name: more for name, more in grown.items() if memory or name not in MEMORY}
        return {name: more for name, more in looked_at.items() if more > (GROWTH_KB if name in MEMORY else 0)}


MEMORY = ("rtpengine", "kamailio", "clear")


def held(system: Trunkline) -> Held:
    relay = Relay(ports.read(system.home.ports).media_control)
    try:
        known = len(relay.ask("list", limit=100_000)["calls"])
    finally:
        relay.close()
    rtpengine, clear = system.pid("rtpengine"), system.pid("clear")
    statistics = probes.kamailio_rpc(system.home.kamailio_rpc, "htable.stats")
    return Held(
        calls=known,
        sockets=len(list(Path(f"/proc/{rtpengine}/fd").iterdir())),
        counted=sum(table["all"] for table in statistics if table["name"] == "calls"),
        watched=system.watched(),
        rtpengine=_resident(rtpengine),
        kamailio=int(probes.kamailio_rpc(system.home.kamailio_rpc, "core.shmmem")["real_used"]) // 1024,
        clear=_resident(clear),
    )


def left_behind(
    system: Trunkline, caller: str, count: int, rate: int, warm: int, seconds: float = FORGOTTEN, memory: bool = True
) -> dict[str, int]:
    """Place the calls; by name, what is still held after at most `seconds` that was not before: {} for nothing.

    `memory`: look at that as well; a few hundred calls do not warm it up.
    """
    numbers = load.numbers_to_dial(1_000)
    load.run(system, caller, system.carrier, rate, warm / rate, numbers)
    _until(lambda: not held(system).watched, 10)
    before = held(system)
    result = load.run(system, caller, system.carrier, rate, count / rate, numbers)
    if result.successful < load.MIN_SUCCESS * count:
        raise load.LoadError(f"only {result.successful} of {count} calls succeeded")
    _until(lambda: not held(system).more_than(before, memory), seconds)
    after = held(system)
    print(f"before: {asdict(before)}\nafter:  {asdict(after)}", file=sys.stderr, flush=True)
    return after.more_than(before, memory)


def _until(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL)


def _resident(pid: int) -> int:
    """Of its memory what is in RAM, kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.leak", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rate", type=int, default=RATE, help="calls a second")
    arguments = parser.parse_args()
    calls.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with lease() as block:
        system = Trunkline(f"{block}.10", f"{block}.20", f"{block}.31")
        try:
            system.start()
            left = left_behind(system, f"{block}.30", arguments.calls, arguments.rate, WARM * arguments.rate)
        except (StartError, load.LoadError) as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        finally:
            system.stop()
    print(f"left behind: {left}" if left else f"{arguments.calls} calls left nothing behind")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

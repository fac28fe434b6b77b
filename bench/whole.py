"""`python -m bench.whole`: what whole calls cost, audio included, through Trunkline beside bare Kamailio and rtpengine.

`bench.calls` has no audio, so that what is compared is all signalling. Here each call talks, with real RTP both ways,
for as long as is said; CPU time is of all processes, from before the first INVITE until the last call's media is let
go. The systems take turns, and medians are worth quoting.
"""

import argparse
import json
import signal
import sys
import time
from contextlib import ExitStack, closing
from itertools import cycle
from statistics import median

from bench import calls, load
from bench.addresses import lease
from bench.dialog import DialogError
from bench.native import Native
from bench.ours import Trunkline
from bench.rtp import RtpError
from bench.systems import StartError, System
from bench.talk import Sip, Talk
from trunkline.node.probes import Silent

PAIR = "PCMA"  # passed through, as most calls are
LET_GO = 1.0  # s; Trunkline's part `clear` has the media of calls that are over let go within 0.2


class WholeError(Exception):
    """A load was not carried; the text says which."""


def cost(system: System, sip: Sip, caller: str, count: int, seconds: float) -> float:
    """CPU time of all processes for each of so many calls that talk at once, s. Raises WholeError, and as Talk."""
    before = sum(system.cpu_seconds().values())
    with closing(Talk(system, sip, PAIR, caller)) as talk:
        talk.hold(count)
        result = talk.load(seconds)
    time.sleep(LET_GO)
    if not result.sustained:
        raise WholeError(f"{system.name}, {count} calls at once: {result.flow}")
    return (sum(system.cpu_seconds().values()) - before) / count


def measure(block: str, lengths: list[float], count: int, rounds: int, say) -> dict[str, dict[str, float]]:
    """By the length of the calls: milliseconds of CPU time for each, and native's in ours."""
    ours, native = Trunkline(f"{block}.11", f"{block}.21", f"{block}.32"), Native(f"{block}.10", f"{block}.20")
    callers = {ours: f"{block}.31", native: f"{block}.30"}
    numbers = cycle(load.numbers_to_dial(1_000))
    with ExitStack() as stack:
        sips = {}
        for system, caller in callers.items():
            stack.callback(system.stop)
            system.start()
            sips[system] = stack.enter_context(closing(Sip(system, caller, lambda: next(numbers))))
            cost(system, sips[system], caller, count, 0.2)  # whatever comes first is dearer
        found = {}
        for seconds in lengths:
            costs = {ours: [], native: []}
            for n in range(rounds):
                for system in (native, ours) if n % 2 else (ours, native):
                    costs[system].append(1000 * cost(system, sips[system], callers[system], count, seconds))
                    say(f"{system.name}, {count} calls of {seconds:g} s: {costs[system][-1]:.2f} ms each")
            its = {system.name: round(median(costs[system]), 2) for system in (native, ours)}
            found[f"{seconds:g}"] = its | {"ratio": round(its[native.name] / its[ours.name], 3)}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.whole", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1, 10, 60], help="how long the calls are")
    parser.add_argument("--calls", type=int, default=200, help="how many talk at once")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    calls.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no engine stays behind
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    try:
        with lease() as block:
            print(json.dumps(measure(block, arguments.seconds, arguments.calls, arguments.rounds, say), indent=2))
    except (WholeError, StartError, DialogError, RtpError, Silent, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.media`: the audio of calls through Trunkline beside rtpengine alone, the same build.

Both carry the same RTP, 50 packets a second each way in every call, in turn, round after round; only medians and
ratios are worth quoting.
"""

import json
import os
import signal
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import cycle

from bench import calls, load, media_report, options
from bench.addresses import lease
from bench.alone import Alone, AloneError
from bench.dialog import DialogError
from bench.ours import Trunkline
from bench.rtp import RtpError
from bench.systems import StartError
from bench.talk import PAIRS, Result, Sip, Talk
from trunkline.node.probes import Silent

PLAIN = "PCMA"
HASTE = -10  # the niceness of this process: who is slow should be the system that is measured


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure, in rounds and seconds of each load, and with how many calls at once."""

    rounds: int
    seconds: float
    plain: int
    transcoded: int
    climb_seconds: float
    steps: tuple[int, ...]  # of the climb to the most calls: large ones first, then smaller ones
    joined_steps: tuple[int, ...]  # the same for calls that are transcoded
    most: int


FULL = Effort(
    rounds=11, seconds=1.2, plain=200, transcoded=120, climb_seconds=2.5, steps=(200, 50), joined_steps=(100, 20),
    most=3000,
)  # fmt: skip
QUICK = Effort(
    rounds=3, seconds=1.2, plain=200, transcoded=100, climb_seconds=1.2, steps=(400, 100), joined_steps=(200, 50),
    most=3000,
)  # fmt: skip
TINY = Effort(
    rounds=1, seconds=0.2, plain=5, transcoded=2, climb_seconds=0.2, steps=(5,), joined_steps=(2,), most=5
)  # fmt: skip
EFFORTS = {"full": FULL, "quick": QUICK, "tiny": TINY}
PARTS = ("cost", "transcoded", "calls")


@dataclass(slots=True)
class _Climb:
    """Of one system. `best`: calls that it has sustained."""

    talk: Talk
    steps: list[int]
    best: int = 0

    @property
    def next(self) -> int:
        return self.best + self.steps[0]

    def learn(self, result: Result) -> None:
        if result.sustained:
            self.best = result.calls
        else:
            self.steps.pop(0)


class Bench:
    """Both systems, running, on the addresses of one block."""

    def __init__(self, block: str, effort: Effort, say, pairs=tuple(PAIRS)):
        self._effort, self._say, self._pairs, self._stack = effort, say, pairs, ExitStack()
        self._alone, self._alone_caller = Alone(f"{block}.10", f"{block}.20"), f"{block}.30"
        self._ours, self._ours_caller = Trunkline(f"{block}.11", f"{block}.21", f"{block}.32"), f"{block}.31"

    def __enter__(self):
        with ExitStack() as stack:
            for system in (self._alone, self._ours):
                self._say(f"starting {system.name}")
                stack.callback(system.stop)
                system.start()
            numbers = cycle(load.numbers_to_dial(1_000))
            self._sip = stack.enter_context(closing(Sip(self._ours, self._ours_caller, lambda: next(numbers))))
            self._stack = stack.pop_all()
        os.nice(HASTE)  # after they were started, or they would have it too
        return self

    def __exit__(self, *_):
        self._stack.close()

    def cost(self) -> list[Result]:
        """CPU time per packet of calls that are passed through, at a load that is easy to carry."""
        return self._rounds(PLAIN, self._effort.plain)

    def transcoded(self) -> list[Result]:
        """The same for each pair of codecs."""
        pairs = [pair for pair in self._pairs if pair != PLAIN]
        return [result for pair in pairs for result in self._rounds(pair, self._effort.transcoded)]

    def calls(self) -> list[Result]:
        """Ever more calls at once for each system and pair, until it fails twice with the smallest step."""
        return [result for pair in self._pairs for result in self._climb(pair)]

    def _climb(self, pair: str) -> list[Result]:
        effort, results = self._effort, []
        steps = effort.steps if pair == PLAIN else effort.joined_steps
        with ExitStack() as stack:
            climbing = [_Climb(talk, list(steps)) for talk in self._talks(stack, pair)]
            while climbing := [climb for climb in climbing if climb.steps and climb.next <= effort.most]:
                for climb in climbing:
                    climb.talk.hold(climb.next)
                    results.append(self._load(climb.talk, effort.climb_seconds))
                    if not results[-1].sustained:
                        results.append(self._load(climb.talk, effort.climb_seconds))
                    climb.learn(results[-1])
        return results

    def _rounds(self, pair: str, count: int) -> list[Result]:
        with ExitStack() as stack:
            talks = self._talks(stack, pair)
            for talk in talks:
                talk.hold(count)
            # Each goes first in turn.
            order = [talk for n in range(self._effort.rounds) for talk in (talks if n % 2 else talks[::-1])]
            return [self._load(talk, self._effort.seconds) for talk in order]

    def _talks(self, stack: ExitStack, pair: str) -> list[Talk]:
        alone = Talk(self._alone, self._alone, pair, self._alone_caller)
        stack.callback(alone.close)
        ours = Talk(self._ours, self._sip, pair, self._ours_caller)
        stack.callback(ours.close)
        return [alone, ours]

    def _load(self, talk: Talk, seconds: float) -> Result:
        result = talk.load(seconds)
        self._say(media_report.line(result))
        return result


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    arguments = options.parse("bench.media", __doc__, EFFORTS, PARTS, PAIRS)
    calls.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no engine stays behind
    parts, effort = arguments.only or PARTS, EFFORTS[arguments.effort]
    pairs = arguments.pair or tuple(PAIRS)
    try:
        with lease() as block, Bench(block, effort, _say, pairs) as bench:
            found = {part: getattr(bench, part)() for part in PARTS if part in parts}
    except (StartError, AloneError, DialogError, RtpError, Silent, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    summary = media_report.summary(found)
    print(json.dumps(summary, indent=2) if arguments.json else media_report.table(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())

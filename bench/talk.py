"""Calls that talk: set up through one system, then RTP both ways in all of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench import rtp
from bench.dialog import Call, open_socket
from bench.systems import System

PAIRS = {"PCMA": "PCMA"} | {f"{codec}-PCMA": codec for codec in ("PCMU", "G722", "G729", "speex")}  # the caller's codec
CALLEE = "PCMA"
MAX_LOSS = 0.001
WARM = 0.2  # s

SDP = """v=0
o=bench 1 1 IN IP4 {address}
s=-
c=IN IP4 {address}
t=0 0
m=audio {port} RTP/AVP {number} 101
a=rtpmap:{number} {codec}/{clock}
a=rtpmap:101 telephone-event/{clock}
a=fmtp:101 0-16
a=ptime:20
""".replace("\n", "\r\n")


class Setup(Protocol):
    """How calls come about in a system."""

    def connect(self, offer: str, answer: str, transcoded: bool) -> tuple[str, str]:
        """The SDP that the callee and the caller get. `transcoded`: they share no codec, but the callee has PCMA."""

    def hang_up(self) -> None:
        """End all of them."""


@dataclass(frozen=True, slots=True)
class Result:
    """Of one load. `cpu` is by engine or part of the node, s."""

    system: str
    pair: str
    calls: int
    flow: rtp.Flow
    cpu: dict[str, float]

    @property
    def sustained(self) -> bool:
        """Whether the system carried the load."""
        return self.flow.lost < MAX_LOSS and not self.flow.too_late

    def microseconds(self, engine: str) -> float:
        """CPU time of one engine per packet that came through, us."""
        return 1e6 * self.cpu[engine] / max(1, self.flow.received)


class Sip:
    """Calls through Kamailio, by SIP, from the address `caller` to the system's carrier."""

    def __init__(self, system: System, caller: str, number: Callable[[], str]):
        self._near, self._far, self._number = open_socket(caller), open_socket(system.carrier, 5060), number
        self._near.connect((system.address, system.settings.sip.port))
        self._calls: list[Call] = []

    def connect(self, offer: str, answer: str, transcoded: bool) -> tuple[str, str]:
        """The edge finds out by itself what it must have `transcoded`."""
        call = Call(self._near, self._far, self._number(), offer, answer)
        begun = call.begin()
        self._calls.append(call)
        return begun.offered, begun.answered

    def hang_up(self) -> None:
        while self._calls:
            self._calls.pop().end()

    def close(self) -> None:
        self._near.close()
        self._far.close()


class Talk:
    """Calls of one pair of codecs in one system; `hold` makes them, `load` has them talk, `close` ends them."""

    def __init__(self, system: System, setup: Setup, pair: str, caller: str):
        self._system, self._setup, self._pair = system, setup, pair
        self._ends = rtp.End(caller, PAIRS[pair]), rtp.End(system.carrier, CALLEE)
        self._targets: tuple[list, list] = [], []
        self._calls = 0  # that talk; when there were more, the others are silent

    def hold(self, calls: int) -> None:
        """Have so many calls talk from now on, and warm: a relay looks closer at a stream's first packets, and a
        resampler keeps one back.

        Raises what the setup does, and rtp.RtpError.
        """
        offer, answer = (_description(end) for end in self._ends)
        while len(self._targets[0]) < calls:
            offered, answered = self._setup.connect(offer, answer, PAIRS[self._pair] != CALLEE)
            for targets, sdp in zip(self._targets, (answered, offered), strict=True):
                targets.append(_audio(sdp))
        for end, targets in zip(self._ends, self._targets, strict=True):
            end.aim(targets[:calls])
        self._calls = calls
        rtp.flow(self._ends, WARM)

    def load(self, seconds: float) -> Result:
        """Raises rtp.RtpError."""
        before = self._system.cpu_seconds()
        flow = rtp.flow(self._ends, seconds)
        cpu = {name: total - before[name] for name, total in self._system.cpu_seconds().items()}
        return Result(self._system.name, self._pair, self._calls, flow, cpu)

    def close(self) -> None:
        self._setup.hang_up()
        for end in self._ends:
            end.close()


def _description(end: rtp.End) -> str:
    clock = rtp.CODECS[end.codec].clock
    return SDP.format(address=end.address, port=rtp.RTP, number=rtp.TYPES[end.codec], codec=end.codec, clock=clock)


def _audio(sdp: str) -> tuple[str, int]:
    """Where an SDP wants its audio."""
    return re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE)[1], int(re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)[1])

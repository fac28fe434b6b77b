"""Ends what does not end by itself, and what is left of each call: the part `clear`.

It follows the journal to know which calls are up. A call whose media is dead, that was on hold for too long or that
has lasted too long gets a BYE to both parties, through the edge. When a call has ended, however that was, the media
relay forgets it here, outside the call path, and what it says of the call's quality goes into the journal.

Each call is looked at no more often than it could have died: once in `calls.dead_seconds` (0.2 ms each).
"""

import heapq
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trunkline.home import Home
from trunkline.node import bye, ports, secrets, silence
from trunkline.node.calls import Calls, OpenCall
from trunkline.node.client import Client
from trunkline.node.ng import Relay
from trunkline.node.probes import Silent
from trunkline.node.silence import Patience
from trunkline.settings import Settings

PAUSE = 0.2  # s between two looks into the journal
LOOKS = 100  # calls that are looked at in one step
AGAIN = 5.0  # s until a relay that did not answer is asked again
SAVED_EVERY = 5.0  # s; what was read since is read once more after we were killed
LOST = "the media relay has lost it"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Names:
    """What our BYEs need of the node's settings: `sip.domain` and the dialogs' secret."""

    domain: str
    secret: str


def make(settings: Settings, home: Home) -> "Clearer":
    """One for a node whose engines' files are written."""
    limits = settings.calls
    return Clearer(
        Calls(home.journal_file, home.open_calls),
        [Relay(ports.read(home.ports).media_control)],
        Client(settings.sip_address, settings.sip.port),
        Names(settings.sip.domain, secrets.ensure(home.secrets).dialog),
        Patience(limits.dead_seconds, limits.one_way_seconds, limits.hold_seconds, limits.max_seconds),
    )


class Clearer:
    """A `part.Part`."""

    def __init__(
        self,
        calls: Calls,
        relays: Sequence[Relay],
        client: Client,
        names: Names,
        patience: Patience,
        clock: Callable[[], float] = time.time,
    ):
        self._calls, self._relays, self._client = calls, relays, client
        self._names, self._patience, self._clock = names, patience, clock
        self._looks: list[tuple[float, str]] = []  # a heap: when to look at which call
        self._over: list[OpenCall] = []  # whose media is still to be let go
        self._saved, self._ended = 0.0, 0
        for call in calls.up.values():
            self._look_again(call, clock())

    def facts(self) -> dict[str, object]:
        """`up`: calls; `ended`: by us, since this process started."""
        return {"up": len(self._calls.up), "ended": self._ended}

    def step(self) -> bool:
        """Read on, let go what is over, look at what may be dead. Raises OSError."""
        now = self._clock()
        answered, ended, more = self._calls.follow()
        for call in answered:
            self._look_again(call, min(now + self._patience.dead, call.answered + self._patience.longest))
        for call in ended:
            self._let_go(call)
        more |= self._watch(now)
        self._client.repeat()
        if now - self._saved >= SAVED_EVERY:
            self.close()
            self._saved = now
        return more

    def close(self) -> None:
        """Keep what is known for the next process. Raises OSError."""
        self._calls.save()

    def _look_again(self, call: OpenCall, when: float) -> None:
        heapq.heappush(self._looks, (when, call.uid))

    def _watch(self, now: float) -> bool:
        """Look at the calls whose time has come; True when there are more of them."""
        for _ in range(LOOKS):
            if not self._looks or self._looks[0][0] > now:
                return False
            call = self._calls.up.get(heapq.heappop(self._looks)[1])
            if call:
                self._look(call, now)
        return True

    def _look(self, call: OpenCall, now: float) -> None:
        try:
            words, when = self._judge(call, now)
        except Silent as error:
            log.warning("call %s could not be looked at: %s", call.uid, error)
            words, when = "", now + AGAIN
        if words:
            self._end(call, words)
            when = now + self._patience.dead  # should the edge be away, once more
        self._look_again(call, when)

    def _judge(self, call: OpenCall, now: float) -> tuple[str, float]:
        if silence.too_long(call.answered, now, self._patience):
            return silence.words_too_long(self._patience), now
        answer = self._ask("query", call)
        heard = silence.heard(answer, tuple(call.tags)) if answer else None
        if heard:
            call.lost = 0.0
            return silence.verdict(heard, call.answered, now, self._patience)
        # A relay that was restarted knows it again after the next offer of a party that hears nothing.
        call.lost = call.lost or now
        lost = now - call.lost >= self._patience.dead
        return (LOST, now) if lost else ("", call.lost + self._patience.dead)

    def _ask(self, command: str, call: OpenCall, **fields) -> dict | None:
        """What the relay that has the call answers; None when none has it. Raises Silent when one did not answer."""
        problem = None
        for relay in self._relays:
            try:
                answer = relay.ask(command, call_id=call.call_id, **fields)
            except Silent as error:
                problem = error
            else:
                if answer.get("tags"):
                    return answer
        if problem:
            raise problem
        return None

    def _end(self, call: OpenCall, words: str) -> None:
        if not call.ending:
            self._ended += 1
            log.info("ending call %s: %s", call.uid, words)
        call.ending = call.ending or words
        for request in bye.both(call, call.ending, self._names.domain, self._names.secret):
            self._client.send(request)

    def _let_go(self, call: OpenCall) -> None:
        try:
            self._ask("delete", call, from_tag=call.tags[0])
        except Silent as error:
            log.warning("the media of call %s ends by itself: %s", call.uid, error)

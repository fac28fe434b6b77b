"""Ends what does not end by itself, and what is left of each call: the part `clear`.

It follows the journal to know which calls are up. A call whose media is dead, that was on hold for too long or that
has lasted too long gets a BYE to both parties, through the edge, and so does one that the edge has cut off, or that
`trunkline calls end` wants ended. When a call has ended, however that was, the media relay forgets it here, outside the
call path, and what it says of the call's quality goes into the journal. A PBX whose call does not ring for long is told
to wait.

Each call is looked at when it is FIRST seconds old, and then no more often than it could have died (0.2 ms each).
"""

import heapq
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract.endings import LOST, ORDERED
from trunkline.contract.journal import Event
from trunkline.home import Home
from trunkline.node import bye, lines, orders, ports, quality, secrets, silence
from trunkline.node.calls import Calls
from trunkline.node.client import Client
from trunkline.node.kamailio import Kamailio
from trunkline.node.ng import Gone, Relay
from trunkline.node.open_call import OpenCall
from trunkline.node.ping import Pinger
from trunkline.node.probes import Silent
from trunkline.node.relays import Relays, Untold
from trunkline.node.silence import Patience
from trunkline.settings import Settings

PAUSE = 0.2  # s between two looks into the journal
ORDERS = 1_000  # calls that are ended in one step because somebody wants it
LOOKS = 100  # calls that are looked at in one step
FIRST, RARELY = 5.0, 300.0  # s: of sequence numbers there are 65,536, which are 22 minutes
ASKED_AGAIN = 2.0  # s until a call that is to end and still rings is cancelled once more
AGAIN = 5.0  # s until a call that no relay knew, or of which none could be asked, is looked at again
SAVED_EVERY = 5.0  # s; what was read since is read once more after we were killed
BEHIND = 1.0  # s by which an answer may still be on its way to the caller, who knows no call before it, and ends none
KEPT = 300.0  # s that we try to let a call's media go; rtpengine itself does so when nobody is heard
ANSWER_READ = 5.0  # s until an answer that the edge has just taken has been read
MOST_BYES = 10  # to each party; a call that the edge cannot end is nobody's then
MOST_LINES = 10_000  # that wait for room on the disk
UNHEARD = "Nothing more was heard of this call: the server was stopped while it was set up"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Names:
    """What we say of ourselves: `sip.domain` and the dialogs' secret for BYEs, the node's name for the journal."""

    domain: str
    secret: str
    node: str


def make(settings: Settings, home: Home) -> "Clearer":
    """One for a node whose engines' files are written."""
    limits = settings.calls
    return Clearer(
        Calls(home.journal_file, home.open_calls),
        Relays([Relay(port) for port in ports.read(home.ports).relays]),
        Pinger(home.kamailio_rpc),
        Kamailio(home.kamailio_rpc),
        Client(settings.sip_address, settings.sip.port),
        home.journal_file,
        home.endings,
        Names(settings.sip.domain, secrets.ensure(home.secrets).dialog, settings.node.name),
        Patience(limits.dead_seconds, limits.one_way_seconds, limits.hold_seconds, limits.max_seconds),
        limits.ring_timeout_ms / 1000,
    )


class Clearer:
    """A `part.Part`."""

    def __init__(
        self,
        calls: Calls,
        relays: Relays,
        pinger: Pinger,
        kamailio: Kamailio,
        client: Client,
        journal: Path,
        endings: Path,
        names: Names,
        patience: Patience,
        ring_seconds: float,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ):
        self._calls, self._relays, self._pinger, self._kamailio = calls, relays, pinger, kamailio
        self._client, self._journal, self._endings = client, journal, endings
        # `clock` is what the journal and rtpengine go by, and may be set; what is to be done when goes by `steady`.
        self._names, self._patience, self._ring_seconds = names, patience, ring_seconds
        self._clock, self._steady = clock, steady
        self._looks: list[tuple[float, str]] = []  # a heap: when to look at which call
        self._saved, self._ended = steady(), 0
        self._obeyed: set[str] = set()  # whose orders are still there, as what was done is not kept yet
        for uid in (*calls.up, *calls.ordered()):
            self._look_in(0, uid)

    def facts(self) -> dict[str, object]:
        """`up`: calls that were answered; `ringing`: those that nobody has answered yet; `ended`: by us, since this
        process started."""
        return {"up": len(self._calls.up), "ringing": self._calls.ringing, "ended": self._ended}

    def step(self) -> bool:
        """Read on, let go what is over, look at what may be dead. Raises OSError."""
        now = self._clock()
        answered, more = self._calls.follow(now)
        for call in answered:
            soon = min(FIRST, self._patience.dead, call.answered + self._patience.longest - now)
            self._look_in(0 if call.ordered else soon, call.uid)
        self._let_go(now)
        if not more:  # else its end may be among what is still to be read
            if not self._calls.unread:
                self._forget(now)
            more |= self._obey(now)
            self._reassure(now)
        more |= self._watch(now)
        self._pinger.ping()
        self._client.repeat()
        unwritten = self._calls.unwritten
        del unwritten[:-MOST_LINES]
        if unwritten and lines.append(self._journal, unwritten):
            unwritten.clear()
        # Last: a disk that is full keeps nothing else from being done.
        if self._obeyed or self._steady() - self._saved >= SAVED_EVERY:
            self._calls.save()
            self._saved = self._steady()
            orders.forget(self._endings, self._obeyed)
            self._obeyed.clear()
        if self._calls.unread:
            raise self._calls.unread
        return more

    def close(self) -> None:
        """Keep what is known for the next process. Raises OSError."""
        self._calls.save()

    def _look_in(self, seconds: float, uid: str) -> None:
        heapq.heappush(self._looks, (self._steady() + seconds, uid))

    def _watch(self, now: float) -> bool:
        """Look at the calls whose time has come; True when there are more of them."""
        for _ in range(LOOKS):
            if not self._looks or self._looks[0][0] > self._steady():
                return False
            uid = heapq.heappop(self._looks)[1]
            if call := self._calls.up.get(uid):
                self._look(call, now)
            elif setup := self._calls.unanswered(uid):
                self._cancel(setup)
        return True

    def _look(self, call: OpenCall, now: float) -> None:
        words, when = self._judge(call, now)
        if words:
            self._end(call, words)
            when = now + self._patience.dead  # should the edge be away, once more
        self._look_in(min(when - now, RARELY), call.uid)

    def _obey(self, now: float) -> bool:
        """End at once what is to be ended; should the edge be away, it is looked at again like any other. True when
        there is more of that."""
        wanted = [uid for uid in orders.wanted(self._endings) if uid not in self._obeyed]
        uids = wanted[:ORDERS]
        for uid in uids:
            if call := self._calls.up.get(uid):
                call.ordered = True
                self._look(call, now)
            elif self._calls.order(uid):
                self._cancel(self._calls.unanswered(uid))
        self._obeyed.update(uids)
        return len(uids) < len(wanted)

    def _reassure(self, now: float) -> None:
        for setup in self._calls.quiet(now):
            if not self._kamailio.progress(setup):
                return  # it hangs, and each question takes its time; the others are looked at in the next step

    def _cancel(self, setup: Event) -> None:
        """Once more in a while, until it is over or answered: it may just have gone on to its next target."""
        log.info("cancelling call %s: %s", setup["call"], ORDERED)
        self._kamailio.cancel(setup)
        self._look_in(ASKED_AGAIN, setup["call"])

    def _judge(self, call: OpenCall, now: float) -> tuple[str, float]:
        if call.ordered:
            return ORDERED, now
        if silence.too_long(call.answered, now, self._patience):
            return silence.words_too_long(self._patience), now
        try:
            answer = self._relays.ask("query", call.call_id)
        except Gone:
            answer = None
        except Silent as error:  # which says nothing of the call
            call.lost = 0.0
            pause = RARELY if isinstance(error, Untold) else AGAIN  # the former takes a second of all calls'
            return "", min(now + pause, call.answered + self._patience.longest)
        heard = silence.heard(answer, tuple(call.tags)) if answer else None
        if heard:
            call.lost = 0.0
            _count(call, answer)
            return silence.verdict(heard, call.answered, now, self._patience)
        # A relay that was restarted knows it again after the next offer of a party that hears nothing.
        call.lost = min(call.lost or now, now)  # the clock may have been set back
        lost = now - call.lost >= self._patience.dead
        lacking = silence.lacking(answer, tuple(call.tags)) if answer else ""
        words = silence.words_lacking(lacking) if lacking else LOST
        return (words, now) if lost else ("", min(call.lost + self._patience.dead, now + AGAIN))

    def _end(self, call: OpenCall, words: str) -> None:
        if not call.ending:
            self._ended += 1
            log.info("ending call %s: %s", call.uid, words)
        call.ending, call.byes = call.ending or words, call.byes + 1
        requests = bye.both(call, call.ending, self._names.domain, self._names.secret)
        if not requests or call.byes > MOST_BYES:
            log.warning(
                "call %s is given up: %s",
                call.uid,
                "the edge has recorded no end of it" if requests else "neither party can be sent a BYE",
            )
            self._give_up(call)
            return
        for request in requests:
            self._client.send(request)

    def _give_up(self, call: OpenCall) -> None:
        """Let the media go and close the record, which nobody else does any more."""
        if call.uid not in self._calls.up:  # the edge has closed it
            return
        self._calls.end(call, self._clock())
        self._kamailio.release(call.uid, call.call_id)
        self._note("end", call.uid, by="edge", reason=call.ending)

    def _forget(self, now: float) -> None:
        """Close the records of calls that began and are never heard of again: their Kamailio was killed. For as long as
        they may ring they may still be answered through the next one (`edge.responses`)."""
        since = self._pinger.since()
        # Is it to come, somebody has set the clock back, and calls of today seem older than their Kamailio.
        if now < since + self._ring_seconds + ANSWER_READ:
            since = 0.0
        for uid in self._calls.forget(now, since):
            self._note("finish", uid, code=500, reason=UNHEARD)

    def _note(self, event: str, uid: str, **facts: object) -> None:
        line = {"event": event, "time": round(self._clock(), 3), "node": self._names.node, "call": uid}
        self._calls.unwritten.append(line | facts)

    def _let_go(self, now: float) -> None:
        """Have the media of calls that are over forgotten; what a relay that is away has stays for later."""
        over = self._calls.over
        for _ in range(len(over)):
            call = over.popleft()
            if call.cut and not call.byes:
                if 0 <= now - call.answered < BEHIND:
                    over.append(call)
                    continue
                self._end(call, call.cut)
            try:
                # The whole call: with a tag, rtpengine 12.5 forgets the figures before it tells them.
                answer = self._relays.ask("delete", call.call_id)
            except Silent:
                call.over = min(call.over, now)  # the same
                if now - call.over < KEPT:
                    over.append(call)
                continue
            if answer:
                _count(call, answer)
                self._note("quality", call.uid, **quality.of(answer, tuple(call.tags), tuple(call.tallies)))


def _count(call: OpenCall, answer: dict) -> None:
    for tag, tally in zip(call.tags, call.tallies, strict=True):
        tally.add(answer["tags"].get(tag, {}))

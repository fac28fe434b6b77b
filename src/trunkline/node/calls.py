"""The calls that are up on this node, as its journal tells of them: what it takes to watch and to end each."""

import dataclasses
import json
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from trunkline.contract.endings import UNHEARD
from trunkline.contract.journal import Event
from trunkline.node import astray, lines
from trunkline.node.open_call import OpenCall
from trunkline.node.quality import Tally

PATIENCE = 8.0  # s; Skype for Business gives a trunk up that has said no more than 100 for ten
LONGEST_SETUP = 7200.0  # s: 30 attempts of the longest ring time are 5 hours, but nobody waits for that
BYE_SECONDS = 40.0  # until a BYE that nobody answers has failed (RFC 3261 §17.1.2.2), and its line is read
LONGEST_HEADER = 8192  # characters of a Record-Route; some 80 proxies
_ENTRY = re.compile(r"(?:[^,<]+|<[^>]*>?)+")


class Calls:
    """What is `up`, by uid; and what is still to be done: of calls that are `over` the media is to be let go, and
    `unwritten` lines are to go into the journal. `follow` reads on in that; what is `save`d outlives us."""

    def __init__(self, journal: Path, state: Path):
        self._journal, self._state = journal, state
        self._positions: dict[str, int] = {}  # by a file's identity
        self._setups: dict[str, Event] = {}
        self._quiet: deque[str] = deque()  # the uids of those that began less than PATIENCE ago, in their order
        self._answered: list[OpenCall] = []
        self.up: dict[str, OpenCall] = {}
        self.over: deque[OpenCall] = deque()
        self.unwritten: list[Event] = []
        self.unread: OSError | None = None
        self._ended: dict[str, OpenCall] = {}  # whose BYE may be refused yet
        self._saved = ""
        self._load()

    def follow(self, now: float) -> tuple[list[OpenCall], bool]:
        """Read on in the journal: the calls that were answered since, and whether there is more to read. `unread` has
        the trouble where a file cannot be read."""
        more, self.unread = False, None
        try:
            for batch in lines.onward(self._journal, self._positions):
                more |= batch.full  # not for a line or two: each look costs as much as ten of them
                for event in batch.events:
                    self._take(event, now)
        except OSError as error:
            self.unread = error
        while not more and self._ended and now - next(iter(self._ended.values())).over > BYE_SECONDS:
            self._ended.pop(next(iter(self._ended)))
        answered, self._answered = self._answered, []
        return [call for call in answered if call.uid in self.up], more

    def _take(self, event: Event, now: float) -> None:
        uid = event["call"]
        match event["event"]:
            case "setup":
                self._setups[uid] = event
                self._quiet.append(uid)
            case "progress":
                self._setups.get(uid, {}).pop("contact", None)
            case "answer":
                setup = self._setups.pop(uid, None)
                if setup and (call := _opened(setup, event)):
                    self.up[uid] = call
                    self._answered.append(call)
            case "finish" | "end":
                self._setups.pop(uid, None)
                if call := self.up.get(uid):
                    if event.get("by") == "edge":
                        call.cut = str(event.get("reason", ""))
                    elif astray.is_astray(call, event):
                        call.cut = UNHEARD
                    self.end(call, now)
                elif event.get("by") == "edge" and (call := self._ended.get(uid)):
                    self._reopen(call, str(event.get("reason", "")))

    def quiet(self, now: float) -> Iterator[Event]:
        """The setups of the calls whose callers have heard nothing but 100 for PATIENCE and may give up, each once. One
        without a `contact` takes no word of ours."""
        while self._quiet:
            setup = self._setups.get(self._quiet[0], {})
            if setup.get("contact") and now - setup["time"] < PATIENCE:  # it may have begun after `now` was read
                return
            self._quiet.popleft()
            if contact := setup.pop("contact", ""):
                yield setup | {"contact": contact}

    @property
    def ringing(self) -> int:
        """How many have begun and are not answered."""
        return len(self._setups)

    def order(self, uid: str) -> bool:
        """Note that a call is to end though nobody has answered it yet, also where somebody does meanwhile; False for
        one that is none such."""
        if uid in self._setups:
            self._setups[uid]["ordered"] = True
        return uid in self._setups

    def ordered(self) -> list[str]:
        """The uids of the calls that are to end and that nobody has answered."""
        return [uid for uid in self._setups if self.unanswered(uid)]

    def unanswered(self, uid: str) -> Event | None:
        """The setup of a call that is to end and that nobody has answered."""
        setup = self._setups.get(uid)
        return setup if setup and setup.get("ordered") else None

    def end(self, call: OpenCall, now: float) -> None:
        """It is over; only its media is left."""
        call.over = now
        self.over.append(self.up.pop(call.uid))
        self._ended[call.uid] = call

    def _reopen(self, call: OpenCall, words: str) -> None:
        """One of its parties is in it still. What was said of it once is not said again."""
        if call.cut or call.byes:
            return
        call.cut = words
        if not any(other is call for other in self.over):
            self.over.append(call)

    def forget(self, now: float, since: float = 0.0) -> list[str]:
        """Know the calls no longer that began too long ago to be answered, or before the Kamailio that has run `since`;
        their uids. Of one that was killed while they rang nobody hears what became of them."""
        begun = {uid: setup["time"] for uid, setup in self._setups.items()}
        forgotten = [uid for uid, time in begun.items() if time < since or now - time >= LONGEST_SETUP]
        for uid in forgotten:
            del self._setups[uid]
        return forgotten

    def save(self) -> None:
        """Keep all of it in the state file. Raises OSError."""
        known = {
            "positions": self._positions,
            "setups": self._setups,
            "up": [dataclasses.asdict(call) for call in self.up.values()],
            "over": [dataclasses.asdict(call) for call in self.over],
            "ended": [dataclasses.asdict(call) for call in self._ended.values()],
            "unwritten": self.unwritten,
        }
        text = json.dumps(known)
        if text == self._saved:
            return
        draft = self._state.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, self._state)
        self._saved = text

    def _load(self) -> None:
        try:
            known = json.loads(self._state.read_text(encoding="utf-8"))
            self.up = {row["uid"]: _restored(row) for row in known["up"]}
            self.over = deque(_restored(row) for row in known["over"])
            over, ended = {call.uid: call for call in self.over}, known.get("ended", ())  # an earlier version kept none
            self._ended = {row["uid"]: over.get(row["uid"]) or _restored(row) for row in ended}
            self._positions, self._setups, self.unwritten = known["positions"], known["setups"], known["unwritten"]
            self._quiet.extend(self._setups)
        except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or of another version: read all there is
            self.up, self._ended, self._positions, self._setups = {}, {}, {}, {}
            self.over, self.unwritten = deque(), []


def kept(state: Path) -> tuple[set[str], float]:
    """The uids of the calls that are not over by a state file, and when it was written (Unix time, s).

    Raises OSError, and ValueError, TypeError, KeyError for a file of another version.
    """
    with open(state, encoding="utf-8") as file:
        known, written = json.load(file), os.fstat(file.fileno()).st_mtime
    return {row["uid"] for row in known["up"]} | set(known["setups"]), written


def _restored(row: dict) -> OpenCall:
    return OpenCall(**row | {"tallies": [Tally(**tally) for tally in row["tallies"]]})


def _opened(setup: Event, answer: Event) -> OpenCall | None:
    """The call that an answer has opened; None when its lines lack what they should have."""
    dialog = answer.get("dialog")
    if not isinstance(dialog, Mapping):
        return None
    return OpenCall(
        uid=answer["call"],
        numbers=[str(setup.get("caller", "")), str(setup.get("called", ""))],
        call_id=str(setup.get("call_id", "")),
        sources=[str(setup.get("source", "")), str(dialog.get("source", ""))],
        answered=answer["time"],
        ordered=setup.get("ordered") is True,
        tags=[str(tag) for tag in dialog.get("tags", ())],
        contacts=[str(contact) for contact in dialog.get("contacts", ())],
        routes=_entries(dialog.get("routes", ())),
    )


def _entries(headers: Sequence[str]) -> list[str]:
    """The entries of Record-Route headers; a comma within <> belongs to a URI."""
    pieces = [piece.strip() for header in headers if len(header) <= LONGEST_HEADER for piece in _ENTRY.findall(header)]
    return [piece for piece in pieces if piece]

"""Measures how far the PBXs of accounts are from this node, for the order of the endpoints.

All accounts are gone through, a few at a time, round after round. An address is asked once an hour, however many
accounts have it and whatever its port, so that nobody can have a stranger's machine scanned; one that appeared is asked
as soon as the round comes to its account.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from trunkline.contract.distances import KNOWN, Distances, Portion, RoundTrip
from trunkline.node.whereabouts import Place

PAUSE = 5.0  # s between two portions
ACCOUNTS = 50  # of a portion
EVERY = 3600.0  # s between two questions to an address
MOST = 8  # addresses of an account
AT_MOST = 50  # addresses that are asked in one step
AT_ONCE = 8  # questions in the air
GAIN = 0.25  # the share of a round trip in what it is smoothed into


class Measurer:
    """A `part.Part`. `places` finds the addresses of a portion's PBXs, `ask` gives a round trip in s or None."""

    def __init__(
        self,
        distances: Distances,
        node: str,
        places: Callable[[Portion], Sequence[Place]],
        ask: Callable[[Place], float | None],
        clock: Callable[[], float] = time.time,
    ):
        self._distances, self._node, self._places, self._ask, self._clock = distances, node, places, ask, clock
        self._after, self._asked, self._answered = 0, 0, 0
        # What could not be handed in yet: a database that takes nothing has nobody asked twice.
        self._kept: dict[str, RoundTrip] = {}

    def facts(self) -> Mapping[str, object]:
        """`asked` and `answered`: addresses since the start."""
        return {"asked": self._asked, "answered": self._answered}

    def step(self) -> bool:
        """One portion. Raises Unavailable, OSError and sqlite3.OperationalError."""
        portion = self._distances.portion(self._node, self._after, ACCOUNTS)
        places = _few(self._places(portion))
        trips = self._distances.known(self._node, [place.address for place in places]) | self._kept
        now = self._clock()
        due: dict[str, Place] = {}
        for place in places:
            if place.address not in trips or trips[place.address].asked <= now - EVERY:
                due.setdefault(place.address, place)
        asked = list(due.values())[:AT_MOST]
        self._kept |= self._measured(asked, trips)
        trips |= self._kept
        found = [(place.account, place.known, trips[place.address]) for place in places if place.address in trips]
        changed = {(account, known, trip.address) for account, known, trip in found} != set(portion.noted)
        if self._kept or changed:
            self._distances.note(self._node, portion.accounts, found)
            self._kept = {}
        if len(asked) < len(due):
            return True  # the same accounts once more: what was asked is known by then
        self._after = portion.last
        return False

    def _measured(self, places: Sequence[Place], trips: Mapping[str, RoundTrip]) -> dict[str, RoundTrip]:
        if not places:
            return {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            seconds = list(pool.map(self._ask, places))
        self._asked += len(places)
        self._answered += sum(took is not None for took in seconds)
        now = self._clock()
        return {
            place.address: smoothed(trips.get(place.address), place.address, now, took)
            for place, took in zip(places, seconds, strict=True)
        }


def smoothed(before: RoundTrip | None, address: str, now: float, seconds: float | None) -> RoundTrip:
    """What is known after one more question: silence changes nothing but the time of asking."""
    old = before.milliseconds if before else None
    if seconds is None:
        return RoundTrip(address, now, before and before.answered, old)
    new = seconds * 1000
    return RoundTrip(address, now, now, new if old is None else old + GAIN * (new - old))


def _few(places: Sequence[Place]) -> list[Place]:
    """Each address of an account once, as it is best known, and no more than MOST."""
    kept: dict[int, dict[str, Place]] = {}
    for place in sorted(places, key=lambda one: KNOWN.index(one.known)):
        its = kept.setdefault(place.account, {})
        if len(its) < MOST:
            its.setdefault(place.address, place)
    return [place for its in kept.values() for place in its.values()]

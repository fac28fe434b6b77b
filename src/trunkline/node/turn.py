"""What a node that watches DNS knows from the database: the endpoints, and whether it is the one that writes them."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from trunkline.contract.endpoints import Endpoint
from trunkline.contract.feed import WATCHER_SILENT, Unavailable

REFRESH = 2.0  # s between two questions to the database
FRESH = 5.0  # s that an answer is good for


class Known(NamedTuple):
    endpoints: Sequence[Endpoint]
    watchers: Sequence[str]  # the nodes that watch DNS and are heard: the first one writes
    serving: Collection[str] = ()  # addresses of the nodes that are heard and take calls, by their own word


class Remembered:
    """What the database last said: asked by a thread of its own, so that one that hangs holds up nobody."""

    def __init__(self, ask: Callable[[], Known], name: str):
        self._ask, self._name = ask, name
        self._known, self._heard = Known((), ()), time.monotonic()
        self._stop, self._fault = threading.Event(), None
        threading.Thread(target=self._follow, daemon=True).start()

    def endpoints(self) -> Sequence[Endpoint]:
        """() while none are known. Raises what has ended the thread, a fault of ours: for ever, what it knew last would
        be taken for what is."""
        if self._fault:
            raise self._fault
        return self._known.endpoints

    def serving(self) -> Collection[str]:
        """() while the database is away: what it said before tells nothing."""
        return self._known.serving if time.monotonic() - self._heard < FRESH else ()

    def writer(self) -> str:
        """The other node that writes; '' when it is this one.

        Raises Unavailable when that cannot be told: without the database for long, another one that watches may have
        taken over. Where no other one was heard, nobody has.
        """
        others = [name for name in self._known.watchers if name != self._name]
        if not others:
            return ""
        if self._known.watchers[0] != self._name:
            return others[0]
        if time.monotonic() - self._heard > WATCHER_SILENT:
            raise Unavailable(f"without the database this node cannot tell whether {others[0]} writes DNS by now")
        return ""

    def close(self) -> None:
        self._stop.set()

    def _follow(self) -> None:
        while not self._stop.is_set():
            asked = time.monotonic()
            try:
                self._known, self._heard = self._ask(), asked
            except Unavailable:
                pass  # `beat` and `follow` tell people so
            except Exception as error:  # noqa: BLE001 - it is raised in the part's own thread
                self._fault = error
                return
            self._stop.wait(REFRESH)

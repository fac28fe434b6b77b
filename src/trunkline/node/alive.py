"""Which addresses of the endpoints take calls: asked by OPTIONS again and again, and not believed at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from trunkline.contract.endpoints import Endpoint
from trunkline.node import probes

PAUSE = 2.0  # s from one round of questions to the next
TIMEOUT = 1.5  # s
# Silence is believed after the third time: at most 3 rounds and a timeout, 7.5 s. A 503 is believed at once: it is
# what a node says that is being drained.
SILENCES = 3
ANSWERS = 5  # in a row, until one that was out is in again: 10 s
AT_ONCE = 64

type Place = tuple[str, str]  # an endpoint's name and one of its addresses


@dataclass(slots=True)
class Known:
    out: bool = False
    in_a_row: int = 0  # results that speak against `out`
    why: str = ""


def ask(address: str, port: int) -> tuple[bool, bool, str]:
    """Whether it takes calls; whether that is certain; and why not. Only its own 200 is a yes."""
    try:
        code, _ = probes.sip_round_trip(address, port, TIMEOUT)
    except probes.Silent as error:
        return False, False, str(error)
    return code == 200, True, "" if code == 200 else f"it answers {code}"


class Alive:
    """Keeps what is known of each address, with hysteresis: out soon, in again late."""

    def __init__(self, question: Callable[[str, int], tuple[bool, bool, str]] = ask):
        self._question = question
        self._known: dict[Place, Known] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def look(self, endpoints: Iterable[Endpoint]) -> None:
        """Ask every address once; those that are no longer listed are forgotten."""
        places = {(one.name, address): (address, one.port) for one in endpoints for address in one.addresses}
        answers = self._pool.map(lambda place: self._question(*places[place]), places)
        self._known = {
            place: _learn(self._known.get(place), *answer) for place, answer in zip(places, answers, strict=True)
        }

    def out(self) -> frozenset[Place]:
        """Those that take no calls. All of them, when nobody answers: what that means is for the caller to say."""
        return frozenset(place for place, known in self._known.items() if known.out)

    def reasons(self) -> dict[str, str]:
        return {f"{name} {address}": known.why for (name, address), known in self._known.items() if known.out}


def _learn(known: Known | None, takes_calls: bool, certain: bool, why: str) -> Known:
    if known is None:  # what we see first is taken as it is, so that our own start changes nothing
        return Known(out=not takes_calls, why=why)
    if takes_calls is not known.out:
        return Known(known.out, 0, why or known.why)
    in_a_row = known.in_a_row + 1
    needed = ANSWERS if known.out else 1 if certain else SILENCES
    if in_a_row < needed:
        return Known(known.out, in_a_row, why or known.why)
    return Known(not known.out, 0, why)

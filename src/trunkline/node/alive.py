"""Which addresses of the endpoints take calls: asked by OPTIONS again and again, and not believed at once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

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
type Answer = tuple[bool, bool, str]  # whether it takes calls; whether that is certain; and why not


@dataclass(slots=True)
class Known:
    out: bool = False
    in_a_row: int = 0  # results that speak against `out`
    why: str = ""
    certain: bool = False  # it says itself that it takes no calls
    unseen: str = ""  # why nothing can be seen of it now


def ask(address: str, port: int) -> Answer | str:
    """Only its own 200 is a yes. A text: why it cannot be asked from here, say an IPv6 address without any IPv6."""
    try:
        code, _ = probes.sip_round_trip(address, port, TIMEOUT)
    except probes.NoWay as error:
        return str(error)
    except probes.Silent as error:
        return False, False, str(error)
    return code == 200, True, "" if code == 200 else f"it answers {code}"


class Alive:
    """Keeps what is known of each address, with hysteresis: out soon, in again late."""

    def __init__(self, question: Callable[[str, int], Answer | str] = ask):
        self._question = question
        self._known: dict[Place, Known] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def look(self, endpoints: Iterable[Endpoint]) -> None:
        """Ask every address once; those that are no longer listed are forgotten."""
        places = {(one.name, address): (address, one.port) for one in endpoints for address in one.addresses}
        answers = self._ask(places)
        for _ in range(SILENCES - 1):  # what is seen first is believed at once, and may be a datagram that was lost
            doubtful = {
                place: its for place, its in places.items() if place not in self._known and _is_silent(answers[place])
            }
            answers |= self._ask(doubtful)
        self._known = {place: _learn(self._known.get(place), answer) for place, answer in answers.items()}

    def _ask(self, places: Mapping[Place, tuple[str, int]]) -> dict[Place, Answer | str]:
        answers = self._pool.map(lambda its: self._question(*its), places.values())
        return dict(zip(places, answers, strict=True))

    def out(self) -> frozenset[Place]:
        """Those that take no calls. All of them, when nobody answers: what that means is for the caller to say."""
        return frozenset(place for place, known in self._known.items() if known.out)

    def silent(self) -> frozenset[Place]:
        """Of those that are out, who has not said so."""
        return frozenset(place for place, known in self._known.items() if known.out and not known.certain)

    def unjudged(self) -> frozenset[Place]:
        """Those of which nothing was ever seen that would have them out, and nothing can be now."""
        return frozenset(place for place, known in self._known.items() if known.unseen and not known.out)

    def reasons(self) -> dict[str, str]:
        return {f"{name} {address}": known.why for (name, address), known in self._known.items() if known.out}

    def unseen(self) -> dict[str, str]:
        """Those that cannot be asked from here, and why. They stay as they were."""
        return {f"{name} {address}": known.unseen for (name, address), known in self._known.items() if known.unseen}


def _is_silent(answer: Answer | str) -> bool:
    return not isinstance(answer, str) and answer[:2] == (False, False)


def _learn(known: Known | None, answer: Answer | str) -> Known:
    if isinstance(answer, str):
        return replace(known or Known(), unseen=answer)
    takes_calls, certain, why = answer
    if known is None:  # what we see first is taken as it is, so that our own start changes nothing
        return Known(out=not takes_calls, why=why, certain=certain)
    if takes_calls is not known.out:
        return Known(known.out, 0, why or known.why, certain)
    in_a_row = known.in_a_row + 1
    needed = ANSWERS if known.out else 1 if certain else SILENCES
    if in_a_row < needed:
        return Known(known.out, in_a_row, why or known.why, certain)
    return Known(not known.out, 0, why, certain)

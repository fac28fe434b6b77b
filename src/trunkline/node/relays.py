"""The node's media relays as one: which has a call is asked of each."""

import time
from collections.abc import Callable, Sequence

from trunkline.node.ng import Relay
from trunkline.node.probes import Silent

AGAIN = 5.0  # s until a relay that did not answer is asked again: waiting for it holds up all else


class Relays:
    def __init__(self, relays: Sequence[Relay], clock: Callable[[], float] = time.monotonic):
        self._relays, self._clock = relays, clock
        self._away = dict.fromkeys(relays, 0.0)  # until when

    def ask(self, command: str, call_id: str) -> dict | None:
        """What the relay that has the call answers; None when none has it. Raises Silent when one that does not answer
        may have it.

        Two may have it, after an offer came while the first was away; the one that heard more recently counts.
        """
        problem, answers = None, []
        for relay in self._relays:
            if self._away[relay] > self._clock():
                problem = problem or Silent(f"the media relay on port {relay.port} does not answer")
                continue
            try:
                answer = relay.ask(command, call_id=call_id)
            except Silent as error:
                problem = error
                self._away[relay] = self._clock() + AGAIN
            else:
                if answer.get("tags"):
                    answers.append(answer)
        if answers:
            return max(answers, key=_newest)
        if problem:
            raise problem
        return None


def _newest(answer: dict) -> int:
    medias = [media for party in answer["tags"].values() for media in party.get("medias", [])]
    return max((stream["last packet"] for media in medias for stream in media["streams"]), default=0)

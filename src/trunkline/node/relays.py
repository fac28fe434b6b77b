"""The node's media relays as one: which has a call is asked of each."""

import time
from collections.abc import Callable, Sequence

from trunkline.node.ng import Gone, Relay
from trunkline.node.probes import Silent

AGAIN = 5.0  # s until a relay that did not answer is asked again: waiting for it holds up all else


class Untold(Silent):
    """A relay that is there does not answer about this call."""


class Relays:
    def __init__(self, relays: Sequence[Relay], clock: Callable[[], float] = time.monotonic):
        self._relays, self._clock = relays, clock
        self._away = dict.fromkeys(relays, 0.0)  # until when

    def ask(self, command: str, call_id: str) -> dict | None:
        """What the relay that has the call answers; None when none has it. Raises Silent when one that does not answer
        may have it, Untold when that one answers about other calls; and Gone when one that is not there had it perhaps.

        rtpengine sends no answer that a datagram does not hold (64 kB), and says nothing of that: a call of which there
        is too much to tell, which a far side can bring about, costs the others nothing.

        Two may have it, after an offer came while the first was away; the one that heard more recently counts.
        """
        silent, gone, answers = None, None, []
        for relay in self._relays:
            if self._away[relay] > self._clock():
                silent = silent or Silent(f"the media relay on port {relay.port} does not answer")
                continue
            try:
                answer = relay.ask(command, call_id=call_id)
            except Gone as error:  # at once, so that it costs nobody's time to ask it again
                gone = error
            except Silent:
                silent = self._of_silent(relay)
            else:
                if answer.get("tags"):
                    answers.append(answer)
        if answers:
            return max(answers, key=_newest)
        if problem := silent or gone:  # what hangs may come to itself again, and the call with it
            raise problem
        return None

    def _of_silent(self, relay: Relay) -> Silent:
        try:
            relay.ask("ping")
        except Silent as error:
            self._away[relay] = self._clock() + AGAIN
            return error
        return Untold(f"the media relay on port {relay.port} does not say anything about this call")


def _newest(answer: dict) -> int:
    medias = [media for party in answer["tags"].values() for media in party.get("medias", [])]
    return max((stream["last packet"] for media in medias for stream in media["streams"]), default=0)

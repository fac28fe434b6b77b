"""What the journal tells of calls, counted as Prometheus takes it. All counts begin at 0 with the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram

from trunkline.contract.journal import Event
from trunkline.node.calls import LONGEST_SETUP

CANCELLED = 487  # RFC 3261 §21.4.25: Request Terminated
PARTIES = ("caller", "callee")
DELAYS = (0.25, 0.5, 1, 2, 3, 4, 5, 8, 12, 20, 40)  # s
SCORES = (2.0, 2.5, 3.0, 3.4, 3.8, 4.0, 4.2, 4.4)


@dataclass(slots=True)
class Begun:
    """A call that is not over. `targets`: each attempt's kind and carrier; `done`: the newest that is over, and how. It
    is not counted at once, as more of it may follow: a carrier's challenge is a failure before the answer."""

    direction: str
    time: float
    targets: dict[int, tuple[str, str]] = field(default_factory=dict)
    done: tuple[object, str] | None = None
    rang: bool = False
    answered: float | None = None


class Figures:
    def __init__(self, registry: CollectorRegistry):
        self._begun: dict[str, Begun] = {}
        self._counting = False  # what was in the journal before us tells which calls are not over, and no more
        make = lambda kind, name, text, *labels, **options: kind(  # noqa: E731
            f"trunkline_{name}", text, labels, registry=registry, **options
        )
        self.calls = make(Counter, "calls", "Calls that are over.", "direction", "outcome")
        self.refused = make(Counter, "calls_refused", "Calls that got a final refusal.", "direction", "code")
        self.talk = make(Counter, "talk_seconds", "Time between answer and end of calls.", "direction")
        self.attempts = make(
            Counter, "attempts", "INVITEs that were sent on and are over.", "kind", "carrier", "result"
        )
        self.denied = make(Counter, "credentials_denied", "Requests with wrong credentials of a key.", "denial")
        self.delay = make(
            Histogram, "post_dial_delay_seconds", "From the INVITE to ringing or answer.", "direction", buckets=DELAYS
        )
        self.mos = make(Histogram, "mos", "How good the audio from a party was, 1 to 4.4.", "party", buckets=SCORES)

    def count(self) -> None:
        """What is taken from now on counts."""
        self._counting = True

    def take(self, event: Event) -> None:
        """Add a line of the journal."""
        uid, time = event["call"], event["time"]
        match event["event"]:
            case "setup":
                self._begun[uid] = Begun(str(event.get("direction")), time)
            case "reject":
                self._over(str(event.get("direction")), "rejected", event.get("code"))
            case "denied" if self._counting:
                self.denied.labels(event.get("denial")).inc()
            case "quality" if self._counting:
                self._heard(event)
            case what:
                if call := self._begun.get(uid):
                    self._go_on(what, uid, call, event, time)

    def forget(self, now: float) -> None:
        """Know no longer of calls whose end nobody wrote: Kamailio was killed while they rang."""
        gone = [uid for uid, call in self._begun.items() if call.answered is None and now > call.time + LONGEST_SETUP]
        for uid in gone:
            del self._begun[uid]

    def _go_on(self, what: str, uid: str, call: Begun, event: Event, time: float) -> None:
        n = event.get("n")
        match what:
            case "attempt":
                kind = str(event.get("kind"))
                call.targets[n] = kind, str(event.get("target")) if kind == "carrier" else ""
                self._attempted(call, but=n)
            case "failed":
                code, cause = event.get("code"), str(event.get("cause"))
                self._done(call, n, str(code) if cause == "reply" and code else cause)
            case "progress":
                self._rang(call, time)
            case "answer":
                self._done(call, n, str(event.get("code")))
                self._rang(call, time)
                call.answered = time
            case "finish" | "end":
                self._attempted(call)
                del self._begun[uid]
                self._end(call, event, time)

    def _end(self, call: Begun, event: Event, time: float) -> None:
        code = event.get("code")
        if call.answered is None:
            self._over(call.direction, "cancelled" if code == CANCELLED else "failed", code)
            return
        self._over(call.direction, "answered", None)
        if self._counting:
            self.talk.labels(call.direction).inc(max(0.0, time - call.answered))

    def _over(self, direction: str, outcome: str, code: object) -> None:
        if self._counting:
            self.calls.labels(direction, outcome).inc()
            if code:
                self.refused.labels(direction, code).inc()

    def _done(self, call: Begun, n: object, result: str) -> None:
        self._attempted(call, but=n)
        call.done = n, result

    def _attempted(self, call: Begun, but: object = None) -> None:
        """Count the attempt that is over, unless it is this one."""
        if call.done and call.done[0] != but:
            if self._counting:
                self.attempts.labels(*call.targets.get(call.done[0], ("", "")), call.done[1]).inc()
            call.done = None

    def _rang(self, call: Begun, time: float) -> None:
        if not call.rang and self._counting:
            self.delay.labels(call.direction).observe(max(0.0, time - call.time))
        call.rang = True

    def _heard(self, event: Event) -> None:
        for party in PARTIES:
            heard = event.get(party)
            if isinstance(heard, Mapping) and isinstance(heard.get("mos"), int | float):
                self.mos.labels(party).observe(heard["mos"])

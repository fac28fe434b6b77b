"""A simulation of what clients do when nodes die: SRV weights (RFC 2782), failover, and their repetitions.

Pure arithmetic by events of one second, seeded: the same numbers always. Every client tries a call at times of its own;
it chooses a target by SRV, waits `timeout_s` for one that is silent, is turned away at once by one that is full, then
tries the next, and, when none is left, tries the whole again after `again_s` or more, as callers and PBXs do.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

MANY = 0.1  # of the attempts of a second


@dataclass(frozen=True, slots=True)
class Target:
    """`capacity`: attempts a second that it answers; those beyond are turned away (503)."""

    name: str
    region: str
    priority: int
    weight: int
    capacity: int


def order(targets: Sequence[Target], dice: random.Random) -> list[Target]:
    """RFC 2782: by priority; among equals drawn one after the other, by their weight among those that are left."""
    ordered = []
    for priority in sorted({target.priority for target in targets}):
        left = sorted((t for t in targets if t.priority == priority), key=lambda t: t.weight)  # 0 first, as it says
        while left:
            mark, running = dice.randint(0, sum(t.weight for t in left)), 0
            for target in left:
                running += target.weight
                if running >= mark:
                    break
            left.remove(target)
            ordered.append(target)
    return ordered


@dataclass(frozen=True, slots=True)
class Clients:
    """`calls_per_s` of all together. With `doubling` the wait before the whole is tried again doubles each time;
    with `spread` it is drawn from half to one and a half of that. After `gives_up` rounds a call is lost."""

    calls_per_s: int
    timeout_s: int = 3
    again_s: int = 5
    doubling: bool = True
    spread: bool = True
    gives_up: int = 4


@dataclass(frozen=True, slots=True)
class Death:
    """Targets, by name or region, that are silent from `at` until `back`, s; `dns_s` after they died, clients no longer
    find them (8 s of watching and the records' TTL)."""

    dead: frozenset[str]
    at: int
    back: int
    dns_s: int = 38

    def silent(self, target: Target, now: int) -> bool:
        return self.at <= now < self.back and bool({target.name, target.region} & self.dead)

    def unlisted(self, target: Target, now: int) -> bool:
        return self.silent(target, now) and now >= self.at + self.dns_s


@dataclass(slots=True)
class Outcome:
    """`peak`: the most attempts in a second at one target; `refusing_s`: seconds after the end of the death until the
    last in which a tenth of the attempts were turned away (chance alone turns a few away), 0 when there was none."""

    carried: Counter = field(default_factory=Counter)  # by target
    lost: int = 0
    waited: int = 0  # calls that were not carried in the second they began in
    worst_s: int = 0  # the longest wait of a call that was carried
    peak: int = 0
    refusing_s: int = 0


@dataclass(slots=True)
class _Call:
    began: int
    left: list[Target]
    rounds: int = 1


def simulate(targets: Sequence[Target], clients: Clients, seconds: int, death: Death, seed: int = 1) -> Outcome:
    """New calls for so many seconds, and then until none waits."""
    dice, outcome = random.Random(seed), Outcome()
    waiting: dict[int, list[_Call]] = {}
    now = -1
    while now < seconds or waiting:
        now += 1
        listed = [target for target in targets if not death.unlisted(target, now)]
        due = waiting.pop(now, [])
        if now < seconds:
            due += [_Call(now, order(listed, dice)) for _ in range(clients.calls_per_s)]
        dice.shuffle(due)
        asked: Counter = Counter()
        for call in due:
            until = _go_on(call, now, asked, death, clients, dice, outcome)
            if until is not None:
                call.left = call.left or order(listed, dice)
                waiting.setdefault(until, []).append(call)
        outcome.peak = max([outcome.peak, *asked.values()])
        away = sum(max(0, asked[target.name] - target.capacity) for target in listed)
        if away > MANY * asked.total():
            outcome.refusing_s = max(outcome.refusing_s, now - death.back)
    return outcome


def _go_on(
    call: _Call, now: int, asked: Counter, death: Death, clients: Clients, dice: random.Random, outcome: Outcome
) -> int | None:
    """A call asks one target after the other. The second in which it goes on if it must wait, None when it is over."""
    while call.left:
        target = call.left.pop(0)
        asked[target.name] += 1
        if death.silent(target, now):
            return now + clients.timeout_s
        if asked[target.name] <= target.capacity:
            outcome.carried[target.name] += 1
            outcome.waited += now > call.began
            outcome.worst_s = max(outcome.worst_s, now - call.began)
            return None
    if call.rounds >= clients.gives_up:
        outcome.lost += 1
        return None
    wait = clients.again_s * (2 ** (call.rounds - 1) if clients.doubling else 1)
    call.rounds += 1
    return now + max(1, round(wait * dice.uniform(0.5, 1.5)) if clients.spread else wait)


CAPACITY = 50  # attempts a second of a node of the table
FLEET = tuple(Target(f"{region}{n}", region, 1, 100, CAPACITY) for region in ("east", "west") for n in (1, 2, 3))
SECONDS, AT, BACK = 200, 20, 110
RUDE = {"doubling": False, "spread": False, "again_s": 2, "gives_up": 30}

CASES: Sequence[tuple[str, Clients, frozenset[str]]] = (
    ("a node of six, at half the capacity", Clients(150), frozenset({"east1"})),
    ("a node of six, at 80%", Clients(240), frozenset({"east1"})),
    ("a region of two, at 45%", Clients(135), frozenset({"east"})),
    ("a region of two, at 70%", Clients(210), frozenset({"east"})),
    ("the same, and clients repeat every 2 s, 30 times", Clients(210, **RUDE), frozenset({"east"})),
)


def table() -> str:
    """What comes of each case; percentages are of all calls of the 200 s, for 90 of which something is dead."""
    heads = ("dies", "carried", "of these at once", "longest wait", "most attempts at a node", "turned away after it")
    lines = [f"| {' | '.join(heads)} |"]
    lines.append("|---|---|---|---|---|---|")
    for words, clients, dead in CASES:
        found = simulate(FLEET, clients, SECONDS, Death(dead, AT, BACK))
        carried = found.carried.total()
        share, at_once = carried / (carried + found.lost), 1 - found.waited / carried
        cells = (
            f"{share:.1%}",
            f"{at_once:.1%}",
            f"{found.worst_s} s",
            f"{found.peak} a second",
            f"{found.refusing_s} s",
        )
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)

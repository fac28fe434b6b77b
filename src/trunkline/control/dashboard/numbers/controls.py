"""The controls beside the URIs of a *Forward to SIP* list: order, transport and waiting time, without writing them.

Each control has a name, `WHAT-N`, with N the URI's place from 1; what it does, it does to the text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from trunkline.control.dashboard.numbers.form import one_line
from trunkline.sip import forward
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.uri import TRANSPORTS

TIMEOUTS_MS = (2000, 3000, 4000, 5000, 8000, 10_000, 15_000, 20_000)
_NAME = re.compile(r"(up|down|remove|transport|timeout)-([0-9]{1,2})", re.ASCII)


def by_line(text: str) -> str:
    """A list that is easier to read and to reorder: one URI on each line."""
    return _written(forward.parse(text))


def rows(targets: Sequence[ForwardTarget]) -> list[dict[str, object]]:
    """What each target's controls offer, its own values among them."""
    return [
        {
            "n": n,
            "target": target,
            "first": n == 1,
            "last": n == len(targets),
            "transports": TRANSPORTS,
            "timeouts": sorted({*TIMEOUTS_MS, target.timeout_ms}),
        }
        for n, target in enumerate(targets, 1)
    ]


def apply(text: str, control: str, values: Mapping[str, str]) -> str:
    """The text after a control was used: `values` has what the controls are set to, 'add' the URI to add.

    `apply` sets every transport and timeout. A text with a fault, or a control that there is not, changes nothing.
    """
    if control == "add":
        added = values.get("add", "").strip()
        return f"{text.rstrip().rstrip(',')},\n{added}" if text.strip() and added else text + added
    try:
        targets = forward.parse(one_line(text))
    except forward.ForwardError:
        return text
    if control == "apply":
        names = [f"{what}-{n}" for n in range(1, len(targets) + 1) for what in ("transport", "timeout")]
    else:
        names = [control]
    for name in names:
        targets = _changed(targets, name, values.get(name, ""))
    return _written(targets)


def _changed(targets: list[ForwardTarget], name: str, value: str) -> list[ForwardTarget]:
    match = _NAME.fullmatch(name)
    place = int(match[2]) - 1 if match else -1
    if not 0 <= place < len(targets):
        return targets
    target, others = targets[place], targets[:place] + targets[place + 1 :]
    match match[1]:
        case "remove":
            return others
        case "up" | "down" as way:
            place = max(0, place - 1) if way == "up" else place + 1
        case "transport" if value in TRANSPORTS:
            target = replace(target, transport=value)
        case "timeout" if value.isdecimal() and len(value) < 6 and int(value) in forward.TIMEOUT_MS:
            target = replace(target, timeout_ms=int(value))
    return [*others[:place], target, *others[place:]]


def _written(targets: Sequence[ForwardTarget]) -> str:
    return ",\n".join(map(str, targets))

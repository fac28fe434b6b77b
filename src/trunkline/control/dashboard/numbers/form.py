"""*Forward to SIP* as it is typed, and what is said of it."""

from dataclasses import dataclass, field
from itertools import accumulate

from trunkline.control.accounts.models import Account
from trunkline.control.numbers import services
from trunkline.sip import forward


@dataclass(frozen=True, slots=True)
class Checked:
    """`text` as it was typed; when `problem` is not '', `before`, `fault` and `after` are the same in three parts."""

    text: str
    targets: list[forward.ForwardTarget] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problem: str = ""
    entry: int = 0
    before: str = ""
    fault: str = ""
    after: str = ""


def check(text: str, account: Account | None) -> Checked:
    """What a text comes to for a number of this account; never raises for anything that was typed."""
    text = text.replace("\r\n", "\n")
    if len(text) > services.LONGEST:
        return Checked(
            text[:200] + "…", problem=f"it has {len(text):,} characters; at most {services.LONGEST:,} are read"
        )
    try:
        canonical = services.check_forward(one_line(text), account)
    except services.ForwardRefused as error:
        start, end = error.start, error.end
        start += len(text[start:end]) - len(text[start:end].lstrip())
        parts = (text[:start], text[start:end], text[end:]) if error.entry else ("", "", "")
        return Checked(text, [], [], error.problem, error.entry, *parts)
    targets = forward.parse(canonical)
    return Checked(text, targets, services.warnings(targets, account))


def one_line(text: str) -> str:
    """URIs may stand on lines of their own; each line end becomes a comma, or a blank where there is one already, so
    that every character keeps its place."""
    *lines, last = text.replace("\r\n", "\n").split("\n")
    # On both sides of each line's end the nearest character that is no blank
    begins = (line.lstrip()[:1] for line in (last, *reversed(lines[1:])))
    afters = reversed([*accumulate(begins, lambda below, here: here or below)])
    written, before = [], ""
    for line, after in zip(lines, afters, strict=bool(lines)):
        before = line.rstrip()[-1:] or before
        separates = before not in ("", ",") and after not in ("", ",")
        before = "," if separates else before
        written += [line, "," if separates else " "]
    return "".join((*written, last))

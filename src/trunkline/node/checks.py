"""What a check of a part has found, in the words of `status`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """`text` says what was seen when it is well, and what is wrong and what to look at when it is not; `serves`:
    calls go on all the same, so that a node may start with it."""

    name: str
    ok: bool
    text: str
    serves: bool = False


def duration(seconds: float) -> str:
    """A length of time as a person says it: the two largest units."""
    whole = int(seconds)
    for size, name, smaller, its_name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {name} {whole % size // smaller} {its_name}"
    return f"{whole} s"

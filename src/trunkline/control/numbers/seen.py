"""Writes that hold only for a number as their writer has seen it: nobody writes over what nobody has looked at."""

from collections.abc import Callable

from trunkline.control.errors import ServiceError
from trunkline.control.numbers.models import Number

Seen = Callable[[Number], bool]  # whether a number, as it is stored, is what the writer has seen


class Overtaken(ServiceError):
    """Somebody else has changed the number meanwhile; `now` is its *Forward to SIP* list."""

    def __init__(self, now: str):
        super().__init__("somebody has changed the number meanwhile: look at it again")
        self.now = now


def check(number: Number, seen: Seen | None) -> None:
    """Within the transaction that writes. Raises Overtaken."""
    if seen is not None and not seen(number):
        raise Overtaken(number.forward)

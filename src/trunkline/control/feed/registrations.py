"""`contract.registrations.Registrations` over the database."""

from collections.abc import Collection, Sequence

from trunkline.contract.registrations import Registered
from trunkline.control.feed.available import available
from trunkline.control.registrations import told


class DatabaseRegistrations:
    def known(self, node: str) -> list[Registered]:
        with available():
            return told.known(node)

    def note(self, node: str, registered: Sequence[Registered], ended: Collection[str], now: int) -> None:
        with available():
            told.note(node, registered, ended, now)

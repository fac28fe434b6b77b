"""Addresses of a node that its test has chosen."""


class Given:
    """Stands where `Node` takes its addresses from."""

    def __init__(self, *addresses: str):
        self._addresses = list(addresses)

    def take(self) -> str:
        return self._addresses.pop(0)

    def give_back(self, address: str) -> None:
        pass

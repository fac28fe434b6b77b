"""Screens as generators write them down, and the endpoints in the order that the trunk asks for."""

from trunkline.pbx.configuration import Field, Screen
from trunkline.pbx.trunk import Endpoint, Trunk

ON, OFF = "on", "off"  # a box that is ticked, or not


def screen(path: str, *fields: tuple[str, ...], note: str = "") -> Screen:
    """Each field is its name, its value, and what is to be said of it, if anything."""
    return Screen(path, tuple(Field(*field) for field in fields), note)


def tiers(trunk: Trunk) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
    """The two closest endpoints, which share the calls, and those behind them."""
    return trunk.endpoints[:2], trunk.endpoints[2:]

"""Numbers as they are typed. Whether a service takes them is its own to say, where it is not said here."""

import math
import re

import click

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


class Whole(click.ParamType):
    """A whole number, from `low` to `high` where these are given."""

    name = "N"

    def __init__(self, low: int | None = None, high: int | None = None):
        self._low, self._high = low, high

    def convert(self, value, param, ctx):
        number = int(value) if _WHOLE.fullmatch(str(value)) else None
        if number is None or not self._holds(number):
            self.fail(f"{value!r} cannot be: write {self._wanted()}", param, ctx)
        return number

    def _holds(self, number: int) -> bool:
        return (self._low is None or self._low <= number) and (self._high is None or number <= self._high)

    def _wanted(self) -> str:
        low = "" if self._low is None else f" from {self._low}"
        return f"a whole number{low}{'' if self._high is None else f' to {self._high}'}"


class Degrees(click.ParamType):
    """A latitude or longitude."""

    name = "DEGREES"

    def convert(self, value, param, ctx):
        try:
            degrees = float(value)
        except ValueError:
            degrees = math.nan
        if not math.isfinite(degrees):
            self.fail(f"{value!r} cannot be: write degrees like 51.5074", param, ctx)
        return degrees

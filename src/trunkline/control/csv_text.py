"""CSV for spreadsheets and programs, in which no cell is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

# What strangers wrote (a caller's name, a reason phrase) must not be calculated by the spreadsheet that opens the
# file: OWASP, "CSV Injection". A quote mark in front makes a cell text.
# Full-width signs are formulas to some, as are those at which a spreadsheet that separates by ';', as where the decimal
# point is a comma, or by tabs takes a cell to begin: quotes count for it only at its own cell's begin.
_SIGNS = "=+\\-@＝＋－＠"
_FORMULA = re.compile(rf"^(?=[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])(?= *[{_SIGNS}])")
# A number with its '+' comes to nothing but itself, and programs read it as it is written everywhere else.
_HARMLESS = re.compile(r"\+[0-9]+", re.ASCII)


def render(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Lines of CSV under a header, which is there without a row too. Times are written in UTC, as in JSON."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and not _HARMLESS.fullmatch(value):
        return _FORMULA.sub("'", value)
    return value

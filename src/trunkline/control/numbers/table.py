"""CSV files of numbers, read line by line."""

import csv
from collections.abc import Iterator
from typing import TextIO

from trunkline.control.errors import ServiceError
from trunkline.control.numbers.importing import Row

# What csv says, for those who have no program to mend
_WORDS = {
    "unexpected end of data": "a quote mark is never closed",
    "field larger than field limit": "a field is too long, as when a quote mark is never closed",
    "new-line character seen in unquoted field": "a line ends in the middle of a field",
}
COLUMNS = ("number", "account", "forward", "monthly_cost")


def rows(file: TextIO) -> Iterator[Row]:
    """The lines below the header, blank ones left out. Raises ServiceError for a file that is no such table."""
    reader = csv.reader(file, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for values in reader:
            if any(value.strip() for value in values):
                yield _row(header, values, reader.line_num)
    except csv.Error as error:
        said = next((words for begin, words in _WORDS.items() if str(error).startswith(begin)), str(error))
        raise ServiceError(f"line {reader.line_num} of the file is not CSV: {said}") from error
    except UnicodeDecodeError as error:
        raise ServiceError(f"after line {reader.line_num} the file is not UTF-8: save it in that encoding") from error


def _check_header(header: list[str]) -> None:
    strange = [name for name in header if name not in COLUMNS]
    if strange or "number" not in header or len(set(header)) < len(header):
        written = ",".join(header)[:200]
        raise ServiceError(
            "the file's first line must name its columns, each once and separated by commas: number, and if you like "
            f"account, forward and monthly_cost; it is {repr(written) if written else 'empty'}"
        )


def _row(header: list[str], values: list[str], line: int) -> Row:
    if len(values) > len(header):
        columns = f"{len(header)} column{'s' * (len(header) > 1)}"
        problem = f'{len(values)} fields under {columns}: write "quotes" around a field with a comma'
        return Row(line, values[0], "", "", problem)
    named = dict(zip(header, (value.strip() for value in values), strict=False))
    return Row(line, *(named.get(name, "") for name in COLUMNS[:3]), monthly_cost=named.get("monthly_cost", ""))

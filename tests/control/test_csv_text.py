"""CSV: no cell is a formula, and everything else is as it was."""

import csv
import io
from datetime import UTC, datetime

import pytest

from trunkline.control import csv_text


def _through(value: object) -> str:
    (row,) = csv.DictReader(io.StringIO(csv_text.render(["cell", "other"], [{"cell": value, "other": 1}]), newline=""))
    assert row["other"] == "1"
    return row["cell"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "+44 7700", "+", "-1", "@SUM(A1)", "\t1", "\r1", "\n1", '=A1&"\n"&",x"', "＝1"]
)
def test_what_a_spreadsheet_would_calculate_becomes_text(text):
    assert _through(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=1", "x;'=1"),
        ("x; -1", "x;' -1"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("+44\n=1", "'+44\n'=1"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_nor_what_is_a_cell_of_its_own_to_one_that_separates_otherwise(text, cell):
    assert _through(text) == cell


@pytest.mark.parametrize(
    "text",
    ["+447700900000", "447700900000", "alice=bob", "a,b", 'say "x"', "", "'=1", "sip:a@b;transport=tls", "a; b", "x;1"],
)
def test_everything_else_stays(text):
    assert _through(text) == text


def test_what_is_no_text_stays():
    assert _through(-5) == "-5"
    assert _through(None) == ""
    assert _through(datetime(2027, 1, 15, 8, tzinfo=UTC)) == "2027-01-15T08:00:00Z"


def test_a_program_that_reads_no_rows_reads_their_names():
    assert csv_text.render(["a", "b"], []) == "a,b\n"

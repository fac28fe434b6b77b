"""DTMF in INFO bodies."""

import pytest

from trunkline.edge.digits import read


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("Signal=5\r\nDuration=160\r\n", ("5", 160)),
        ("signal = *\nduration = 250", ("*", 250)),
        ("Signal= #", ("#", 160)),
        ("Signal=11\r\nDuration=20\r\n", ("#", 100)),
        ("Signal=a\r\nDuration=99999\r\n", ("A", 5000)),
        ("7", ("7", 160)),
        (" d \r\n", ("D", 160)),
        ("15", ("D", 160)),
        ("Signal=16", None),
        ("Signal=!", None),
        ("Signal=E", None),
        ("flash", None),
        ("", None),
        ("Signal=\r\nDuration=x", None),
    ],
)
def test_a_digit_and_its_length(body, digit):
    assert read(body) == digit


def test_a_body_that_is_long_for_a_digit_is_none_and_costs_no_time():
    assert read("Signal=5\r\n" + "\n" * 30_000) is None
    assert read("\n" * 200 + "Signal=5\nDuration=200") == ("5", 200)

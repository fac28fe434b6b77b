"""E.164 as PBXs write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.sip.number import e164, prefixes


@pytest.mark.parametrize(
    "user",
    [
        "447700900000",
        "+447700900000",
        "00447700900000",
        "+44 (7700) 900-000",
        "+44.7700.900000",
        "+447700900000;phone-context=example.com",  # a global number needs no context, and loses nothing by one
        "447700900000;ext=12",
        "+447700900000;npdi;rn=+15551234567",
    ],
)
def test_these_mean_the_same_number(user):
    assert e164(user) == "447700900000"


@pytest.mark.parametrize(
    "user",
    [
        "",
        "+",
        "1001",
        "alice",
        "07700900000",  # national
        "+0447700900000",
        "000447700900000",
        "4477009000001234",  # 16 digits
        "44770090000x",
        "447700900000;phone-context=+44",  # local to +44
        "447700900000;isub=1;Phone-Context=+44",
        "٤٤٧٧٠٠٩٠٠٠٠٠",  # digits, but not ASCII ones
        "++447700900000",
        "447700900000\n",
        "123456",
    ],
)
def test_these_are_no_e164_numbers(user):
    assert e164(user) is None


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True), st.sampled_from(["", "+", "00"]))
def test_every_number_survives_its_prefix(digits, prefix):
    assert e164(prefix + digits) == digits


@given(st.text())
def test_any_text_gives_digits_or_nothing(text):
    number = e164(text)
    assert number is None or (number.isascii() and number.isdigit() and 7 <= len(number) <= 15)


def test_prefixes_go_from_the_number_to_nothing():
    assert prefixes("123") == ["123", "12", "1", ""]

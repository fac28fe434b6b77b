"""The measurement of small things: it counts a real call's record, and what is frequent costs something."""

import pytest

from bench import small

pytestmark = [pytest.mark.engines, pytest.mark.long]


def test_it_measures():
    found = small.measure(messages=60, calls=400)
    assert (found.record_rows, found.journal_lines) == (2, 4)
    assert 500 < found.journal_bytes < 2_000
    assert 200 < found.record_bytes < 2_000
    assert found.registration_us > 0
    assert found.record_shipper_us > 0

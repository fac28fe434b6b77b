"""Every page of the dashboard with much data: 95 of 100 come within 200 ms."""

import pytest

from bench import pages


@pytest.mark.long
def test_no_page_is_slow_with_twenty_thousand_numbers_and_two_hundred_thousand_calls():
    found = pages.measure("sqlite", *pages.SIZES["sqlite"])
    assert len(found) == len(pages.CUSTOMER) + len(pages.OPERATOR)
    assert pages.too_slow(found) == []

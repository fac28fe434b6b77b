"""The measurement of the dashboard's pages reads every one of them; how fast they are, a quiet machine says."""

import pytest
from bench.filling import ACCOUNTS

from bench import pages

pytestmark = pytest.mark.long


def test_every_page_is_read():
    found = pages.measure("sqlite", 10 * ACCOUNTS, 10 * ACCOUNTS, count=3)
    assert {(row["who"], row["page"]) for row in found} == {
        (who, page) for who, all_of in (("customer", pages.CUSTOMER), ("operator", pages.OPERATOR)) for page in all_of
    }
    assert all(0 < row["median"] <= row["p95"] for row in found)

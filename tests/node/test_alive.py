"""Out soon, in again late."""

import pytest

from trunkline.contract.endpoints import Endpoint
from trunkline.node.alive import ANSWERS, SILENCES, Alive

YES, SILENT, NO = (True, True, ""), (False, False, "it does not answer"), (False, True, "it answers 503")
ONE = Endpoint("one", "one.example", "", None, None, "eu", ("192.0.2.1", "192.0.2.2"), 5060, 5061, (), (), 10)
PLACE = ("one", "192.0.2.1")


@pytest.fixture
def alive():
    """`alive(YES, SILENT, ...)`: what is out after these answers of the first address; the other one is well."""

    def after(*answers):
        coming = iter(answers)
        watched = Alive(lambda address, port: next(coming) if address == PLACE[1] else YES)
        for _ in answers:
            watched.look([ONE])
        return watched.out(), watched.reasons()

    return after


@pytest.mark.parametrize(
    ("answers", "out"),
    [
        ([YES], False),
        ([SILENT], True),  # at the start there is nothing to lose
        ([YES, *[SILENT] * (SILENCES - 1)], False),
        ([YES, *[SILENT] * SILENCES], True),
        ([YES, *[SILENT] * (SILENCES - 1), YES, SILENT], False),
        ([YES, NO], True),  # it says so itself
        ([YES, NO, *[YES] * (ANSWERS - 1)], True),
        ([YES, NO, *[YES] * ANSWERS], False),
        ([YES, NO, *[YES] * (ANSWERS - 1), SILENT, *[YES] * (ANSWERS - 1)], True),
    ],
)
def test_out_and_in(alive, answers, out):
    assert alive(*answers)[0] == ({PLACE} if out else set())


def test_why_is_told(alive):
    assert alive(YES, NO)[1] == {"one 192.0.2.1": "it answers 503"}
    assert alive(YES, SILENT, SILENT, SILENT)[1] == {"one 192.0.2.1": "it does not answer"}


def test_who_is_no_longer_listed_is_forgotten():
    watched = Alive(lambda address, port: SILENT)
    watched.look([ONE])
    watched.look([])
    assert watched.out() == frozenset()

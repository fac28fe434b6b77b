"""Out soon, in again late."""

import subprocess
import sys

import pytest

from trunkline.contract.endpoints import Endpoint
from trunkline.node.alive import ANSWERS, SILENCES, Alive

YES, SILENT, NO = (True, True, ""), (False, False, "it does not answer"), (False, True, "it answers 503")
NO_WAY = "there is no way to it"
ONE = Endpoint("one", "one.example", "", None, None, "eu", ("192.0.2.1", "192.0.2.2"), 5060, 5061, (), (), 10)
PLACE = ("one", "192.0.2.1")


@pytest.fixture
def alive():
    """`alive(YES, SILENT, ...)`: what is out after these answers of the first address, all of them; the other one is
    well."""

    def after(*answers):
        coming = iter(answers)
        watched = Alive(lambda address, port: next(coming) if address == PLACE[1] else YES)
        while coming.__length_hint__():
            watched.look([ONE])
        return watched.out(), watched.reasons()

    return after


@pytest.mark.parametrize(
    ("answers", "out"),
    [
        ([YES], False),
        ([SILENT] * SILENCES, True),  # at the start, in one look
        ([*[SILENT] * (SILENCES - 1), YES], False),
        ([NO], True),
        ([YES, *[SILENT, YES] * 10], False),  # one in two: a call is repeated, and gets through
        ([YES, *[NO, YES] * 10], True),
        ([YES, *[SILENT] * (SILENCES - 1)], False),
        ([YES, *[SILENT] * SILENCES], True),
        ([YES, *[SILENT] * (SILENCES - 1), YES, SILENT], False),
        ([YES, NO], True),  # it says so itself
        ([YES, NO, *[YES] * (ANSWERS - 1)], True),
        ([YES, NO, *[YES] * ANSWERS], False),
        ([NO_WAY, NO_WAY], False),  # which tells something of this machine alone
        ([YES, *[NO_WAY] * SILENCES], False),
        ([YES, NO, *[NO_WAY] * ANSWERS], True),
        ([YES, NO, *[YES] * (ANSWERS - 1), SILENT, *[YES] * (ANSWERS - 1)], True),
    ],
)
def test_out_and_in(alive, answers, out):
    assert alive(*answers)[0] == ({PLACE} if out else set())


def test_why_is_told(alive):
    assert alive(YES, NO)[1] == {"one 192.0.2.1": "it answers 503"}
    assert alive(YES, SILENT, SILENT, SILENT)[1] == {"one 192.0.2.1": "it does not answer"}


def test_who_says_so_is_told_from_who_is_silent():
    answers = iter([YES, NO, SILENT, YES])
    watched = Alive(lambda address, port: next(answers) if address == PLACE[1] else YES)
    seen = []
    for _ in range(4):
        watched.look([ONE])
        seen.append((PLACE in watched.out(), PLACE in watched.silent()))
    assert seen == [(False, False), (True, False), (True, True), (True, False)]


def test_an_address_without_a_way_there_is_not_judged():
    """On a machine without any network, as one with IPv4 alone is to addresses of IPv6."""
    program = f"""
from trunkline.contract.endpoints import Endpoint
from trunkline.node.alive import Alive
watched = Alive()
watched.look([{ONE!r}])
print(len(watched.out()), watched.unseen()["one 192.0.2.1"])
"""
    said = subprocess.run(["unshare", "-n", sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert said.stdout == "0 there is no way to 192.0.2.1: Network is unreachable\n"


def test_who_is_no_longer_listed_is_forgotten():
    watched = Alive(lambda address, port: SILENT)
    watched.look([ONE])
    assert watched.out()
    watched.look([])
    assert watched.out() == frozenset()

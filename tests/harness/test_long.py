"""Which runs have the long tests, in a small project of their own."""

from pathlib import Path

import pytest

from harness.long import LEFT_OUT

pytest_plugins = ["pytester"]

TESTS = """
import pytest

def test_short(): pass

@pytest.mark.long
def test_long(): pass
"""


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer to import than these tests
    pytester.makeconftest('pytest_plugins = ["harness.long"]')
    pytester.makeini("[pytest]\nmarkers = long\ntestpaths = .\n")
    pytester.makepyfile(test_it=TESTS)
    return lambda *words: pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "xdist", *words)


@pytest.fixture(params=[[], ["-n", "1"]], ids=["here", "in a worker"])
def where(request):
    return request.param


def test_a_run_that_names_no_file_leaves_them_out_and_says_so(run, where):
    result = run(*where)
    result.assert_outcomes(passed=1)
    assert LEFT_OUT in result.stdout.str()


@pytest.mark.parametrize("word", ["--long", "test_it.py"])
def test_who_asks_for_them_or_names_their_file_has_them(run, where, word):
    result = run(*where, word)
    result.assert_outcomes(passed=2)
    assert LEFT_OUT not in result.stdout.str()


def test_they_can_be_chosen_by_their_mark(run, where):
    run(*where, "-m", "long").assert_outcomes(passed=1)

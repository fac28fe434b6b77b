"""What is run once more, and what of it is told, in a small project of their own."""

from pathlib import Path

import pytest

from harness.again import FEW

pytest_plugins = ["pytester"]

TEST = """
import pathlib, pytest

{mark}
@pytest.mark.parametrize("n", range({count}))
def test_it(n):
    ran = pathlib.Path(f"ran{{n}}")
    times = len(ran.read_text()) if ran.exists() else 0
    ran.write_text("x" * (times + 1))
    assert times >= {failures}, "the words of its failure"
"""
ENGINES = "@pytest.mark.engines"


@pytest.fixture
def run(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer to import than these tests

    def run(mark: str, failures: int, count: int = 1):
        """Tests of which each fails so often."""
        pytester.makeconftest('pytest_plugins = ["harness.again"]')
        pytester.makeini("[pytest]\nmarkers = engines\n")
        pytester.makepyfile(TEST.format(mark=mark, failures=failures, count=count))
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "rerunfailures")

    return run


def test_a_failure_on_the_engines_is_told_in_full_and_no_failure(run):
    result = run(ENGINES, failures=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*FAILED ONCE*", "*test_it?0?*", "*the words of its failure*"])
    result.assert_outcomes(passed=1)


def test_a_second_failure_fails(run):
    run(ENGINES, failures=2).assert_outcomes(failed=1)


def test_without_engines_the_first_failure_fails(run):
    run("", failures=1).assert_outcomes(failed=1)


@pytest.mark.parametrize(("count", "status"), [(FEW, 0), (FEW + 1, 1)])
def test_many_failures_fail_the_run(run, count, status):
    result = run(ENGINES, failures=1, count=count)
    assert result.ret == status
    assert (f"more than {FEW} fail the run" in result.stdout.str()) == bool(status)

"""A test on real engines that fails is run once more by pytest-rerunfailures; its failure is shown.

Dozens of processes share two CPUs here, and one may be kept from its turn for longer than a timer of SIP lasts. That is
no defect of the service, but neither is it to be forgotten: each such failure is printed in full, as that of a test
that wants mending. What no machine explains fails as ever: more of them than FEW in one run, a second failure of the
same test, and any failure of a test that needs no engine.
"""

import pytest

FEW = 3


def pytest_configure(config):
    config.addinivalue_line("markers", "flaky: of pytest-rerunfailures; given to those on the engines")


@pytest.hookimpl(trylast=True)  # when the folders of whole nodes have their marks
def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("engines"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def _failed_once(config) -> list:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return reporter.stats.get("rerun", []) if reporter else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and len(_failed_once(session.config)) > FEW:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    reports = _failed_once(config)
    if not reports:
        return
    terminalreporter.section("FAILED ONCE, then run again", red=True)
    for report in reports:
        terminalreporter.section(report.nodeid, "_")
        terminalreporter.line(report.longreprtext)
        for name, text in report.sections:
            terminalreporter.section(name, "-")
            terminalreporter.line(text)
    if len(reports) > FEW:
        terminalreporter.line(f"{len(reports)} tests failed once; more than {FEW} fail the run.", red=True)

"""The tests marked `long`: left out of a run that names no file and does not ask for them by --long, as CI does."""

import pytest

LEFT_OUT = "The tests that take long were left out: `./trunkline test --long` has them too."


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="with the tests that take long, which a file's name asks for too"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Decided once: a worker of xdist gets the options, and the files as if somebody had named them."""
    if hasattr(config, "workerinput"):
        return
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    config.option.long = config.option.long or named or "long" in config.option.markexpr


def pytest_collection_modifyitems(config, items):
    if config.option.long:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter, config):
    if not config.option.long:
        terminalreporter.line(LEFT_OUT)

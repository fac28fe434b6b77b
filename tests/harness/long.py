"""The tests marked `long`: left out of a run that names no file and does not ask for them by --long, as CI does."""

import pytest

LEFT_OUT = "The tests that take long were left out: `./trunkline test --long` has them too."


def pytest_addoption(parser):
    parser.addoption(
        "--long", action="store_true", help="with the tests that take long, which a file's name asks for too"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Decided once, and told to the workers of xdist, to whom the command line looks otherwise."""
    if hasattr(config, "workerinput"):
        config.option.long = config.workerinput["long"]
        return
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    config.option.long = config.option.long or named or "long" in config.option.markexpr


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["long"] = node.config.option.long


def pytest_collection_modifyitems(config, items):
    if config.option.long:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in set(left_out)]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter, config):
    if not config.option.long:
        terminalreporter.line(LEFT_OUT)

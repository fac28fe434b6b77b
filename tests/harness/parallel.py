"""The tests in parallel processes, by pytest-xdist, and those that must be alone after all others.

A worker gets whole files, so what a module, a folder or the session shares starts once in it. Most tests wait for
timers rather than compute; so there are more workers than CPUs, and none at all where few files are asked for. Half of
the workers begin with the files that compute, the others with those that wait, so that the CPUs have work to the end
and never all of it at once.

The files that `alone` in pyproject.toml lists run in one worker when the others have ended: what measures speed, counts
what the machine holds, or would starve its neighbours. Add the file there; a single test needs a file of its own.

Each line of `together` there names files, by patterns, that share what is dear to start, a node or a PostgreSQL. One
worker has them all, and others help with them when they have nothing else left.
"""

import os
from fnmatch import fnmatch
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

WORKERS = 4  # for two CPUs: with six, timers of SIP ran out, and the tests took no less
FEW = 3  # files that are sooner run here than workers have started
ALONE = "alone"
# Folders whose tests take long start first, so that no worker is left with one when the others are done. These start
# nodes or browsers, which take CPU time; the next ones wait for timers.
COMPUTING = ("fleet", "endtoend", "chaos", "systemd", "browser", "node", "bench")
WAITING = ("interop", "control", "scenarios", "sandbox", "dashboard", "harness")
LONG = COMPUTING + WAITING

ours = pytest.StashKey[bool]()  # the command line names no other way to share out the tests


def pytest_addoption(parser):
    parser.addini("alone", "Files of tests that run when all others have ended.", "linelist", [])
    parser.addini("together", "Files of tests that one worker runs, by patterns; each line is of one.", "linelist", [])


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """As many workers as suit the files, unless the command line says how it wants the tests to run."""
    _alone(config), _together(config)  # what they name wrongly is told before anything starts
    option = config.option
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput") or option.dist != "no":
        return
    config.stash[ours] = True
    option.loadscopereorder = False
    watched = option.usepdb or option.capture == "no" or option.collectonly
    files = _files(config.args)
    if option.numprocesses is None and not option.tx and not watched and files > FEW:
        option.numprocesses = min(WORKERS, files)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each worker compiles every file of tests, each time


def _files(arguments: list[str]) -> int:
    """How many files of tests the arguments name, themselves or by their folders."""
    paths = {Path(argument.partition("::")[0]) for argument in arguments}
    return sum(len(list(path.rglob("test_*.py"))) if path.is_dir() else 1 for path in paths)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Turns(config, log) if ours in config.stash else None


def pytest_collection_modifyitems(config, items):
    alone = _alone(config)

    def turn(item) -> int:
        folder = item.path.parent.name
        if _file(item.nodeid) in alone:
            return len(LONG) + 1
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=turn)  # stable: each file stays together


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _computes(file: str) -> bool:
    return Path(file).parent.name in COMPUTING


def _alone(config) -> set[str]:
    listed = set(config.getini("alone"))
    if missing := [name for name in sorted(listed) if not (config.rootpath / name).is_file()]:
        raise pytest.UsageError(f"pyproject.toml: alone: there is no file {', '.join(missing)}")
    return listed


def _together(config) -> list[list[str]]:
    groups = [line.split() for line in config.getini("together")]
    if missing := [name for names in groups for name in names if not any(config.rootpath.glob(name))]:
        raise pytest.UsageError(f"pyproject.toml: together: there is no file {', '.join(missing)}")
    return groups


class Turns(LoadScopeScheduling):
    """Files in the order of collection, each to the next worker that is free: every other worker prefers those of
    COMPUTING, the workers between prefer the rest. Those of `together` are their first one's worker's, and
    those of `alone` go to the last worker, as soon as the others have ended."""

    def __init__(self, config, log=None):
        super().__init__(config, log)
        self._alone = _alone(config)
        self._together = _together(config)
        self._holders = {}  # the worker of each line of `together`
        self._groups = {}  # of each file, as it is asked for time and again

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return ALONE if file in self._alone else file

    def _assign_work_unit(self, node) -> None:
        others = [other for other in self.nodes if other is not node]
        if next(iter(self.workqueue)) != ALONE or not others:
            self.workqueue.move_to_end(self._next_for(node), last=False)
            super()._assign_work_unit(node)
        elif not all(other.shutting_down for other in others):
            node.shutdown()  # when it has done what it holds

    def _next_for(self, node) -> str:
        """The first file that no other worker should have and that is of this one's kind, as far as there is one."""
        computes = self.nodes.index(node) % 2 == 0

        def drawback(file: str) -> tuple[bool, bool, bool]:
            return file == ALONE, self._is_anothers(file, node), _computes(file) != computes

        file = min(self.workqueue, key=drawback)
        if not self._is_anothers(file, node):
            self._holders[self._group(file)] = node
        return file

    def _is_anothers(self, file: str, node) -> bool:
        holder = self._holders.get(self._group(file), node)
        return holder is not node and holder in self.nodes

    def _group(self, file: str) -> int | str:
        """Its line of `together`; itself, where it has none."""
        if file not in self._groups:
            lines = (n for n, names in enumerate(self._together) if any(fnmatch(file, name) for name in names))
            self._groups[file] = next(lines, file)
        return self._groups[file]

    def remove_node(self, node) -> str | None:
        """The test in which a worker died is not begun again; the others that it held are."""
        held = self.assigned_work.pop(node)
        left = [(tests, nodeid) for tests in held.values() for nodeid, done in tests.items() if not done]
        if left:
            tests, nodeid = left[0]
            tests[nodeid] = True
        self.workqueue.update({file: tests for file, tests in held.items() if not all(tests.values())})
        if ALONE in self.workqueue:
            self.workqueue.move_to_end(ALONE)
        if self.workqueue:
            for other in self.nodes:
                if other in self.registered_collections:  # one that has just started is asked later
                    self._reschedule(other)
        return left[0][1] if left else None

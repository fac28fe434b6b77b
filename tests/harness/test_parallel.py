"""How the tests are shared out, in a small project of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

TESTS = Path(__file__).parents[1]
RUNS = """
import os, pathlib, time, pytest

@pytest.mark.parametrize("n", range(3))
def test_it(n):
    began = time.monotonic()
    time.sleep(0.1)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "none")
    with open("log", "a") as log:
        log.write(f"{pathlib.Path(__file__).stem} {worker} {began} {time.monotonic()}\\n")
"""


class Project:
    def __init__(self, root: Path):
        self.root = root
        (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\nalone = ["tests/test_m.py"]\n')
        (root / "tests").mkdir()
        (root / "tests" / "conftest.py").write_text('pytest_plugins = ["harness.parallel"]\n')
        for name in ("test_a", "test_b", "test_m", "test_y", "test_z"):
            (root / "tests" / f"{name}.py").write_text(RUNS)

    def run(self, *words: str) -> tuple[int, str]:
        """The exit status of the tests, and what they printed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        # Each process would import every plugin that is installed, which takes longer than its tests.
        environment |= {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        xdist = [] if "no:xdist" in words else ["-p", "xdist"]
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *xdist, *words],
            cwd=self.root, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        return ran.returncode, ran.stdout + ran.stderr

    def log(self) -> list[tuple[str, str, float, float]]:
        """Each test that ran, as it ended: its file, its worker, when it began and ended."""
        lines = [line.split() for line in (self.root / "log").read_text().splitlines()]
        return [(file, worker, float(began), float(ended)) for file, worker, began, ended in lines]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_workers_share_the_files_and_what_must_be_alone_is_last(project):
    status, said = project.run("tests")
    assert (status, "15 passed" in said) == (0, True), said
    log = project.log()
    workers = {file: {worker for name, worker, _, _ in log if name == file} for file, *_ in log}
    assert len(set.union(*workers.values())) > 1
    assert all(len(of_one_file) == 1 for of_one_file in workers.values())
    assert min(began for file, _, began, _ in log if file == "test_m") > max(
        ended for file, *_, ended in log if file != "test_m"
    )


def test_each_worker_begins_with_files_of_its_kind(project):
    folder = project.root / "tests" / "fleet"
    folder.mkdir()
    for name in ("test_c", "test_d"):
        (folder / f"{name}.py").write_text(RUNS)
    status, said = project.run("-n", "2", "tests")
    assert (status, "21 passed" in said) == (0, True), said
    first = {}
    for file, worker, *_ in project.log():
        first.setdefault(worker, file)
    assert set(first.values()) == {"test_a", "test_c"}


def test_files_that_share_what_is_dear_go_to_one_worker(project):
    """All other tests wait for the second of these files to begin: nobody is out of work before, and helps with it."""
    (project.root / "log").touch()
    waits = RUNS.replace("time.sleep(0.1)", "while 'test_d' not in pathlib.Path('log').read_text(): time.sleep(0.02)")
    for name in ("test_a", "test_b", "test_y", "test_z"):
        (project.root / "tests" / f"{name}.py").write_text(waits)
    folder = project.root / "tests" / "chaos"
    folder.mkdir()
    for name in ("test_c", "test_d"):
        (folder / f"{name}.py").write_text(RUNS)
    with (project.root / "pyproject.toml").open("a") as file:
        file.write('together = ["tests/test_m.py tests/chaos/*.py"]\n')
    status, said = project.run("-n", "4", "tests")
    assert (status, "21 passed" in said) == (0, True), said
    assert len({worker for file, worker, *_ in project.log() if file in ("test_c", "test_d")}) == 1


@pytest.mark.parametrize(
    "words",
    [["tests/test_a.py", "tests/test_m.py"], ["tests", "-s"], ["tests", "-p", "no:xdist"]],
    ids=" ".join,
)
def test_no_worker_starts_for_a_few_files_or_for_who_looks_on(project, words):
    status, said = project.run(*words)
    assert status == 0, said
    assert {worker for _, worker, _, _ in project.log()} == {"none"}


def test_only_what_must_be_alone(project):
    for path in (project.root / "tests").glob("test_[abyz].py"):
        path.unlink()
    status, said = project.run("-n", "2", "tests")
    assert (status, "3 passed" in said) == (0, True), said
    assert len({worker for _, worker, _, _ in project.log()}) == 1


def test_the_first_failure_ends_the_run_when_asked_to(project):
    (project.root / "tests" / "test_a.py").write_text("def test_it():\n    raise SystemError\n")
    status, said = project.run("tests", "-n", "2", "-x")
    assert (status, "1 failed" in said) == (2, True), said
    assert "test_m" not in {file for file, *_ in project.log()}


def test_a_worker_that_dies_fails_its_test_and_no_other(project):
    (project.root / "tests" / "test_m.py").write_text(f"{RUNS}\ndef test_death():\n    os._exit(1)\n")
    status, said = project.run("tests", "-n", "2")
    assert (status, "1 failed, 15 passed" in said) == (1, True), said


def test_a_file_that_is_not_there_is_named(project):
    (project.root / "tests" / "test_m.py").unlink()
    status, said = project.run("tests")
    assert status != 0
    assert "alone: there is no file tests/test_m.py" in said
    (project.root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntogether = ["tests/test_[ac].py tests/c/*"]\n'
    )
    status, said = project.run("tests")
    assert status != 0
    assert "together: there is no file tests/c/*" in said

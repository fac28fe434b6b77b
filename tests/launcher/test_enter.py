"""A command in the platform, by the real bubblewrap, with this system for its root."""

import os
import pty
import select
import signal
import sys
import time

import pytest

DEADLINE = 20  # s


@pytest.fixture
def inside(machine):
    """The launcher with its root and environment in place; the root is the system the tests run on."""
    assert machine.launch("prepare")[0] == 0
    (machine.root / "bin" / "bwrap").unlink()
    machine.edit("enter.sh", '--bind "$root" /', "--bind / /")
    return machine


@pytest.mark.parametrize("status", [0, 1, 7, 127])
def test_exit_status(inside, status):
    assert inside.launch("shell", "sh", "-c", f"exit {status}")[0] == status


def test_a_command_killed_by_a_signal(inside):
    assert inside.launch("shell", "sh", "-c", "kill -9 $$")[0] == 128 + signal.SIGKILL


def test_standard_input_output_and_error(inside):
    process = inside.start("shell", "sh", "-c", "cat; echo oops >&2")
    assert process.communicate("hello\n", timeout=DEADLINE) == ("hello\n", "oops\n")


def test_words_stay_whole(inside):
    words = ["two words", "", "$HOME", "*", "it's"]
    _, out, _ = inside.launch("shell", sys.executable, "-c", "import sys; print(sys.argv[1:])", *words)
    assert out == f"{words}\n"


def test_environment(inside):
    inside.environment |= {"LD_LIBRARY_PATH": "/x", "PYTHONHOME": "", "PYTHONWARNINGS": "error", "KEPT": "yes"}
    _, out, _ = inside.launch("shell", "env")
    found = dict(line.split("=", 1) for line in out.splitlines())
    venv = inside.cache / inside.environments()[0]
    assert found["PATH"].split(":")[0] == f"{venv}/bin"
    assert found["PYTHONPATH"] == f"{inside.clone}/src"
    assert found["LC_ALL"] == "C.UTF-8"
    assert found["TRUNKLINE_HOME"] == f"{inside.root}/home"
    assert found["KEPT"] == "yes"
    assert not {"LD_LIBRARY_PATH", "PYTHONWARNINGS"} & set(found)


def test_the_system_is_read_only_and_the_home_is_not(inside):
    status, _, err = inside.launch("shell", "touch", "/usr/x")
    assert status == 1
    assert "Read-only" in err
    assert inside.launch("shell", "touch", f"{inside.root}/home/x")[0] == 0
    assert (inside.root / "home" / "x").exists()


@pytest.mark.parametrize(("folder", "seen"), [("clone/deploy", "clone/deploy"), ("", ""), (None, "clone")])
def test_folder(inside, folder, seen):
    """The caller's own is kept; one of which the platform has another (here /etc) becomes the clone."""
    here = "/etc" if folder is None else inside.root / folder
    _, out, _ = inside.launch("shell", "pwd", cwd=here)
    assert out == f"{inside.root / seen}\n"


def test_processes_outlive_the_launcher(inside):
    _, out, _ = inside.launch("shell", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!")
    os.kill(int(out), signal.SIGTERM)  # raises if there is no such process out here


def test_a_killed_test_run_leaves_nothing(inside):
    python = inside.cache / inside.environments()[0] / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\nsetsid sleep 600 &\necho ready\nwait\n")
    python.chmod(0o755)
    run = inside.start("test")
    assert run.stdout.readline() == "ready\n"
    run.kill()
    assert run.communicate(timeout=DEADLINE)[0] == ""  # ends when nobody holds its output any more


TELL_SIGNALS = """
import signal, sys
seen = []
for name in ("SIGINT", "SIGTERM"):
    signal.signal(getattr(signal, name), lambda number, frame: seen.append(signal.Signals(number).name))
print("ready", flush=True)
while not seen:
    signal.pause()
signal.sigtimedwait([signal.SIGHUP], 0.5)  # long enough for a second one to arrive
print(*seen, flush=True)
sys.exit(9)
"""


def test_signals_have_their_defaults(inside):
    """Ctrl-C is ignored around the command, and what is ignored is inherited: Python would then never stop at it."""
    _, out, _ = inside.launch(
        "shell",
        sys.executable,
        "-c",
        "import signal as s; print(s.getsignal(s.SIGINT) is s.default_int_handler, s.getsignal(s.SIGTERM) is s.SIG_DFL,"
        " s.getsignal(s.SIGQUIT) is s.SIG_DFL)",
    )
    assert out == "True True True\n"


def test_sigterm_is_passed_on(inside):
    process = inside.start("shell", sys.executable, "-c", TELL_SIGNALS)
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.communicate(timeout=DEADLINE)[0] == "SIGTERM\n"
    assert process.returncode == 9


def test_ctrl_c_arrives_once(inside):
    terminal, other = pty.openpty()
    process = inside.start(
        "shell",
        sys.executable,
        "-c",
        TELL_SIGNALS,
        stdin=other,
        stdout=other,
        stderr=other,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
    )
    os.close(other)
    read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    assert b"SIGINT SIGINT" not in read_until(terminal, b"SIGINT\r\n")
    assert process.wait(DEADLINE) == 9
    os.close(terminal)


def read_until(terminal, words):
    text = b""
    end = time.monotonic() + DEADLINE
    while words not in text:
        readable, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert readable, f"{words} did not come: {text}"
        text += os.read(terminal, 4096)
    return text

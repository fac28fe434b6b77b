"""The process manager outlives a full disk, which /dev/full is."""

import errno
import subprocess
import sys

from trunkline.node.manager import Patient


class Full:
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        self.write("")

    encoding = "utf-8"


def test_what_cannot_be_written_is_lost_and_no_error():
    stream = Patient(Full())
    assert stream.write("a line\n") == 7
    stream.flush()
    assert stream.encoding == "utf-8"


def test_supervisord_goes_on_when_it_can_write_neither_its_log_nor_its_errors(tmp_path):
    """Its child writes to a log that is full, and looks a second later whether it still has a parent."""
    config = tmp_path / "supervisord.conf"
    config.write_text(
        "[supervisord]\nnodaemon=true\nlogfile=/dev/full\nlogfile_maxbytes=0\n"
        f"pidfile={tmp_path}/pid\nchildlogdir={tmp_path}\nuser=root\n"
        f"[program:talker]\ncommand=sh -c 'echo hello; sleep 1; kill -TERM $PPID && touch {tmp_path}/lives'\n"
        "stdout_logfile=/dev/full\nstdout_logfile_maxbytes=0\n"
    )
    with open("/dev/full", "w") as full:
        subprocess.run(
            [sys.executable, "-m", "trunkline.node.manager", "-c", str(config)],
            stdout=full, stderr=full, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
    assert (tmp_path / "lives").exists()

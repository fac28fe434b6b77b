"""Starts again what supervisord gave up, and has removed log files written anew: `python -m trunkline.node.revive`,
supervisord's event listener.

supervisord leaves a program dead (FATAL) after a row of failed starts. A node must come back by itself when what
made it fail is over, be it after a second or after a night. And who removes log files to make room on a disk would get
none, nor see what the parts say, as supervisord goes on writing into the files that are gone.
"""

import os
import signal
import sys
import xmlrpc.client
from collections.abc import Iterable
from pathlib import Path

from supervisor import childutils


def main() -> None:
    """Answer events on stdin and stdout until supervisord closes them (an exception then ends us, as it should)."""
    rpc = childutils.getRPCInterface(os.environ)
    while True:
        headers, payload = childutils.listener.wait()
        if headers["eventname"] == "TICK_5":
            _look_after_logs(rpc)
        else:
            _start_again(rpc, dict(pair.split(":", 1) for pair in payload.split())["processname"])
        childutils.listener.ok()


def _start_again(rpc, name: str) -> None:
    try:
        rpc.supervisor.startProcess(name, False)
        print(f"{name} failed again and again; started once more", file=sys.stderr, flush=True)
    except xmlrpc.client.Fault as fault:  # supervisord is on its way out, or somebody was faster
        print(f"{name} could not be started: {fault.faultString}", file=sys.stderr, flush=True)


def _look_after_logs(rpc) -> None:
    try:
        processes, pid = rpc.supervisor.getAllProcessInfo(), rpc.supervisor.getPID()
    except xmlrpc.client.Fault:  # as above
        return
    names = {process[key] for process in processes for key in ("stdout_logfile", "stderr_logfile")}
    if _made_anew(Path(name) for name in names if name):
        os.kill(pid, signal.SIGUSR2)  # it opens all of them


def _made_anew(paths: Iterable[Path]) -> bool:
    """Whether files were missing, all of which are there now: supervisord would end if it could not make one."""
    gone = [path for path in paths if not path.exists()]
    try:
        for path in gone:
            path.parent.mkdir(mode=0o750, exist_ok=True)
            path.touch()
    except OSError:  # a disk without room
        return False
    return bool(gone)


if __name__ == "__main__":
    main()

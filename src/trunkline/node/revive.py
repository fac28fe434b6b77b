"""Starts again what supervisord gave up: `python -m trunkline.node.revive`, its event listener.

supervisord leaves a program dead (FATAL) after a row of failed starts. A node must come back by itself when what
made it fail is over, be it after a second or after a night.
"""

import os
import sys
import xmlrpc.client

from supervisor import childutils


def main() -> None:
    """Answer events on stdin and stdout until supervisord closes them (an exception then ends us, as it should)."""
    rpc = childutils.getRPCInterface(os.environ)
    while True:
        _, payload = childutils.listener.wait()
        name = dict(pair.split(":", 1) for pair in payload.split())["processname"]
        try:
            rpc.supervisor.startProcess(name, False)
            print(f"{name} failed again and again; started once more", file=sys.stderr, flush=True)
        except xmlrpc.client.Fault as fault:  # supervisord is on its way out, or somebody was faster
            print(f"{name} could not be started: {fault.faultString}", file=sys.stderr, flush=True)
        childutils.listener.ok()


if __name__ == "__main__":
    main()

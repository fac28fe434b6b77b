"""Ctrl-C, SIGTERM and a closed terminal: the first of them has `up` stop the node, and no other breaks that off.

They come in pairs: an impatient second Ctrl-C, or the shell's SIGHUP and then the kernel's when a terminal is closed.
"""

import os
import signal
from contextlib import suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = b"          it is being stopped: a moment\n"


def heed() -> None:
    """Have the first of them raise KeyboardInterrupt; `nohup` keeps its promise."""
    _have(_interrupt)


def put_off() -> None:
    """Have none of them interrupt what follows, which is that the node is stopped."""
    _have(_ask_for_patience)


def _have(handler) -> None:
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(*_) -> None:
    put_off()
    raise KeyboardInterrupt


def _ask_for_patience(number: int, _frame) -> None:
    # Not by a file object, which the signal may have interrupted in the middle of a line.
    if number == signal.SIGINT:
        with suppress(OSError):  # the terminal is closed
            os.write(2, PATIENCE)

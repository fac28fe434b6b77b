"""supervisord, which would otherwise end when the disk is full: `python -m trunkline.node.manager -c FILE`.

It cannot write its log then, says so on its standard error, which is a file on the same disk, and does not expect that
to fail too (supervisor 4.3, loggers.py, handleError). Every part would go down with it.
"""

import contextlib
import sys
from typing import TextIO

from supervisor import supervisord


class Patient:
    """A stream whose writing may fail; what could not be written is lost."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


if __name__ == "__main__":
    sys.stdout, sys.stderr = Patient(sys.stdout), Patient(sys.stderr)
    supervisord.main()

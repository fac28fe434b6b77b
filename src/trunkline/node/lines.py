"""Reading the journal's files on from where one stopped, across renaming and restarts."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from trunkline.contract import journal

BATCH_LINES = 1000
BATCH_BYTES = 4_000_000


@dataclass(slots=True)
class Batch:
    events: list[journal.Event] = field(default_factory=list)
    damaged: list[bytes] = field(default_factory=list)
    size: int = 0  # bytes of the file that it covers

    @property
    def full(self) -> bool:
        """Whether it is all that is taken at once, so that more may be there already."""
        return len(self.events) + len(self.damaged) >= BATCH_LINES or self.size >= BATCH_BYTES


def files(current: Path) -> Sequence[Path]:
    """The journal's files, the oldest first; `current` is the one that the edge appends to."""
    # Five times a second in every node: with pathlib's glob the part `clear` takes a seventh more of a CPU (measured).
    try:
        names = os.listdir(current.parent)
    except FileNotFoundError:
        return []
    own = f"{current.stem}-"
    rotated = sorted(name for name in names if name.startswith(own) and name.endswith(current.suffix))
    return [current.parent / name for name in (*rotated, *[current.name] * (current.name in names))]


def opened(path: Path, flags: int = os.O_RDONLY) -> int:
    """The descriptor of a regular file in the journal's folder, which Kamailio's user owns: root follows no link there,
    and waits for no reader of a pipe. Raises OSError."""
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o640)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link, which we never make there: remove it", str(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a file, and we make nothing else there: remove it", str(path))
    return descriptor


def identity(file: BinaryIO) -> str:
    """A name that a file keeps when it is renamed, and that no later file gets: an inode is used again after a
    deletion, but a first line, with its time and call, is not. '' while there is no whole line but empty ones."""
    file.seek(0)
    first = file.readline()
    while first == b"\n":
        first = file.readline()
    if not first.endswith(b"\n"):
        return ""
    return f"{os.fstat(file.fileno()).st_ino:x}-{hashlib.sha256(first).hexdigest()[:16]}"


def onward(current: Path, positions: dict[str, int]) -> Iterator[Batch]:
    """What was written since the positions in the files, which are known by their identities: a batch of each, the
    oldest first. The positions are brought up to date, and those of files that are gone left out. Raises OSError in the
    end where one cannot be read; the others are."""
    seen, trouble = set(), None
    for path in files(current):
        try:
            file = open(opened(path), "rb")  # noqa: SIM115 - closed below
        except FileNotFoundError:  # the shipper has just removed it
            continue
        except OSError as error:
            trouble = trouble or error
            continue
        with file:
            try:
                name = identity(file)
                batch = read(file, positions.get(name, 0)) if name else None
            except OSError as error:  # a disk that begins to fail
                trouble = trouble or error
                continue
        if batch is None:
            continue
        positions[name] = positions.get(name, 0) + batch.size
        seen.add(name)
        yield batch
    if trouble:  # its position is kept
        raise trouble
    for name in positions.keys() - seen:
        del positions[name]


def append(current: Path, events: Sequence[journal.Event]) -> bool:
    """Write lines in one piece, as the edge does. False while the file is being renamed: only the edge, which does not
    run as root, makes the next one. Raises OSError."""
    try:
        descriptor = opened(current, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor, "rb+", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        half = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        written = b"\n" * half + b"".join(map(journal.encode, events))
        if file.write(written) < len(written):
            raise OSError(errno.ENOSPC, "the disk had room for half of it only", str(current))
    return True


def read(file: BinaryIO, position: int) -> Batch:
    """The next whole lines from a position on; a half line at the end is left for later."""
    batch = Batch()
    file.seek(position)
    while not batch.full:
        line = file.readline()
        if not line.endswith(b"\n"):
            break
        batch.size += len(line)
        event = journal.decode(line)
        if event is None:
            batch.damaged.append(line)
        else:
            batch.events.append(event)
    return batch

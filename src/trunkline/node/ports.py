"""Ports that no setting fixes: chosen free at the first start, then kept, in `node/ports.json`."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ports:
    media_control: int  # rtpengine's NG protocol, UDP on 127.0.0.1


def ensure(path: Path, media_control: int) -> Ports:
    """The node's ports; `media_control` is the setting, 0 for a free one. Raises OSError when it cannot be kept."""
    ports = Ports(media_control or _kept(path) or _free())
    path.write_text(json.dumps(asdict(ports)), encoding="ascii")
    return ports


def read(path: Path) -> Ports:
    """The ports that were chosen at the last start; raises FileNotFoundError before the first."""
    return Ports(**json.loads(path.read_text(encoding="ascii")))


def _kept(path: Path) -> int:
    try:
        port = read(path).media_control
    except (FileNotFoundError, ValueError, TypeError):
        return 0
    return port if _is_free(port) else 0


def _free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

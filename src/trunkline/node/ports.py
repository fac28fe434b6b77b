"""Ports that no setting fixes: chosen free at the first start, then kept, in `node/ports.json`."""

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

LAST = 65535


@dataclass(frozen=True, slots=True)
class Ports:
    """All on 127.0.0.1."""

    relays: tuple[int, ...]  # of each rtpengine its NG protocol, UDP
    redis: int = 0  # TCP

    @property
    def media_control(self) -> int:
        """The first relay's."""
        return self.relays[0]


def ensure(path: Path, media_control: int, relays: int = 1) -> Ports:
    """The node's ports for so many relays; `media_control` is the setting, 0 for free ones. Raises OSError when there
    are not so many or they cannot be kept."""
    if media_control + relays - 1 > LAST:
        raise OSError(
            f"media.control_port = {media_control} leaves no room for {relays} relays, which take one port each from "
            f"there on: it must be at most {LAST - relays + 1}, or 0 for free ones"
        )
    kept = _kept(path)
    if media_control:
        control = range(media_control, media_control + relays)
    else:
        control = [port for port in kept.relays[:relays] if _is_free(port, socket.SOCK_DGRAM)]
        while len(control) < relays:
            control.append(_free(socket.SOCK_DGRAM, control))
    redis = kept.redis if kept.redis and _is_free(kept.redis, socket.SOCK_STREAM) else _free(socket.SOCK_STREAM, [])
    ports = Ports(tuple(control), redis)
    path.write_text(json.dumps(asdict(ports)), encoding="ascii")
    return ports


def read(path: Path) -> Ports:
    """The ports that were chosen at the last start; raises FileNotFoundError before the first."""
    found = Ports(**json.loads(path.read_text(encoding="ascii")))
    return Ports(tuple(found.relays), found.redis)


def _kept(path: Path) -> Ports:
    try:
        return read(path)
    except (FileNotFoundError, ValueError, TypeError):
        return Ports(())


def _free(kind: socket.SocketKind, taken: list[int]) -> int:
    while True:
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken:
            return port


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

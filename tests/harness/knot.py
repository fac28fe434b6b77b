"""A real authoritative name server: Knot, with zones given as text."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.polling import until


@dataclass(frozen=True)
class NameServer:
    address: str
    port: int


@contextlib.contextmanager
def knot(
    address: str,
    folder: Path,
    zones: Mapping[str, str],
    port: int = 0,
    key: tuple[str, str] = ("", ""),
    writers: str = "127.0.0.0/8",
    also: Sequence[str] = (),
) -> Iterator[NameServer]:
    """Serve zones, `{"example.": text}`; `key`, a name and its secret in base64, may update them (hmac-sha256) from the
    network `writers`. `also`: more addresses to listen on."""
    port = port or _free_port(address)
    listen = ", ".join(f"{its}@{port}" for its in (address, *also))
    signed = listed = ""
    if key[0]:
        signed = f"key:\n  - id: {key[0]}\n    algorithm: hmac-sha256\n    secret: {key[1]}\n"
        signed += f"acl:\n  - id: update\n    address: {writers}\n    key: {key[0]}\n    action: update\n"
    for name, text in zones.items():
        (folder / f"{name}zone").write_text(text)
        listed += f"  - domain: {name}\n    storage: {folder}\n    file: {name}zone\n"
        listed += "    acl: update\n    zonefile-sync: -1\n" if key[0] else "    journal-content: none\n"
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: [{listen}]\n  user: root:root\n"
        f"database:\n  storage: {folder}\n{signed}zone:\n{listed}"
    )
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(["knotd", "-c", str(folder / "knot.conf")], stdout=log, stderr=log)
    try:
        for name in zones:
            until(lambda name=name: _serves(address, port, name), 20, f"knotd serves {name}")
        yield NameServer(address, port)
    finally:
        process.terminate()
        process.wait(10)


def _free_port(address: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def _serves(address: str, port: int, zone: str) -> bool:
    # A question for the zone's SOA record, by hand: the code under test must not decide whether it is tested.
    labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")[:-1])
    question = bytes.fromhex("000100000001000000000000") + labels + bytes.fromhex("0000060001")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        client.connect((address, port))
        try:
            client.send(question)
            reply = client.recv(4096)
        except OSError:
            return False
        return reply[3] & 15 == 0 and reply[7] == 1  # NOERROR, one answer

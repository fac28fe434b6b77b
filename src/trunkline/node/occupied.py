"""Whether the addresses and ports that the node will listen on are there and free, and who has them if not."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trunkline.node.ports import Ports
from trunkline.settings import Settings

_ABSENT = "is not an address of this machine"
_ADVERTISED = {"sip.address": "sip.advertised", "media.address": "media.advertised"}


class Endpoint(NamedTuple):
    """`setting` names what to change to have another."""

    transport: str  # 'udp' or 'tcp'
    address: str
    port: int
    setting: str


def endpoints(settings: Settings, ports: Ports) -> list[Endpoint]:
    """Everything a node listens on, but for the RTP ports, which rtpengine takes as it finds them."""
    sip, sandbox = settings.sip, settings.sandbox
    listed = [
        Endpoint("udp", settings.sip_address, sip.port, "sip.port"),
        Endpoint("tcp", settings.sip_address, sip.port, "sip.port"),
        Endpoint("tcp", settings.sip_address, sip.tls_port, "sip.tls_port"),
        *(Endpoint("udp", "127.0.0.1", port, "media.control_port") for port in ports.relays),
        Endpoint("udp", settings.media_address, 0, "media.address"),  # port 0: is the address there at all
    ]
    if settings.cluster.address:
        listed.append(Endpoint("udp", settings.cluster.address, settings.cluster.port, "cluster.port"))
    if settings.web.enabled:
        listed.append(Endpoint("tcp", settings.web_address, settings.web.port, "web.port"))
    if settings.metrics.port:
        listed.append(Endpoint("tcp", settings.metrics.address, settings.metrics.port, "metrics.port"))
    if sandbox.enabled:
        for name, address, port in (
            ("carrier", sandbox.carrier_address, sandbox.carrier_port),
            ("pbx", sandbox.pbx_address, sandbox.pbx_port),
        ):
            listed += [Endpoint(transport, address, port, f"sandbox.{name}_port") for transport in ("udp", "tcp")]
        listed.append(Endpoint("tcp", sandbox.pbx_address, sandbox.pbx_port + 1, "sandbox.pbx_port"))
    return listed


def problems(listed: list[Endpoint]) -> list[str]:
    """What is wrong, a line each; [] when every endpoint can be had."""
    return _collisions(listed) or _refusals(listed)


def _collisions(listed: list[Endpoint]) -> list[str]:
    """Endpoints that the settings give to two parts at once."""
    found, first = [], {}
    for transport, address, port, setting in listed:
        other = first.setdefault((transport, address, port), setting)
        if other != setting and port:
            where = f"{transport.upper()} port {port} on {address}"
            found.append(f"{where} is wanted by both {other} and {setting}. Set one of them to another port or address")
    return found


def _refusals(listed: list[Endpoint]) -> list[str]:
    """An address that is not there is said once, by the first who wants it: others may only have it from that one."""
    found, absent = [], set()
    for endpoint in listed:
        if endpoint.address not in absent and (problem := _problem(endpoint)):
            found.append(problem)
            if problem.startswith(f"{endpoint.address} {_ABSENT}"):
                absent.add(endpoint.address)
    return found


def _problem(endpoint: Endpoint) -> str:
    transport, address, port, setting = endpoint
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as probe:
        try:
            if transport == "tcp":
                # As the engines do: connections of an earlier run that linger in TIME_WAIT are no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
            if transport == "tcp":
                probe.listen()
        except OSError as error:
            return _explain(endpoint, error)
    return ""


def _explain(endpoint: Endpoint, error: OSError) -> str:
    transport, address, port, setting = endpoint
    where = f"{transport.upper()} port {port} on {address}"
    address_setting = setting.replace("tls_port", "address").replace("port", "address")
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where} is taken{_owner(endpoint)}. End that, or set {setting} to another port"
        case errno.EADDRNOTAVAIL:
            advertised = _ADVERTISED.get(address_setting)
            nat = f"; behind a NAT, the one that others see is {advertised}" if advertised else ""
            return f"{address} {_ABSENT}. Set {address_setting} to one that is{nat}"
        case errno.EACCES:
            return f"{where} may be used by root only. Run as root, or set {setting} above 1023"
    return f"{where} cannot be used: {error.strerror}"


def _owner(endpoint: Endpoint) -> str:
    """The process behind a socket, as far as /proc tells us."""
    inodes = _inodes(endpoint)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if inodes & set(_links(folder / "fd")):
                return f" by {(folder / 'comm').read_text().strip()} (process {folder.name})"
        except OSError:  # it ended meanwhile, or is not ours to see
            continue
    return ""


def _links(folder: Path) -> Iterator[str]:
    for link in folder.iterdir():
        try:
            yield os.readlink(link)
        except FileNotFoundError:  # closed meanwhile
            continue


def _inodes(endpoint: Endpoint) -> set[str]:
    found = set()
    for version in ("", "6"):
        try:
            lines = Path(f"/proc/net/{endpoint.transport}{version}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            address, port = fields[1].rsplit(":", 1)
            listening = endpoint.transport == "udp" or fields[3] == "0A"  # TCP_LISTEN
            if listening and int(port, 16) == endpoint.port and _covers(address, endpoint.address):
                found.add(f"socket:[{fields[9]}]")
    return found


def _covers(kernel: str, address: str) -> bool:
    """Whether a socket's address, in the kernel's hex, is this address or the wildcard."""
    if not int(kernel, 16):
        return True
    packed = bytes.fromhex(kernel)
    words = b"".join(packed[i : i + 4][::-1] for i in range(0, len(packed), 4))  # host order, little-endian
    return words == socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)

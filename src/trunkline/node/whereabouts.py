"""The addresses behind what the control plane knows of PBXs: by the answers that DNS gave the edge, and by who
registered."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from trunkline.contract.distances import REGISTERED, Target
from trunkline.sip import uri as sip_uri
from trunkline.sip.uri import DEFAULT_PORT, UriError, is_ip

ADDRESSES = 2  # of one host name that are asked


@dataclass(frozen=True, slots=True)
class Place:
    """`uri` is what an OPTIONS asks for, and `next_hop` the URI it is sent to, '' for the contact that registered."""

    account: int
    known: str
    address: str
    uri: str
    next_hop: str


def named(targets: Iterable[Target], edge: sqlite3.Connection) -> Iterator[Place]:
    """Of a name that does not resolve there is none. `edge` is the edge's store."""
    for target in targets:
        for ip, port in _addresses(target, edge):
            host = f"[{ip}]" if ":" in ip else ip
            hop = f"sip:{host}:{port};transport={target.transport}"
            yield Place(target.account, target.known, ip, target.uri, hop)


def registered(keys: Mapping[str, int], locations: Path, domain: str) -> Iterator[Place]:
    """Where the PBXs are that registered with these keys; `locations` is Kamailio's own file of contacts."""
    with closing(sqlite3.connect(f"file:{locations}?mode=ro", uri=True, timeout=1)) as connection:
        for key, account in keys.items():
            for contact, received in connection.execute(_CONTACTS, (key,)):
                if address := _address(received or contact):
                    yield Place(account, REGISTERED, address, f"sip:{key}@{domain}", "")


_CONTACTS = "SELECT contact, received FROM location WHERE username = ?"
_ANSWER = "SELECT targets FROM resolution WHERE host = ? AND port = ? AND transport = ?"


def _addresses(target: Target, edge: sqlite3.Connection) -> list[tuple[str, int]]:
    if is_ip(target.host):
        return [(target.host, target.port or DEFAULT_PORT[target.transport])]
    row = edge.execute(_ANSWER, (target.host.lower(), target.port, target.transport)).fetchone()
    found = sorted(json.loads(row["targets"]), key=lambda one: one[2]) if row else []  # by priority
    return [(ip, port) for ip, port, *_ in found[:ADDRESSES]]


def _address(contact: str) -> str:
    """The IP address of a contact's URI; '' for one that has none."""
    try:
        host = sip_uri.parse(contact).host
    except UriError:
        return ""
    return host if is_ip(host) else ""

"""RFC 3263 §4: the addresses that requests to a host name go to, for a transport that is given.

NAPTR only chooses a transport (§4.1); ours comes from the URI or the carrier's setting, so it is not asked for.
"""

import asyncio
from typing import NamedTuple, Protocol

from trunkline.dns.resolver import Unanswered
from trunkline.sip.uri import DEFAULT_PORT

SERVICE = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}  # RFC 3263 §4.1
MAX_SERVERS = 20  # SRV records looked at, the best first: an answer may hold hundreds
MAX_TARGETS = 20  # of one name, which may have thousands of addresses; a call makes 30 attempts


class Target(NamedTuple):
    """Fields of an SRV record (RFC 2782), its name resolved; without SRV priority and weight are 0."""

    ip: str
    port: int
    priority: int
    weight: int


class Located(NamedTuple):
    """`targets` in order of priority; `problem` says in plain words why there is none; `ttl` in s."""

    targets: list[Target]
    problem: str
    ttl: int


class Asker(Protocol):
    async def ask(self, name: str, kind: str) -> tuple[list, int]: ...


async def locate(asker: Asker, host: str, port: int, transport: str, ipv6: bool) -> Located:
    """Where `host` is; port 0: none was written. AAAA is asked for only when `ipv6`.

    Raises Unanswered when an answer that decides the result is missing.
    """
    if port:  # §4.2: a port that is given rules SRV out
        return await _addresses(asker, host, port, ipv6)
    servers, ttl = await asker.ask(f"{SERVICE[transport]}.{host}", "SRV")
    if not servers:
        found = await _addresses(asker, host, DEFAULT_PORT[transport], ipv6)
        return found._replace(ttl=min(ttl, found.ttl))
    offered = sorted((server for server in servers if str(server.target) != "."), key=lambda server: server.priority)
    if not offered:  # RFC 2782: a target of "." means the service is decidedly not available
        return Located([], f"{host} says in its SRV record that it takes no SIP over {transport}", ttl)
    found = await _servers(asker, offered[:MAX_SERVERS], ipv6)
    return found._replace(ttl=min(ttl, found.ttl))


async def _servers(asker: Asker, servers: list, ipv6: bool) -> Located:
    """Every server that resolves; one that nobody answers for must not cost the others."""
    names = [server.target.to_text(omit_final_dot=True).lower() for server in servers]
    found = await asyncio.gather(
        *(_addresses(asker, name, server.port, ipv6) for name, server in zip(names, servers, strict=True)),
        return_exceptions=True,
    )
    targets, ttls, unanswered = [], [], None
    for server, result in zip(servers, found, strict=True):
        if isinstance(result, Unanswered):
            unanswered = result
            ttls.append(0)  # ask again soon
            continue
        if isinstance(result, BaseException):
            raise result
        ttls.append(result.ttl)
        targets += [target._replace(priority=server.priority, weight=server.weight) for target in result.targets]
    if not targets and unanswered:
        raise unanswered
    problem = "" if targets else f"no server named by the SRV records has an address: {', '.join(names)}"
    return Located(targets[:MAX_TARGETS], problem, min(ttls))


async def _addresses(asker: Asker, host: str, port: int, ipv6: bool) -> Located:
    kinds = ("A", "AAAA") if ipv6 else ("A",)
    answers = await asyncio.gather(*(asker.ask(host, kind) for kind in kinds))
    targets = [Target(record.address, port, 0, 0) for records, _ in answers for record in records][:MAX_TARGETS]
    problem = "" if targets else f"{host} has no {' or '.join(kinds)} record in DNS"
    ttls = [ttl for records, ttl in answers if records or not targets]
    return Located(targets, problem, min(ttls))

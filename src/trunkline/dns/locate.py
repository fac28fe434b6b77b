"""RFC 3263 §4: the addresses that requests to a host name go to, for a transport that is given.

NAPTR only chooses a transport (§4.1); ours comes from the URI or the carrier's setting, so it is not asked for.
"""

import asyncio
from collections.abc import Iterable
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


type Known = dict[tuple[str, int], list[Target]]  # by the name and port of a server in SRV records


async def locate(asker: Asker, host: str, port: int, transport: str, ipv6: bool, known: Known | None = None) -> Located:
    """Where `host` is; port 0: none was written. AAAA is asked for when `ipv6`, and A when not: a node calls only
    addresses of its own version. `known`: where the last call found the servers, and this one finds them.

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
    found = await _servers(asker, offered[:MAX_SERVERS], ipv6, {} if known is None else known)
    return found._replace(ttl=min(ttl, found.ttl))


async def _servers(asker: Asker, servers: list, ipv6: bool, known: Known) -> Located:
    """Every server that resolves; one that nobody answers for is where it was, and does not cost the others."""
    places = [(server.target.to_text(omit_final_dot=True).lower(), server.port) for server in servers]
    found = await asyncio.gather(
        *(_addresses(asker, name, port, ipv6) for name, port in places), return_exceptions=True
    )
    if fault := next(
        (one for one in found if isinstance(one, BaseException) and not isinstance(one, Unanswered)), None
    ):
        raise fault
    answered = {place: one for place, one in zip(places, found, strict=True) if isinstance(one, Located)}
    unanswered = next((one for one in found if isinstance(one, Unanswered)), None)
    if unanswered and not any(one.targets for one in answered.values()):
        raise unanswered
    now = {place: answered[place].targets if place in answered else known.get(place, []) for place in places}
    known.clear()
    known.update(now)
    targets = _once(
        target._replace(priority=server.priority, weight=server.weight)
        for server, place in zip(servers, places, strict=True)
        for target in now[place]
    )
    names = ", ".join(name for name, _ in places)
    problem = "" if targets else f"no server named by the SRV records has an address: {names}"
    ttl = 0 if unanswered else min(one.ttl for one in answered.values())  # 0: ask again soon
    return Located(targets[:MAX_TARGETS], problem, ttl)


def _once(targets: Iterable[Target]) -> list[Target]:
    """An address that several servers have is called once, by its best priority, with the weight of all that have it.
    The best come first."""
    found: dict[tuple[str, int], Target] = {}
    for target in targets:
        first = found.setdefault((target.ip, target.port), target)
        if first is not target and first.priority == target.priority:
            found[target.ip, target.port] = first._replace(weight=first.weight + target.weight)
    return list(found.values())


async def _addresses(asker: Asker, host: str, port: int, ipv6: bool) -> Located:
    kind = "AAAA" if ipv6 else "A"
    records, ttl = await asker.ask(host, kind)
    targets = [Target(record.address, port, 0, 0) for record in records[:MAX_TARGETS]]
    return Located(targets, "" if targets else f"{host} has no {kind} record in DNS", ttl)

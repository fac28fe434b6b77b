"""Asks name servers, and tells "there is none" from "nobody answers"."""

from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.resolver

from trunkline.contract.names import UNANSWERED

LIFETIME = 3.0  # s for one question, all servers and repetitions together
NEGATIVE_TTL = 60  # s that a name is none which cannot be one


class Unanswered(Exception):
    """No name server gave a usable answer; what was known before may still be true."""


class Resolver:
    """Questions of one type for one name, each answered with (records, TTL in s); no records: there are none."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53, lifetime: float = LIFETIME):
        """`servers` are IP addresses; none: those of /etc/resolv.conf, read again for each question."""
        self._servers, self._port, self._lifetime = list(servers), port, lifetime

    async def ask(self, name: str, kind: str) -> tuple[list[dns.rdata.Rdata], int]:
        """Raises Unanswered. `kind` is 'A', 'AAAA' or 'SRV'."""
        try:
            # Absolute: a search list would turn a customer's typing error into somebody else's host.
            question = dns.name.from_text(name)
            answer = await self._resolver().resolve(question, kind, search=False, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN as error:
            return [], _ttl(error.response(question))
        except (dns.name.NameTooLong, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return [], NEGATIVE_TTL
        except dns.exception.DNSException as error:
            raise Unanswered(f"{UNANSWERED} for {name} {kind}: {_plain(error)}") from error
        return list(answer.rrset or ()), _ttl(answer.response)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        try:
            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
        except ValueError as error:  # one of those in /etc/resolv.conf has a typing error, and so none is taken
            raise dns.resolver.NoResolverConfiguration from error
        if self._servers:
            resolver.nameservers, resolver.port = self._servers, self._port
        resolver.timeout, resolver.lifetime = self._lifetime / 3, self._lifetime
        return resolver


def _ttl(response: dns.message.QueryMessage) -> int:
    """The least of all that the answer rests on: an alias (CNAME) may be pointed elsewhere sooner than its target goes,
    and "there is none" is believed as RFC 2308 §5 has it."""
    return response.resolve_chaining().minimum_ttl


def _plain(error: dns.exception.DNSException) -> str:
    match error:
        case dns.resolver.NoResolverConfiguration():
            return "/etc/resolv.conf names none, or what is no IP address; set dns.servers"
        case dns.exception.Timeout():
            return "timeout"
        case dns.resolver.NoNameservers():
            return "each one refused or failed"
    return str(error)

"""The name server that the zone is written to: asked what it has, and updated by RFC 2136 with TSIG (RFC 8945)."""

import base64
import binascii
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.update
from dns.rdatatype import RdataType

from trunkline.dns import zone
from trunkline.dns.plan import Change
from trunkline.dns.zone import Key, Names, Records

SECONDS = 3.0  # for one question or update
AT_ONCE = 16
_KEY = re.compile(r"(?:(?P<algorithm>[a-z0-9-]+):)?(?P<name>[A-Za-z0-9._-]+):(?P<secret>[A-Za-z0-9+/=]+)", re.ASCII)
ALGORITHMS = ("hmac-sha256", "hmac-sha224", "hmac-sha384", "hmac-sha512")


class ServerError(Exception):
    """The name server did not do what was asked; the text says what to look at."""


class Overtaken(ServerError):
    """Somebody else has changed the records meanwhile: ask again what is there."""


def read_key(path: Path) -> dns.tsig.Key:
    """A TSIG key from a file of one line, `[ALGORITHM:]NAME:SECRET` as `keymgr -t` and `tsig-keygen` name the parts.

    Raises ServerError.
    """
    try:
        lines = [line.strip().removeprefix("# ") for line in path.read_text(encoding="ascii").splitlines()]
    except FileNotFoundError:
        raise ServerError(
            f"{path} is not there: write the key that signs updates into it, as `keymgr -t NAME` prints it, and close "
            "it to others (chmod 600)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ServerError(f"{path}, the key that signs updates, cannot be read: {error}") from error
    if path.stat().st_mode & 0o077:
        raise ServerError(f"{path} is open to others, who could write the zone with it: chmod 600 {path}")
    match = next((found for line in lines if (found := _KEY.fullmatch(line))), None)
    algorithm = (match and match["algorithm"]) or ALGORITHMS[0]
    try:
        if not match or algorithm not in ALGORITHMS:
            raise ValueError("it is not of the form hmac-sha256:NAME:SECRET")
        base64.b64decode(match["secret"], validate=True)
        return dns.tsig.Key(match["name"], match["secret"], algorithm)
    except (ValueError, binascii.Error, dns.exception.DNSException) as error:
        raise ServerError(f"{path} holds no key: {error}") from error


@dataclass(frozen=True, slots=True)
class Server:
    """The primary of a zone. Every method raises ServerError."""

    address: str
    port: int
    zone: str
    key: dns.tsig.Key | None = field(default=None, repr=False)

    def existing(self, domain: str, wanted: Names) -> Records:
        """The record sets that are ours: of what is wanted, and of what an earlier update has noted as ours."""
        mark = zone.owner(domain)
        note = self._ask(mark)
        noted = zone.noted(note)
        keys = Names(wanted.services | noted.services, wanted.hosts | noted.hosts).keys()
        inside = dns.name.from_text(self.zone)
        keys = [key for key in keys if key[0].is_subdomain(inside)]
        needed = set(wanted.keys())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = pool.map(lambda key: self._ask(key, may_be_alias=key not in needed), keys)
            found = dict(zip(keys, answers, strict=True)) | {mark: note}
        return {key: rdataset for key, rdataset in found.items() if rdataset}

    def update(self, changes: Sequence[Change]) -> None:
        """Do all of it or, when a record is no longer what the plan saw, nothing (Overtaken)."""
        message = dns.update.UpdateMessage(self.zone, keyring=self.key)
        for change in changes:
            name, kind = change.key
            if change.before is None:
                message.absent(name, kind)
            else:
                message.present(name, *change.before)  # one by one: a prerequisite has TTL 0 (RFC 2136 §2.4.2)
        for change in changes:
            name, kind = change.key
            message.delete(name, kind)
            if change.after is not None:
                message.add(name, change.after)
        code = self._exchange(message).rcode()
        if code in (dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN):
            raise Overtaken(f"the records at {self._place} have changed meanwhile: plan again")
        if code != dns.rcode.NOERROR:
            raise ServerError(f"{self._place} refuses the update: {dns.rcode.to_text(code)}. {_HINTS.get(code, '')}")

    def _ask(self, key: Key, may_be_alias: bool = False):
        name, _ = key
        question = dns.message.make_query(*key)
        if self.key:  # or whoever is in between could have us sign away what he says is ours
            question.use_tsig(self.key)
        answer = self._exchange(question)
        code = answer.rcode()
        if code == dns.rcode.NOERROR and not answer.flags & dns.flags.AA:
            raise ServerError(
                f"{self._place} is not authoritative for {name}: if that name lies in a zone of its own, set dns.zone "
                "to that zone"
            )
        if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) or not answer.flags & dns.flags.AA:
            lacks = "cannot serve the" if code == dns.rcode.SERVFAIL else "has no"
            raise ServerError(f"{self._place} {lacks} zone {self.zone}: it answers {dns.rcode.to_text(code)}")
        # RFC 2136 §3.4.2.2: what an update adds beside an alias is left out without a word.
        if not may_be_alias and any((rrset.name, rrset.rdtype) == (name, RdataType.CNAME) for rrset in answer.answer):
            raise ServerError(
                f"{name} is an alias (CNAME) at {self._place}, so it can have no record of ours: remove it, or give "
                "the endpoint another name"
            )
        return next((rrset.to_rdataset() for rrset in answer.answer if (rrset.name, rrset.rdtype) == key), None)

    def _exchange(self, message: dns.message.Message) -> dns.message.Message:
        try:
            return dns.query.tcp(message, self.address, SECONDS, self.port)
        except (dns.tsig.PeerBadKey, dns.tsig.PeerBadSignature, dns.tsig.BadSignature) as error:
            raise ServerError(
                f"{self._place} does not know the key {self._key_name} as dns.key has it: compare name, algorithm and "
                "secret"
            ) from error
        except (dns.tsig.PeerBadTime, dns.tsig.BadTime) as error:
            raise ServerError(f"{self._place} has a different time than this machine: set both by NTP") from error
        except dns.exception.FormError as error:  # a server that refuses a key need not sign that
            if not message.keyring:
                raise ServerError(f"{self._place} does not answer in DNS: {error}") from error
            raise ServerError(
                f"{self._place} answers without a signature, and is not believed: check there that it has the zone "
                f"{self.zone}, knows the key {self._key_name} by this algorithm, and lets it update from here"
            ) from error
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise ServerError(f"{self._place} does not answer: {error}") from error

    @property
    def _key_name(self) -> str:
        return self.key.name.to_text(omit_final_dot=True) if self.key else ""

    @property
    def _place(self) -> str:
        return f"the name server {self.address} port {self.port}"


_HINTS = {
    dns.rcode.REFUSED: "Allow updates of the zone with this key (Knot: an acl with `action: update`)",
    dns.rcode.NOTAUTH: "Is it the primary of the zone, and is the key right?",
    dns.rcode.NOTZONE: "sip.domain must lie inside dns.zone",
}

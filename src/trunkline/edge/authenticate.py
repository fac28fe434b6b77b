"""Whose INVITE or REGISTER is this? By digest first; a carrier or an account's PBX may also be known by address."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import unquote

from trunkline.edge.lookup import Account, Carrier, Lookup
from trunkline.sip import refusal
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal

ALGORITHMS = ("MD5", "SHA-256")
_CONTEXT = "phone-context="

type Verify = Callable[[str, str], str]  # (HA1, algorithm) -> 'ok', 'stale' or 'wrong'


class Claim(Protocol):
    """The facts of an Authorization header."""

    username: str
    realm: str
    algorithm: str
    uri: str


@dataclass(frozen=True, slots=True)
class Customer:
    """`key` is '' for a PBX known by its address."""

    account: Account
    key: str


@dataclass(frozen=True, slots=True)
class DisabledCarrier:
    id: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """`wrong`: credentials came and were not right, which counts against the sender. `key` is whose they would have
    been, where there is such a key, and `denial` what was not right (`contract.journal.DENIALS`). `hint`: why what
    came is none for us, which counts against nobody."""

    stale: bool = False
    wrong: Refusal | None = None
    hint: Refusal | None = None
    key: str = ""
    denial: str = ""


def by_digest(claim: Claim, recipient: str, domain: str, lookup: Lookup, verify: Verify) -> Customer | Challenge:
    """Check the claim against the live secrets of its key.

    `recipient`: the user part that was dialled. A digest that was made for another recipient proves nothing for this
    one (RFC 7616 §3.4.6): whoever overhears one call must not be able to place a different one.
    """
    if claim.realm != domain:
        return Challenge()
    credential = lookup.credential(claim.username)
    if credential is None:
        return Challenge(wrong=refusal.unknown_credentials())
    # A stranger is told nothing more: not even that there is such a key.
    denied = partial(Challenge, wrong=refusal.unknown_credentials(), key=credential.key)
    if claim.algorithm not in ALGORITHMS:
        return denied(denial="algorithm")
    if not _same_recipient(claim.uri, recipient):
        return denied(denial="recipient")
    results = {verify(secret[claim.algorithm], claim.algorithm) for secret in credential.secrets}
    if "ok" in results:
        return Customer(credential.account, credential.key)
    return Challenge(stale=True) if "stale" in results else denied(denial="secret")


def by_address(ip: str, port: int, lookup: Lookup) -> Customer | Carrier | DisabledCarrier | None:
    """The carrier or customer that sends from this address."""
    carrier_id = lookup.source(ip, port, "carrier")
    if carrier_id is not None:
        return lookup.carrier(carrier_id) or DisabledCarrier(carrier_id)
    account_id = lookup.source(ip, port, "account")
    account = lookup.account(account_id) if account_id is not None else None
    return Customer(account, "") if account else None


def _same_recipient(digest_uri: str, recipient: str) -> bool:
    # RFC 3966: a Request-URI, and so the digest's, may be a tel URI; the number is then its user part.
    scheme, _, rest = digest_uri.partition(":")
    user, at, _ = rest.partition("@")
    if scheme.lower() not in ("sip", "sips", "tel"):
        return False
    # Some PBXs sign the trunk's bare URI for whatever they dial; that is all their digest says.
    if not at and scheme.lower() != "tel":
        return True
    user = unquote(user)
    if user == recipient or (e164(user) is not None and e164(user) == e164(recipient)):
        return True
    # A number's parameters (RFC 3966) may be in one of them alone. But a local number is none without its context.
    return _CONTEXT not in user.lower() and user.partition(";")[0] == recipient.partition(";")[0]

"""Trials: an OPTIONS, or a call to a number, that a node sends through its own edge so that somebody learns what comes.

Such a request is sealed, so that nobody else can send one: an OPTIONS is passed on to where the seal says, which makes
it come from where calls come from, and an INVITE is a call from the telephone network. The seal never leaves the edge,
which passes no header that it does not know.
"""

import hmac
from hashlib import blake2s

HEADER = "Trunkline-Trial"
SECONDS = 60  # that a seal is good for; nodes that share a secret share the time too, more or less
SOURCE = "trial"  # what stands for the caller's address in the record of such a call


def key(dialog_secret: str) -> str:
    """What seals are made with: of the dialogs' secret, which tells nothing of it."""
    return blake2s(dialog_secret.encode(), person=b"trial").hexdigest()


def seal(key: str, call_id: str, uri: str, now: float, next_hop: str = "") -> str:
    """The value of HEADER. `uri` is the Request-URI; `next_hop` where an OPTIONS goes, '' for the contact that is
    registered for `uri`; `now` Unix time, s."""
    expires = int(now) + SECONDS
    return f"{expires} {_mac(key, call_id, uri, expires, next_hop)} {next_hop}".rstrip()


def next_hop(key: str, value: str, call_id: str, uri: str, now: float) -> str | None:
    """Where a request goes whose HEADER is `value`, which may be anything; None when that is no seal of now."""
    expires, _, rest = value.partition(" ")
    mac, _, hop = rest.partition(" ")
    if not expires.isascii() or not expires.isdigit() or len(expires) > 12:
        return None
    if not hmac.compare_digest(mac.encode(), _mac(key, call_id, uri, int(expires), hop).encode()):
        return None
    return hop if now <= int(expires) <= now + 2 * SECONDS else None


def _mac(key: str, call_id: str, uri: str, expires: int, next_hop: str) -> str:
    message = "\0".join((call_id, uri, str(expires), next_hop)).encode()
    return blake2s(message, key=bytes.fromhex(key), digest_size=16).hexdigest()

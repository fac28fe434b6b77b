"""How a node ends a call: it sends its own edge a BYE in each party's name, sealed so that nobody else can.

The edge treats such a BYE like any other of a dialog, so that it reaches the party as its peer's would, but records
that it was ours. The seal never leaves the edge, which passes no header that it does not know.
"""

import hmac
import re
from hashlib import blake2s

HEADER = "Trunkline-Seal"

LONGEST = 128  # characters of a reason

_UNQUOTABLE = re.compile(r'[^ -~]|["\\]')
_TEXT = re.compile(r'text="([^"]*)"')


def reason(words: str) -> str:
    """The value of Reason (RFC 3326) that both parties get. ITU-T Q.850 102: recovery on timer expiry.

    `words` may quote what a party sent; of them remains what a quoted string holds as it is.
    """
    return f'Q.850;cause=102;text="{_UNQUOTABLE.sub("", words)[:LONGEST]}"'


def words(reason_header: str) -> str:
    """What `reason` was made of."""
    found = _TEXT.search(reason_header)
    return found[1] if found else reason_header


def seal(secret: str, call: str, reason_header: str) -> str:
    """What proves that a node ends this call for this reason. `secret`: that of the dialogs, on every node."""
    key = blake2s(secret.encode(), person=b"clearing").digest()
    return blake2s(f"{call}\0{reason_header}".encode(), key=key, digest_size=16).hexdigest()


def is_sealed(secret: str, call: str, reason_header: str, value: str) -> bool:
    """Whether the value of HEADER, which may be anything, is the seal."""
    return hmac.compare_digest(value.encode(), seal(secret, call, reason_header).encode())

"""E.164 numbers as they arrive in SIP: with or without '+', '00', visual separators, `user=phone`."""

import re
from functools import lru_cache

# RFC 3966 §5.1.1: visual-separator = "-" / "." / "(" / ")"; a blank arrives as %20 from some PBXs.
_SEPARATORS = str.maketrans("", "", "-.() ")
# ITU-T E.164 §6.2.1: at most 15 digits, and no country code starts with 0. Below 7 digits lie short codes,
# which no two countries share.
_E164 = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_LONGEST = 64  # characters that a number may be written in; no longer text is kept in memory


def e164(user: str) -> str | None:
    """The digits, without '+', of the E.164 number that a SIP user part means; None when it means none.

    `user` is the user part as received, escapes already decoded. Parameters after ';' (RFC 3966 `tel` style,
    e.g. `;phone-context`, `;ext`) are ignored but for `phone-context`: a number local to a context is not E.164.

    >>> e164("+44 (7700) 900-000"), e164("00447700900000"), e164("447700900000")
    ('447700900000', '447700900000', '447700900000')
    >>> e164("1001"), e164("alice"), e164("07700900000")
    (None, None, None)
    """
    return _e164(user) if len(user) <= _LONGEST else None


@lru_cache(maxsize=256)  # a call asks for its two numbers eight times
def _e164(user: str) -> str | None:
    number, _, parameters = user.partition(";")
    digits = number.translate(_SEPARATORS)
    if "phone-context=" in parameters.lower() and not digits.startswith("+"):
        return None
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    return digits if _E164.fullmatch(digits) else None


def prefixes(digits: str) -> list[str]:
    """Every prefix of a number, the longest first, down to the empty one: the keys of a longest-prefix match."""
    return [digits[:length] for length in range(len(digits), -1, -1)]

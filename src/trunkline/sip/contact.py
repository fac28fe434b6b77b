"""The Contact of a request that makes or refreshes a dialog (RFC 3261 §8.1.1.8), and those of a REGISTER (§10.2)."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

MOST, LONGEST = 10, 512  # Contacts of a REGISTER, and characters of one's URI, that the registrar keeps
LONGEST_TIME = 2**32 - 1  # s (RFC 3261 §20.19)

# To the end where it is not closed: or each of thousands of quotation marks would be looked behind anew, for a minute.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|(\Z))', re.DOTALL)
# A name is of tokens, quoted or not there; non-ASCII letters are let pass, as some write them. Without brackets a URI
# has no question mark (RFC 3261 §20.10).
_ONE = re.compile(
    r'(?:[^<>,";:@/\[\]?={}\\()]*+<(sips?:[^<>"\s]++)>|(sips?:[^<>,"?\s]++))(?:\s*;[^<>,"]*+)?',
    re.IGNORECASE,
)
# What Kamailio reads as it is meant: no backslash within quotes, no parameter without a name, no star in front.
_DISPLAY = r'(?:[^*<>,";:@/\[\]?={}\\()][^<>,";:@/\[\]?={}\\()]*+|"[^"\\]*+"\s*+)?+'
_PARAMETERS = r'(?:\s*+;\s*+[^\s<>,";=\\]++(?:\s*+=\s*+(?:"[^"\\]*+"|[^\s<>,";\\]++))?+)*+\s*+'
_BRACKETED = rf'{_DISPLAY}<sips?:[^<>\s"]++>'
_PLAIN = re.compile(r'\s*+(?:<sips?:[^<>\s"]++>|sips?:[^<>,"?;\s]++)\s*+', re.IGNORECASE | re.ASCII)
_ROUTES = re.compile(rf"\s*+{_BRACKETED}{_PARAMETERS}(?:,\s*+{_BRACKETED}{_PARAMETERS})*+", re.IGNORECASE | re.ASCII)
_Q = re.compile(r";\s*q\s*=", re.IGNORECASE)
_QVALUE = re.compile(r";\s*q\s*=\s*(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE | re.ASCII)
_PORT = re.compile(r"(?:\[[^\]]*\]|[^:;?\[]*):([^;?]*)")


@lru_cache(1000)  # most write the same in each of their calls
def is_one_uri(value: str) -> bool:
    """Whether a Contact header holds exactly one SIP or SIPS URI, with or without a name and parameters."""
    value = _unquoted(value).strip()
    match = _ONE.fullmatch(value)
    # Kamailio takes whatever begins with a star for that of RFC 3261 §10.2.2, and hides nothing of it.
    return match is not None and not value.startswith("*") and _has_port_if_any(match[1] or match[2])


@lru_cache(1000)
def is_plain(value: str) -> bool:
    """Whether a Contact header holds one URI in a form which Kamailio can read, and so hide, for sure, and nothing
    more: a name, or a parameter like +sip.instance (RFC 5626 §4.1), would tell who or what sent it."""
    return _PLAIN.fullmatch(value) is not None


@lru_cache(1000)
def are_plain_routes(value: str) -> bool:
    """Whether a Record-Route header holds URIs in a form which Kamailio can read, and so hide, for sure."""
    return _ROUTES.fullmatch(value) is not None


def first_uri(value: str) -> str:
    """The URI of the first Contact of a header; '' where there is none."""
    if value.lstrip().startswith("*"):
        return ""
    found = next(_each(value), None)
    return found[0] if found else ""


def registration_fault(values: Sequence[str], expires: str) -> str:
    """What is wrong with the Contact header fields of a REGISTER, in words that end with what to write; '' for nothing.

    `expires`: the Expires header field, '' for none.
    """
    if expires.isdecimal() and int(expires) > LONGEST_TIME:
        return f"Expires must be at most {LONGEST_TIME}"
    if "*" in [value.strip() for value in values]:
        alone = len(values) == 1 and expires.strip("0 ") == "" and "0" in expires
        return "" if alone else "Contact: * removes all registrations: it must be alone, with Expires: 0"
    found = list(_each(", ".join(values))) if values else []
    if None in found:
        return "Contact must hold SIP URIs in angle brackets, separated by commas"
    if len(found) > MOST:
        return f"it has more than {MOST} Contacts"
    if any(len(uri) > LONGEST for uri, _ in found):
        return f"the URI in Contact is longer than {LONGEST} characters"
    if not all(_Q.search(parameters) is None or _QVALUE.search(parameters) for _, parameters in found):
        return "q in Contact must be a number from 0 to 1, with at most three digits after the point"
    return ""


def _each(value: str) -> Iterator[tuple[str, str] | None]:
    """URI and parameters of each Contact in a list; None, and no more, for what is none."""
    rest = _unquoted(value).strip()
    while True:
        match = _ONE.match(rest)
        if match is None or not _has_port_if_any(match[1] or match[2]):
            yield None
            return
        uri = match[1] or match[2].partition(";")[0]  # RFC 3261 §20: without brackets parameters are the header field's
        yield uri, match[0].partition(uri)[2]
        rest = rest[match.end() :].strip()
        if not rest:
            return
        if not rest.startswith(","):
            yield None
            return
        rest = rest[1:].strip()


def without_headers(uri: str) -> str:
    """A Contact as the Request-URI of a request, which has no header fields (RFC 3261 §19.1.1)."""
    user, at, host = uri.rpartition("@")  # in what follows a question mark an @ is escaped
    return f"{user}{at}{host.partition('?')[0]}"


def _unquoted(value: str) -> str:
    """Without what stands in quotes; of what is never closed the quotation mark stays, which no URI has."""
    return _QUOTED.sub(lambda quoted: "" if quoted[1] is None else '"', value)


def _has_port_if_any(uri: str) -> bool:
    written = _PORT.match(uri.partition(":")[2].rpartition("@")[2])
    return not written or (re.fullmatch(r"[0-9]{1,5}", written[1]) is not None and int(written[1]) < 65536)

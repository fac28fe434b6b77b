"""What a far side says of its refusal or hang-up besides the status: its Reason (RFC 3326) and Warning (RFC 3261
§20.43), in words that a person can hold against it."""

import re

_LONGEST = 1000  # characters of a header that are read; a party may write 32,000, and a worker reads them
# Nothing here goes back over what it has read: what a party writes could take it for ever.
_REASON = re.compile(r"\s*+([A-Za-z0-9.-]++)\s*+((?:;[^,;\"]*+(?:\"(?:[^\"\\]|\\.)*+\"[^,;\"]*+)*+)*+)(?:,|\Z)")
_PARAMETER = re.compile(r";\s*(cause|text)\s*=\s*(?:\"((?:[^\"\\]|\\.)*+)\"|([^;\s]+))", re.I)
_WARNING = re.compile(r"\b[0-9]{3}\s++[^\s\",]++\s++\"((?:[^\"\\]|\\.)*+)\"")

# ITU-T Q.850 §2.2.5, those that telephone networks send in earnest
_CAUSES = {
    1: "unallocated number", 2: "no route to the network", 3: "no route to the destination", 16: "normal clearing",
    17: "user busy", 18: "no user responding", 19: "no answer", 20: "subscriber absent", 21: "call rejected",
    22: "number changed", 27: "destination out of order", 28: "invalid number format", 31: "normal, unspecified",
    34: "no circuit available", 38: "network out of order", 41: "temporary failure", 42: "congestion",
    47: "resource unavailable", 50: "facility not subscribed", 52: "outgoing calls barred", 54: "incoming calls barred",
    55: "incoming calls barred within the group", 57: "bearer capability not authorized",
    58: "bearer capability not available", 65: "bearer capability not implemented", 79: "service not implemented",
    88: "incompatible destination", 102: "recovery on timer expiry", 111: "protocol error", 127: "interworking",
}  # fmt: skip


def reason(header: str) -> str:
    """`Q.850;cause=102` as `recovery on timer expiry (Q.850 cause 102)`; what is no Reason header stays as it is."""
    if len(header) > _LONGEST:
        return header
    found = [_spoken(protocol, parameters) for protocol, parameters in _REASON.findall(header)]
    return ", ".join(found) if found and all(found) else header


def _spoken(protocol: str, parameters: str) -> str:
    """'' for one without a cause: it may be a sentence."""
    given = {name.lower(): _plain(quoted) or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
    cause = given.get("cause", "")
    if not cause.isascii() or not cause.isdigit():
        return ""
    isdn = protocol.upper() == "Q.850"
    words = given.get("text") or (_CAUSES.get(int(cause), "") if isdn else "")
    number = f"{protocol} cause {cause}" if isdn else f"{protocol} {cause}"
    return f"{words} ({number})" if words else number


def of(warning: str, header: str) -> str:
    """What a response says in Warning and Reason; '' when neither says anything."""
    texts = [_plain(text) for text in _WARNING.findall(warning[:_LONGEST])]
    return "; ".join(part for part in (*texts, reason(header)) if part)


def _plain(quoted: str) -> str:
    """What stood in quotes, without its quoted pairs (RFC 3261 §25.1)."""
    return re.sub(r"\\(.)", r"\1", quoted)

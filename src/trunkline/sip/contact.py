"""The Contact of a request that makes or refreshes a dialog (RFC 3261 §8.1.1.8)."""

import re
from functools import lru_cache

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
# A name is of tokens, quoted or not there; non-ASCII letters are let pass, as some write them.
_ONE = re.compile(r'[^<>,";:@/\[\]?={}\\()]*+<(sips?:[^<>\s]++)>\s*(?:;[^<>,"]*+)?|(sips?:[^<>,"\s]++)', re.IGNORECASE)
_PORT = re.compile(r"(?:\[[^\]]*\]|[^:;?\[]*):([^;?]*)")


@lru_cache(1000)  # most write the same in each of their calls
def is_one_uri(value: str) -> bool:
    """Whether a Contact header holds exactly one SIP or SIPS URI, with or without a name and parameters."""
    match = _ONE.fullmatch(_QUOTED.sub("", value).strip())
    return match is not None and _has_port_if_any(match[1] or match[2])


def _has_port_if_any(uri: str) -> bool:
    written = _PORT.match(uri.partition(":")[2].rpartition("@")[2])
    return not written or (re.fullmatch(r"[0-9]{1,5}", written[1]) is not None and int(written[1]) < 65536)

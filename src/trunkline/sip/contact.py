"""The Contact of a request that makes or refreshes a dialog (RFC 3261 §8.1.1.8)."""

import re
from functools import lru_cache

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ONE = re.compile(r'[^<>,"]*+<sips?:[^<>\s]++>[^<>,"]*+|sips?:[^<>,"\s]++', re.IGNORECASE)


@lru_cache(1000)  # most write the same in each of their calls
def is_one_uri(value: str) -> bool:
    """Whether a Contact header holds exactly one SIP or SIPS URI, with or without a name and parameters."""
    return _ONE.fullmatch(_QUOTED.sub("", value).strip()) is not None

"""The form of a PostgreSQL's URL."""

import re
from urllib.parse import parse_qsl, urlsplit

POSTGRESQL = "postgresql://user:password@host/name, with '/', '?', '#' and '%' of a password as %2F, %3F, %23 and %25"


def is_postgresql(url: str) -> bool:
    """Whether it names a database, or a service of libpq, and no bare character of its password ends a part of it."""
    try:
        parts = urlsplit(url)
        whole = parts.port != 0 and not parts.fragment
    except ValueError:  # a port that is no number, a bracket that does not close
        return False
    named = re.fullmatch(r"/[^/@]+", parts.path) or "service" in dict(parse_qsl(parts.query))
    return parts.scheme in ("postgres", "postgresql") and whole and bool(named)

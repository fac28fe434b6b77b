"""The addresses that the edge does not answer, as it keeps them in Kamailio's table `banned`, for the node to read.

A key is whom an address stands for (`sender`). Its value is `WHY BEGUN`: the table whose count was too high, and Unix
time, s.
"""

import ipaddress
from functools import lru_cache

TABLE = "banned"
WHY = {"seen": "too many requests", "refused": "too many wrong credentials"}


def sender(ip: str) -> str:
    """Whom an address stands for: IPv6 gives each host a /64, in which it may take an address for every message."""
    return _network(ip) if ":" in ip else ip


@lru_cache(1000)
def _network(ip: str) -> str:
    return str(ipaddress.ip_network((ip, 64), strict=False))

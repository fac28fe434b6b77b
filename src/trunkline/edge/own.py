"""This machine's own addresses, also those that the settings do not name."""

import socket
from functools import lru_cache

from trunkline.sip.fence import OURS, Fence


def problem(fence: Fence, ip: str, port: int) -> str:
    """As `Fence.problem`."""
    return fence.problem(ip, port) or (OURS if fence.judges(ip, port) and is_ours(ip) else "")


@lru_cache(1000)
def is_ours(ip: str) -> bool:
    """Whether the kernel delivers to this machine: it then takes the address itself as the source. Sends nothing.

    Binding to it would tell as well, but not where net.ipv4.ip_nonlocal_bind lets anybody bind to anything.
    """
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ip, 9))
        except OSError:
            return False  # no way leads there
        return probe.getsockname()[0] == ip

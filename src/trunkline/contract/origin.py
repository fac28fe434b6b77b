"""Where a party's messages come from, as the edge notes it in its Contact where that would not lead there.

A later request then has it in its Request-URI. Kamailio's nathelper writes and reads the same, as others' Kamailio does
by its usual name, `alias`, for who is behind them: so here it has a name of its own.
"""

from trunkline.sip.uri import in_uri

PARAMETER = "ta"

_TRANSPORTS = {"udp": 1, "tcp": 2, "tls": 3}  # as Kamailio numbers them


def note(ip: str, port: int | str, transport: str) -> str:
    """The parameter, with its ';'."""
    return f";{PARAMETER}={in_uri(ip)}~{port}~{_TRANSPORTS[transport]}"

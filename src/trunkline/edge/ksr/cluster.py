"""What the nodes of a service tell each other by Kamailio's DMQ: who is registered where."""

import KSR

METHOD = "KDMQ"


def received_at() -> tuple[str, int]:
    """The address and port of ours that the current request came to."""
    return KSR.pv.get("$Ri"), KSR.pv.get("$Rp")


def take() -> None:
    """Hand the current request to DMQ, which answers it."""
    KSR.dmq.handle_message()

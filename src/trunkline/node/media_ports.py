"""How many of its media ports an rtpengine has given out: without one left it takes no more calls."""

from typing import NamedTuple

from trunkline.node.ng import Relay
from trunkline.node.probes import SECONDS, Silent


class Ports(NamedTuple):
    taken: int
    most: int


def ask(control_port: int) -> Ports:
    """Those of the address that has the least left. Raises Silent."""
    relay = Relay(control_port, SECONDS)
    try:
        answer = relay.ask("statistics")
    finally:
        relay.close()
    try:
        known = [address["ports"] for address in answer["statistics"]["interfaces"]]
        return max((Ports(each["used"], each["totals"]) for each in known), key=lambda ports: ports.taken / ports.most)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Silent("its answer makes no sense") from error

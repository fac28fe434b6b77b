"""The telling of registrations, which lives in the process of the part `beat` but holds up no heartbeat."""

import threading
from functools import partial

from trunkline.home import Home
from trunkline.node import registrations
from trunkline.node.part import Reporter, run_beside
from trunkline.node.tell import PAUSE, Teller
from trunkline.settings import Settings


def begin(settings: Settings, home: Home, stop: threading.Event) -> None:
    """Tell in a thread until `stop` is set."""
    from trunkline.control.feed import DatabaseRegistrations

    its = settings.cluster
    path = registrations.own_path(its.address, its.port)
    look = partial(registrations.seen, home.locations, bool(its.address), path)
    teller = Teller(DatabaseRegistrations(), settings.node.name, look)
    run_beside(teller, Reporter(home.status("registrations")), stop, PAUSE)

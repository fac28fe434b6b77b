"""The telling of registrations, which lives in the process of the part `beat` but holds up no heartbeat."""

import threading
from functools import partial

from trunkline.home import Home
from trunkline.node import registrations
from trunkline.node.part import Reporter, run
from trunkline.node.tell import PAUSE, Teller
from trunkline.settings import Settings


def begin(settings: Settings, home: Home, stop: threading.Event) -> threading.Thread:
    """Tell in a thread until `stop` is set; a fault of ours sets it, so that the process is started anew."""
    from trunkline.control.feed import DatabaseRegistrations

    its = settings.cluster
    path = registrations.own_path(its.address, its.port)
    look = partial(registrations.seen, home.locations, bool(its.address), path)
    teller = Teller(DatabaseRegistrations(), settings.node.name, look)

    def work() -> None:
        try:
            run(teller, Reporter(home.status("registrations")), stop, PAUSE)
        finally:
            stop.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread

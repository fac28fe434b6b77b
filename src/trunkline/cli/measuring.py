"""The measuring of PBXs, which lives in the process of the part `beat`: it idles nearly always."""

import threading
from collections.abc import Sequence
from contextlib import closing

from trunkline.contract import store, trial
from trunkline.contract.distances import Portion
from trunkline.home import Home
from trunkline.node import secrets, whereabouts
from trunkline.node.ask import Asker
from trunkline.node.measure import PAUSE, Measurer
from trunkline.node.part import Reporter, run_beside
from trunkline.settings import Settings


def begin(settings: Settings, home: Home, stop: threading.Event) -> None:
    """Measure in a thread until `stop` is set."""
    from trunkline.control.feed import DatabaseDistances

    def places(portion: Portion) -> Sequence[whereabouts.Place]:
        with closing(store.open_reader(home.store)) as edge:
            found = [*whereabouts.named(portion.targets, edge)]
        found += whereabouts.registered(portion.keys, home.locations, settings.sip.domain)
        return [place for place in found if (":" in place.address) == (":" in settings.sip_address)]

    key = trial.key(secrets.ensure(home.secrets).dialog)
    asker = Asker(settings.sip_address, settings.sip.port, key)
    measurer = Measurer(DatabaseDistances(), settings.node.name, places, asker.round_trip)
    # A node that starts has more urgent things to do at first, and the database is to hear of it before.
    run_beside(measurer, Reporter(home.status("measure")), stop, PAUSE, after=PAUSE)

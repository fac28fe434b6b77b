"""Trunkline as a node would run it: its own templates, and an edge.db filled through the contract."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator

from bench.systems import KEY, REALM, SECRET, System
from trunkline.contract import store
from trunkline.node import certificates, part, render, secrets
from trunkline.node.ports import Ports
from trunkline.sip import forward

FIRST_NUMBER = 99_940_000_000  # E.164 has no country code 999: none of these rings anywhere


class Trunkline(System):
    """`numbers` are hosted, each forwarded to the address `pbx`; every other number is routed to the carrier."""

    def __init__(
        self, address: str, carrier: str, pbx: str, numbers: int = 10, name: str = "trunkline", workers: int = 0
    ):
        super().__init__(address, carrier, workers)
        self.name, self._pbx, self._numbers = name, pbx, numbers

    def configure(self, chosen: Ports) -> None:
        certificates.ensure(self.home.tls, REALM, [self.address])
        render.write(self.settings, self.home, secrets.ensure(self.home.secrets), chosen)
        self._fill()

    def start(self) -> None:
        """With the part that lets the media of ended calls go, which native does in its Kamailio."""
        super().start()
        sip = self.settings.sip
        environment = {
            "TRUNKLINE_HOME": str(self.home.root), "TRUNKLINE_SIP__ADDRESS": sip.address,
            "TRUNKLINE_SIP__DOMAIN": sip.domain, "TRUNKLINE_MEDIA__RELAYS": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip
        self._run("clear", [sys.executable, "-m", "trunkline", "node", "clear"], env=os.environ | environment)

    def watched(self) -> int:
        """The calls that `clear` knows to be up, as it says itself."""
        status = part.read_status(self.home.status("clear"))
        return status["up"] if status else 0

    def _fill(self) -> None:
        connection = store.open_writer(self.home.store)
        try:
            connection.execute("BEGIN")
            store.insert(connection, _entities(self.carrier))
            store.insert(connection, {"number": _numbers(self._numbers, f"sip:pbx@{self._pbx}")})
            store.set_sequence(connection, 1)
            connection.execute("COMMIT")
        finally:
            connection.close()


def hosted(index: int) -> str:
    """The E.164 digits of a hosted number."""
    return str(FIRST_NUMBER + index)


def _entities(carrier: str) -> store.Rows:
    a1 = f"{KEY}:{REALM}:{SECRET}".encode()
    return {
        "account": [{"id": 1, "name": "bench", "enabled": 1, "caller_id": "any", "calls_per_second": 0,
                     "calls_at_once": 0, "destinations": "[]", "srtp": "accepted"}],
        "credential": [{"key_id": 1, "key": KEY, "slot": 1, "account_id": 1,
                        "ha1_md5": hashlib.md5(a1).hexdigest(), "ha1_sha256": hashlib.sha256(a1).hexdigest()}],
        "carrier": [{"id": 1, "name": "carrier", "enabled": 1, "host": carrier, "port": 5060, "transport": "udp",
                     "username": "", "password": "", "strip": 0, "prefix": ""}],
        "source": [{"network": f"{carrier}/32", "port": 0, "owner_kind": "carrier", "owner_id": 1}],
        "route": [{"id": 1, "prefix": "", "priority": 1, "weight": 1, "carrier_id": 1}],
    }  # fmt: skip


def _numbers(count: int, target: str) -> Iterator[dict[str, object]]:
    text = json.dumps([entry.as_dict() for entry in forward.parse(target)])
    return ({"id": i + 1, "e164": hosted(i), "account_id": 1, "forward": text} for i in range(count))

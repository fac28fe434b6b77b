"""`edge.json`: a node's settings as its edge needs them, written by the node, read once by each worker."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from trunkline.sip.fence import Fence


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """Times in ms unless named otherwise."""

    node: str
    domain: str  # the digest realm, and the host of every From and To that we send
    store: str  # path of edge.db
    journal: str  # path of the journal file that is appended to
    dialog_secret: str  # keys the MAC that proves a dialog is ours; the same on every node
    mask: str  # keys the topology hiding
    sha256: bool
    carrier_timeout: int
    trying_timeout: int
    ring_timeout: int
    requests_per_10s: int
    refusals_per_minute: int
    transcodes: tuple[str, ...]  # the codecs that the media relay both decodes and encodes, as in sip/codecs.py
    media_controls: tuple[int, ...]  # the media relays' control ports on 127.0.0.1
    media_family: str  # the IP version of the media relay: '4' or '6'
    sip_socket: str = ""  # udp:IP:PORT, where everybody's messages arrive
    cluster_address: str = ""  # where the other nodes' messages arrive; '': there are none
    cluster_port: int = 0
    cluster_peers: tuple[str, ...] = ()  # addresses of other nodes that are known from the start
    probe_ip: str = ""  # where `trunkline check` calls from, also with a wrong secret, which is no news to anybody
    fence: Fence = Fence()  # where no number may be forwarded to

    @property
    def sip_ip(self) -> str:
        """The IP address of `sip_socket`."""
        return self.sip_socket.removeprefix("udp:").rpartition(":")[0].strip("[]")


def write(path: Path, config: EdgeConfig) -> None:
    path.write_text(json.dumps(asdict(config), indent=2))


def read(path: str | Path) -> EdgeConfig:
    with open(path, encoding="utf-8") as file:
        values = json.load(file)
    fence = Fence(**_tuples(values.pop("fence")))
    return EdgeConfig(**_tuples(values), fence=fence)


def _tuples(values: dict) -> dict:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}

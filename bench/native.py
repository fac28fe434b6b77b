"""The yardstick: a minimal native kamailio.cfg that does the same digest and anchors the same media."""

import hashlib
from pathlib import Path

import jinja2

from bench.systems import KEY, REALM, SECRET, System
from trunkline.edge import media
from trunkline.node.ports import Ports

TEMPLATE = Path(__file__).with_name("native.cfg.j2")


class Native(System):
    """`topology_hiding` adds topoh as Trunkline sets it: the one thing of those that native leaves out which Kamailio
    does by itself on every message."""

    def __init__(self, address: str, carrier: str, topology_hiding: bool = False):
        super().__init__(address, carrier)
        self.name = "native+topoh" if topology_hiding else "native"
        self._topology_hiding = topology_hiding

    def configure(self, chosen: Ports) -> None:
        template = jinja2.Template(TEMPLATE.read_text(), undefined=jinja2.StrictUndefined, trim_blocks=True)
        text = template.render(
            address=self.address, carrier=self.carrier, workers=self.settings.sip_workers, realm=REALM, key=KEY,
            ha1=hashlib.md5(f"{KEY}:{REALM}:{SECRET}".encode()).hexdigest(), home=self.home, flags=media.FLAGS,
            control_port=chosen.media_control, topology_hiding=self._topology_hiding,
        )  # fmt: skip
        (self.home.node / "kamailio.cfg").write_text(text)
        self._write_rtpengine(chosen)

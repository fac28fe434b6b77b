"""The part `metrics`: a node's figures, at an address where Prometheus finds them.

It counts calls by the journal, and reads the rest off what the other parts say of themselves. So it asks nobody,
and needs no more than to read: it gives up root for the dashboard's user, in the group of Kamailio's files.
"""

import grp
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from threading import Event

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from trunkline import __version__
from trunkline.home import Home
from trunkline.node import certificates, lines, part
from trunkline.node.engines import user_or_nobody
from trunkline.node.figures import Figures
from trunkline.node.health import SILENT_SECONDS
from trunkline.node.launch import become
from trunkline.node.staging import USER
from trunkline.settings import Settings

PAUSE = 1.0  # s between two looks into the journal

log = logging.getLogger(__name__)


class State(Collector):
    """What is so at the moment when it is asked for."""

    def __init__(self, settings: Settings, home: Home):
        self._settings, self._home = settings, home

    def collect(self) -> Iterator[Metric]:
        its = self._settings.node
        about = {"version": __version__, "node": its.name, "region": its.region}
        yield InfoMetricFamily("trunkline_node", "Which node this is.", about)
        free = shutil.disk_usage(self._home.root).free
        yield GaugeMetricFamily("trunkline_disk_free_bytes", "Free room on the disk of the home.", free)
        try:
            ends = certificates.load(self._home.tls / "node.crt").not_valid_after_utc.timestamp()
            yield GaugeMetricFamily("trunkline_certificate_end_seconds", "When the certificate ends, Unix time.", ends)
        except certificates.CertificateError:
            pass  # the part `certificate` says it
        yield from self._checks(self._said("beat"))
        if said := self._said("clear"):
            yield GaugeMetricFamily("trunkline_calls_up", "Calls that were answered and are not over.", said["up"])
        if said := self._said("ship"):
            yield GaugeMetricFamily("trunkline_journal_waiting_bytes", "Journal not yet stored.", said["waiting"])
            yield CounterMetricFamily("trunkline_journal_damaged_lines", "Unreadable ones.", said["damaged"])

    def _checks(self, beat: Mapping) -> Iterator[Metric]:
        """As `trunkline status` has them; where nobody looks any more, that one alone."""
        parts = GaugeMetricFamily("trunkline_part_ok", "Whether a part works, as status says.", labels=["part"])
        for name, ok in {"beat": bool(beat) and not beat["problem"], **beat.get("checks", {})}.items():
            parts.add_metric([name], ok)
        yield parts
        if beat:
            yield GaugeMetricFamily("trunkline_draining", "Whether the node takes no new calls.", beat["draining"])
        if kamailio := beat.get("kamailio"):
            memory, tcp = kamailio["memory"], kamailio["connections"]
            yield GaugeMetricFamily("trunkline_kamailio_memory_bytes", "Shared memory of Kamailio.", memory["total"])
            yield GaugeMetricFamily("trunkline_kamailio_memory_free_bytes", "What is free of it.", memory["free"])
            yield GaugeMetricFamily("trunkline_connections", "TCP and TLS connections.", tcp["opened_connections"])
            yield GaugeMetricFamily("trunkline_connections_most", "The most that there may be.", tcp["max_connections"])

        most = GaugeMetricFamily("trunkline_media_ports", "Ports for audio that a relay has.", labels=["relay"])
        taken = GaugeMetricFamily("trunkline_media_ports_taken", "Those that calls have.", labels=["relay"])
        for relay, (used, total) in beat.get("media_ports", {}).items():
            most.add_metric([relay], total)
            taken.add_metric([relay], used)
        yield from (most, taken)

    def _said(self, name: str) -> Mapping:
        """What a part says of itself; {} when it has not said anything for long."""
        said = part.read_status(self._home.status(name)) or {}
        return said if said and time.time() - said["time"] <= SILENT_SECONDS else {}


def run(settings: Settings, home: Home, stop: Event) -> None:
    """Serve until `stop` is set, or the process manager has gone. Raises OSError for an address that cannot be had."""
    registry, parent = CollectorRegistry(), os.getppid()
    registry.register(State(settings, home))
    figures, positions = Figures(registry), {}
    server, _ = start_http_server(settings.metrics.port, settings.metrics.address, registry)
    _give_up_root()
    troubled = ""
    while not stop.is_set() and os.getppid() == parent:  # whoever changes its user loses the signal of its parent's end
        try:
            more = _read(figures, home, positions)
            troubled = ""
        except OSError as error:
            more = False
            if troubled != (troubled := str(error)):
                log.warning("%s; still trying", error)
        if not more:
            figures.count()
            stop.wait(PAUSE)
    server.shutdown()


def _read(figures: Figures, home: Home, positions: dict[str, int]) -> bool:
    """Whether there is more to read at once."""
    more = False
    for batch in lines.onward(home.journal_file, positions):
        more |= batch.full
        for event in batch.events:
            figures.take(event)
    figures.forget(time.time())
    return more


def _give_up_root() -> None:
    if os.geteuid() == 0:
        kamailio = user_or_nobody("kamailio")
        become(USER, [grp.getgrnam(kamailio).gr_gid] if kamailio else [])

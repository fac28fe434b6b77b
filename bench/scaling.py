"""`python -m bench.scaling`: what so many calls at once need, from measured figures; the tables of docs/scaling.md.

`--write` puts them into the document, where a test looks that they are still what comes out here.
"""

import argparse
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "scaling.md"
SIZES = (1_000, 100_000, 10_000_000)  # calls at once

# Figures: name -> (value, unit, the command that gives it)
MEASURED = {
    "setup_us": (2330, "us of CPU time for a call's signalling", "bench.calls --quick --only cost"),
    "packet_us": (9.17, "us of CPU time for an RTP packet, PCMA passed through", "bench.media --only cost"),
    "transcoded_us": (34.7, "us for one that is transcoded, G729 to PCMA", "bench.media --only transcoded"),
    "registration_us": (1252, "us for a registration, its challenge included", "bench.small"),
    "options_us": (24, "us for an OPTIONS", "bench.small"),
    "journal_bytes": (898, "bytes of journal for an answered call", "bench.small"),
    "record_bytes": (554, "bytes of PostgreSQL, indexes included", "bench.small"),
    "record_rows": (2, "rows of a call answered by its first target", "bench.small"),
    "record_database_us": (40, "us of PostgreSQL's CPU time for a record", "bench.small"),
    "record_shipper_us": (124, "us of the shipper's", "bench.small"),
    "follow_percent": (0.25, "% of two cores of PostgreSQL for 50 nodes that follow it", "bench.followers"),
    "one_node_calls": (1800, "PCMA calls at once on two cores, generator included", "bench.media --only calls"),
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is assumed of the calls. All of it is to be replaced by an operator's own."""

    talk_s: float = 180.0  # of a call that is answered
    answered: float = 0.6  # of the calls that are tried
    transcoded: float = 0.1  # of those that are up
    per_registration: float = 10.0  # calls at once for each registered PBX
    registration_s: float = 300.0  # between two of a PBX
    options_s: float = 60.0  # between two of a PBX


@dataclass(frozen=True, slots=True)
class Machine:
    """`busy`: what may be used of the cores, so that the loss of one in `spare` nodes is carried by the others."""

    cores: int = 16
    busy: float = 0.6
    spare: int = 1  # nodes more in each region than the traffic needs
    link_gbps: float = 10.0
    link_busy: float = 0.5


PACKETS_PER_S = 50  # for each direction of each leg at 20 ms, RFC 3551
# PCMA at 20 ms: payload 160, RTP 12, UDP 8, IPv4 20, Ethernet with FCS 18, preamble and gap 20
FRAME_BYTES = 160 + 12 + 8 + 20 + 18 + 20
PORTS_PER_CALL = 4  # RTP and RTCP of each leg
PORTS = 50_000  # of an address, as media.port_min and port_max may give


@dataclass(frozen=True, slots=True)
class Needs:
    calls: int
    attempts_per_s: float
    signalling_cores: float
    media_cores: float
    small_cores: float  # OPTIONS and registrations
    nodes: int
    addresses: int  # that the media of a node needs
    gbps: float  # in, and as much out
    records_per_s: float  # refused ones included
    database_cores: float
    database_gb_a_day: float
    follow_cores: float

    @property
    def cores(self) -> float:
        return self.signalling_cores + self.media_cores + self.small_cores


def needs(calls: int, traffic: Traffic = Traffic(), machine: Machine = Machine()) -> Needs:
    """Little's law gives the calls a second from those that are up; all else follows by multiplication."""
    figure = {name: value for name, (value, *_) in MEASURED.items()}
    answered_per_s = calls / traffic.talk_s
    attempts_per_s = answered_per_s / traffic.answered
    packets = 2 * PACKETS_PER_S  # that come in for a call each second: one stream from each party
    packet_us = (1 - traffic.transcoded) * figure["packet_us"] + traffic.transcoded * figure["transcoded_us"]
    phones = calls / traffic.per_registration
    small_us = figure["registration_us"] / traffic.registration_s + figure["options_us"] / traffic.options_s
    shipping_us = figure["record_shipper_us"]
    signalling = attempts_per_s * (figure["setup_us"] + shipping_us) / 1e6
    media, small = calls * packets * packet_us / 1e6, phones * small_us / 1e6
    gbps = calls * packets * FRAME_BYTES * 8 / 1e9
    by_cores = (signalling + media + small) / (machine.cores * machine.busy)
    by_link = gbps / (machine.link_gbps * machine.link_busy)
    nodes = math.ceil(max(by_cores, by_link)) + machine.spare
    return Needs(
        calls, attempts_per_s, signalling, media, small, nodes, math.ceil(calls / nodes * PORTS_PER_CALL / PORTS), gbps,
        records_per_s=attempts_per_s,
        database_cores=attempts_per_s * figure["record_database_us"] / 1e6,
        database_gb_a_day=attempts_per_s * 86_400 * figure["record_bytes"] / 1e9,
        follow_cores=2 * figure["follow_percent"] / 100 * nodes / 50,
    )  # fmt: skip


def _number(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


ROWS: Sequence[tuple[str, Callable[[Needs], float]]] = (
    ("calls tried a second", lambda n: n.attempts_per_s),
    ("cores for signalling, shipping included", lambda n: n.signalling_cores),
    ("cores for media", lambda n: n.media_cores),
    ("cores for OPTIONS and registrations", lambda n: n.small_cores),
    ("nodes of 16 cores, one to spare", lambda n: n.nodes),
    ("addresses for the media of a node", lambda n: n.addresses),
    ("Gbit/s of audio in, and as much out", lambda n: n.gbps),
    ("records a second", lambda n: n.records_per_s),
    ("cores of PostgreSQL for records", lambda n: n.database_cores),
    ("cores of PostgreSQL for nodes that follow it", lambda n: n.follow_cores),
    ("GB of records a day at this rate", lambda n: n.database_gb_a_day),
)


def figures_table() -> str:
    rows = [f"| {value:,} | {unit} | `{command}` |" for value, unit, command in MEASURED.values()]
    return "\n".join(["| | what | `./trunkline shell python -m` |", "|---|---|---|", *rows])


def needs_table() -> str:
    found = [needs(calls) for calls in SIZES]
    rows = [f"| {words} | {' | '.join(_number(value(n)) for n in found)} |" for words, value in ROWS]
    return "\n".join([f"| calls at once | {' | '.join(f'{n.calls:,}' for n in found)} |", "|---|---|---|---|", *rows])


def simulation_table() -> str:
    from bench import storm

    return storm.table()


TABLES: dict[str, Callable[[], str]] = {"figures": figures_table, "needs": needs_table, "storm": simulation_table}


def rendered(text: str) -> str:
    """The document with each table between its marks as it comes out now."""
    for name, table in TABLES.items():
        begin, end = f"<!-- bench.scaling: {name} -->", "<!-- end -->"
        pattern = re.compile(f"({re.escape(begin)}\n).*?(\n{re.escape(end)})", re.DOTALL)
        text, count = pattern.subn(lambda found, table=table: f"{found[1]}\n{table()}\n{found[2]}", text)
        if count != 1:
            raise ValueError(f"{DOCUMENT.name} has {count} places for the table {name!r}")
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.scaling", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scaling.md")
    if parser.parse_args().write:
        DOCUMENT.write_text(rendered(DOCUMENT.read_text()))
    else:
        print("\n\n".join(table() for table in TABLES.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

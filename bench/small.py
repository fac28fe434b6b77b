"""`python -m bench.small`: what is small and frequent costs: OPTIONS, registrations, and the records of calls.

One at a time, so each figure is at its dearest: a worker that sleeps between two messages finds its caches taken. CPU
time is that of all of the node's processes for OPTIONS and registrations; for records that of PostgreSQL, and of this
process, which stores them as a node's shipper does. A record is that of one real call, with other ids.
"""

import argparse
import json
import re
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.addresses import lease
from bench.dialog import Call, open_socket
from bench.latency import SDP
from bench.ours import Trunkline
from bench.postgresql import Server, postgresql
from bench.systems import KEY, REALM, SECRET, StartError
from trunkline.contract import journal
from trunkline.contract.journal import Event
from trunkline.sandbox import digest
from trunkline.settings import Settings

PORTION = 1_000  # events a transaction
JOURNAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Figures:
    """`*_us`: CPU time, us. Journal and rows are those of one answered call to a carrier, `record_bytes` what a record
    takes on PostgreSQL's disk with its indexes."""

    options_us: float
    registration_us: float  # REGISTER, 401, REGISTER with credentials, 200
    journal_lines: int
    journal_bytes: int
    record_rows: int
    record_bytes: float
    record_database_us: float
    record_shipper_us: float


def options(system: Trunkline, address: str, count: int) -> float:
    """CPU time of one, us."""
    with open_socket(address) as near:
        near.connect((system.address, system.settings.sip.port))
        before = sum(system.cpu_seconds().values())
        for n in range(count):
            near.send(_request("OPTIONS", near, n, 1))
            _status(near, 200)
        return _us(system, before, count)


def registrations(system: Trunkline, address: str, count: int) -> float:
    """CPU time of one, us: each is challenged, as after a nonce's end."""
    with open_socket(address) as near:
        near.connect((system.address, system.settings.sip.port))
        before = sum(system.cpu_seconds().values())
        for n in range(count):
            near.send(_request("REGISTER", near, n, 1))
            challenge = _status(near, 401)
            offered = digest.choose(re.findall(r"^WWW-Authenticate: (.*?)\r$", challenge, re.MULTILINE))
            answer = digest.answer(offered, "REGISTER", f"sip:{REALM}", KEY, SECRET)
            near.send(_request("REGISTER", near, n, 2, f"Authorization: {answer}\r\n"))
            _status(near, 200)
        return _us(system, before, count)


def one_call(system: Trunkline, address: str) -> list[Event]:
    """The journal's events of a call that is answered by the carrier and ended by the caller."""
    with open_socket(address) as near, open_socket(system.carrier, 5060) as far:
        near.connect((system.address, system.settings.sip.port))
        call = Call(near, far, "99950000001", SDP.format(ip=address), SDP.format(ip=system.carrier))
        call.begin()
        call.end()
    deadline = time.monotonic() + JOURNAL_SECONDS
    while True:
        events = [journal.decode(line) for line in system.home.journal_file.read_bytes().splitlines() if line]
        if any(event["event"] == "end" for event in events):
            return events
        if time.monotonic() > deadline:
            raise StartError(f"the call did not reach the journal: {events}")
        time.sleep(0.05)


def records(server: Server, events: list[Event], count: int) -> tuple[int, float, float, float]:
    """Rows and bytes of a call's record, and the CPU time that it takes the database and the shipper, us."""
    from django.db import connection

    from trunkline.control import services
    from trunkline.control.feed import DatabaseSink

    services.accounts.create("bench")
    sink = DatabaseSink()
    per_portion = PORTION // len(events)

    def sizes() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(pg_total_relation_size(name)) FROM unnest(ARRAY['calls_call','calls_attempt']) name"
            )
            return int(cursor.fetchone()[0])

    def store(portions: int, position: int) -> None:
        for n in range(portions):
            ids = [secrets.token_hex(8) for _ in range(per_portion)]
            sink.store("node", "file", [event | {"call": uid} for uid in ids for event in events], position + n)

    store(2, 1)  # what is read, planned and allocated once
    portions = count // per_portion
    bytes_before, database, ours = sizes(), server.cpu_seconds(), time.process_time()
    store(portions, 10)
    stored = portions * per_portion
    ours, database, taken = time.process_time() - ours, server.cpu_seconds() - database, sizes() - bytes_before
    attempts = len({event["n"] for event in events if "n" in event})
    return 1 + attempts, taken / stored, 1e6 * database / stored, 1e6 * ours / stored


def _request(method: str, near, n: int, cseq: int, extra: str = "") -> bytes:
    here, port = near.getsockname()
    user = f"{KEY}@" if method == "REGISTER" else ""
    return (
        f"{method} sip:{REALM} SIP/2.0\r\nVia: SIP/2.0/UDP {here}:{port};branch=z9hG4bK{n}x{cseq}{method}\r\n"
        f"From: <sip:{user}{REALM}>;tag={n}\r\nTo: <sip:{user}{REALM}>\r\nCall-ID: {method}{n}@{here}\r\n"
        f"CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:pbx@{here}:{port}>\r\nExpires: 300\r\n"
        f"{extra}Content-Length: 0\r\n\r\n"
    ).encode()


def _status(near, code: int) -> str:
    """The next response, which must have this code. Raises StartError, TimeoutError."""
    response = near.recv(65536).decode()
    if not response.startswith(f"SIP/2.0 {code} "):
        raise StartError(f"the node answered {response.splitlines()[0]!r} instead of {code}")
    return response


def _us(system: Trunkline, before: float, count: int) -> float:
    return 1e6 * (sum(system.cpu_seconds().values()) - before) / count


def measure(messages: int, calls: int) -> Figures:
    with ExitStack() as stack:
        block = stack.enter_context(lease())
        system = Trunkline(f"{block}.10", f"{block}.20", f"{block}.31")
        stack.callback(system.stop)
        system.start()
        near = f"{block}.30"
        options(system, near, messages // 10)
        registrations(system, near, messages // 10)
        small = options(system, near, messages), registrations(system, near, messages)
        events = one_call(system, near)
        server = stack.enter_context(postgresql())
        home = stack.enter_context(tempfile.TemporaryDirectory())
        from trunkline import control

        control.setup(Settings(home=Path(home), database={"url": server.url}))
        stack.callback(control.database.close)
        control.migrate()
        lines = [journal.encode(event) for event in events]
        rows, taken, database, shipper = records(server, events, calls)
        return Figures(*small, len(lines), sum(map(len, lines)), rows, taken, database, shipper)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.small", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--messages", type=int, default=5_000, help="OPTIONS, and as many registrations")
    parser.add_argument("--calls", type=int, default=20_000, help="records")
    arguments = parser.parse_args()
    try:
        figures = measure(arguments.messages, arguments.calls)
    except StartError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps({name: round(value) for name, value in asdict(figures).items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.pages`: how long each page of the dashboard takes with much data, on the process that serves it.

PostgreSQL with 100,000 numbers and 5,000,000 calls (some minutes to fill, 6 GB of disk), and SQLite with 20,000 and
200,000. One reader after the other, over HTTPS from `trunkline node web`; times from the request to the last byte. Its
status is 1 where the 95th percentile of a page is above 200 ms.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlencode

from bench.addresses import lease
from bench.filling import ACCOUNTS, FROM, fill
from bench.postgresql import postgresql
from trunkline.home import Home
from trunkline.node import certificates, folders, probes, secrets
from trunkline.settings import Settings

SIZES = {"postgresql": (100_000, 5_000_000), "sqlite": (20_000, 200_000)}
DOMAIN, PORT, PASSWORD = "sip.bench.example", 8443, "correct horse battery staple"
TIMES = 40
START_SECONDS = 60.0
LIMIT_MS = 200.0
# What is put into a path differs each time, so that no page is read twice: {n} counts, {number} is the account's.
CUSTOMER = [
    "/", "/numbers/", "/numbers/?page={n}0", "/numbers/?q=%2B4420{n}", "/numbers/?q={n}7", "/numbers/{number}",
    "/numbers/{number}/forward", "/calls/", "/calls/?outcome=failed", "/calls/?number={number}", "/calls/{call}",
    "/calls/?since=2026-01-01&before={before}", "/calls/?party=carrier{n}", "/calls/?outcome=open",
    "/numbers/?nowhere=1", "/numbers/buy", "/numbers/buy?country=GB&digits={n}7&place=contains",
    "/numbers/{number}/release", "/trunk/", "/trunk/pbx/asterisk", "/users/", "/audit/", "/password", "/second-factor",
]  # fmt: skip
OPERATOR = [
    "/", "/numbers/", "/numbers/?page={n}00", "/numbers/?q={n}7", "/calls/", "/calls/?outcome=rejected",
    "/calls/?number={number}", "/calls/{call}", "/accounts/", "/accounts/?q={n}", "/inventory/",
    "/inventory/?page={n}0", "/inventory/?unassigned=1", "/inventory/?account=big&q={n}", "/carriers/",
    "/routes/?number={number}", "/audit/",
    "/audit/?who=nobody", "/calls/?party=carrier1", "/calls/?party=nobody", "/nodes/",
    "/endpoints/", "/users/", "/accounts/big/edit", "/inventory/import", "/calls/?outcome=open",
]  # fmt: skip


class Reader:
    """Somebody who has signed in, on one connection that stays."""

    def __init__(self, address: str, name: str):
        context = ssl._create_unverified_context()
        self._connection = http.client.HTTPSConnection(address, PORT, context=context, timeout=60)
        page = self._ask("GET", "/sign-in")[1]
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        form = urlencode({"name": name, "password": PASSWORD, "csrfmiddlewaretoken": token})
        status, _ = self._ask("POST", "/sign-in", form)
        if status != 302:
            raise RuntimeError(f"{name} cannot sign in: {status}")

    cookies: dict[str, str] = {}

    def read(self, path: str) -> float:
        """The time that a page takes, ms."""
        began = time.perf_counter()
        status, page = self._ask("GET", path)
        taken = 1000 * (time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {page[:500]}")
        return taken

    def _ask(self, method: str, path: str, form: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"https://{self._connection.host}:{PORT}/",
            }
        self._connection.request(method, path, form or None, headers)
        answer = self._connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies = self.cookies | {name: value}
        return answer.status, answer.read().decode()


def _wait_for(address: str) -> None:
    """Raises probes.Silent."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return probes.web(address, PORT, tls=True)
        except probes.Silent:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def web(settings: Settings, folder: Path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
    environment |= {
        "TRUNKLINE_HOME": str(settings.home), "TRUNKLINE_SIP__ADDRESS": settings.sip.address,
        "TRUNKLINE_SIP__DOMAIN": DOMAIN, "TRUNKLINE_DATABASE__URL": settings.database.url,
        "TRUNKLINE_WEB__PORT": str(PORT), "TRUNKLINE_WEB__REQUESTS_PER_MINUTE": "1000000",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    with open(folder / "web.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "trunkline", "node", "web"], env=environment, stdout=log, stderr=log
        )
    try:
        _wait_for(settings.web_address)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def measure(engine: str, numbers: int, calls: int, count: int = TIMES) -> list[dict]:
    """Each page's times, ms, of `count` readings."""
    from trunkline import control

    folder = Path(tempfile.mkdtemp(prefix="pages-"))
    folder.chmod(0o711)
    with lease() as block:
        address = f"{block}.2"
        with postgresql(f"{block}.3") if engine == "postgresql" else nullcontext() as server:
            settings = Settings(
                home=folder / "home", sip={"address": address, "domain": DOMAIN}, web={"port": PORT},
                database={"url": server.url} if server else {},
            )  # fmt: skip
            try:
                folders.make(Home(settings.home))
                certificates.ensure(Home(settings.home).tls, DOMAIN, {address})
                secrets.ensure(Home(settings.home).secrets)
                control.setup(settings)
                control.migrate()
                began = time.monotonic()
                _people(numbers, calls)
                print(f"{engine}: filled in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
                with web(settings, folder):
                    return _read_all(address, numbers, calls, count)
            finally:
                control.database.close()
                shutil.rmtree(folder)


def _people(numbers: int, calls: int) -> None:
    from trunkline.control import services
    from trunkline.control.database import close

    fill(numbers, calls)
    services.users.create("customer", services.accounts.get("big"), "owner", PASSWORD)
    services.users.create("operator", None, password=PASSWORD)
    close()


def _read_all(address: str, numbers: int, calls: int, count: int) -> list[dict]:
    found = []
    for who, paths in (("customer", CUSTOMER), ("operator", OPERATOR)):
        reader = Reader(address, who)
        for path in paths:
            times = sorted(reader.read(_filled(path, n, numbers, calls)) for n in range(1, count + 1))
            found.append(
                {"who": who, "page": path, "median": times[count // 2], "p95": times[-(-count * 95 // 100) - 1]}
            )
            shown = f"{who:9} {path:45} {found[-1]['median']:8.1f} {found[-1]['p95']:8.1f}"
            print(shown + ("  TOO SLOW" if found[-1]["p95"] > LIMIT_MS else ""), flush=True)
    return found


def too_slow(found: list[dict]) -> list[dict]:
    return [row for row in found if row["p95"] > LIMIT_MS]


def _filled(path: str, n: int, numbers: int, calls: int) -> str:
    """Number 5n is of the account `big`, and so is call 10n."""
    days_ago = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - n * 86400))
    return path.format(
        n=n % 10, number=FROM + 10 * n * (numbers // 1000) + 5, call=f"c{10 * (calls // 10 - n * 7)}",
        before=f"{days_ago}~1".replace("+", "%2B"),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--only", choices=SIZES, help="one of the two databases")
    parser.add_argument("--part", type=float, default=1.0, help="of the data, 0 to 1")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = {}
    for engine, sizes in SIZES.items():
        if arguments.only in (None, engine):
            found[engine] = measure(engine, *(max(int(size * arguments.part), 10 * ACCOUNTS) for size in sizes))
    if arguments.json:
        print(json.dumps(found, indent=2))
    sys.exit(any(map(too_slow, found.values())))


if __name__ == "__main__":
    main()

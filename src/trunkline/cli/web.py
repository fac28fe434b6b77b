"""The process that serves the dashboard, and what each of its workers loads.

It begins as root, makes copies of what it needs, and goes on as a user of its own, from the copies.
"""

import ctypes
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from trunkline import control
from trunkline import settings as all_settings
from trunkline.cli.whole_forms import Senders, WholeForms
from trunkline.home import Home
from trunkline.node import secrets, staging

PART = "web"
PR_SET_PDEATHSIG = 1
LOWEST_FREE_PORT = 1024  # below, a port takes a capability
THREADS = 8  # that run Django in each worker; a request waits for the database, hardly for anything else
CONNECTIONS = 512  # to each worker, each of which may have a thread waiting for its form
FORMS = 128  # of these, for one address that is no proxy: nobody alone takes the turn of all
HEADER_MS = 10_000  # to send the headers of a request, and between two requests of a connection
LOG = {"version": 1, "disable_existing_loggers": False, "loggers": {"_granian": {"level": "INFO", "propagate": True}}}


def run() -> None:
    """Serve until SIGTERM or SIGINT. Raises StagingError and DatabaseUnavailable."""
    if os.geteuid() == 0:
        _begin(all_settings.load())
    _serve(*staging.read(PART))


def _begin(settings: all_settings.Settings) -> NoReturn:
    home = Home(settings.home)
    files = {"secret": secrets.ensure(home.secrets).dashboard.encode()}
    if settings.web.tls:
        files |= {name: (home.tls / name).read_bytes() for name in ("node.crt", "node.key")}
    # What a PBX is told to believe; the folder of the CA's key is not for this part's user.
    files |= {path.name: path.read_bytes() for path in (home.tls / "ca.crt", home.tls / "node.crt") if path.exists()}
    staging.stage(settings, home.staged(PART), files)
    control.setup(settings)
    from trunkline.control import sharing

    sharing.share(staging.group())
    staging.become(PART, home, "net_bind_service" if settings.web.port < LOWEST_FREE_PORT else "")


def _serve(settings: all_settings.Settings, folder: Path) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings

    control.setup(settings)
    from trunkline.control import sharing
    from trunkline.control.api import usage

    sharing.hold()
    usage.share()
    multiprocessing.set_start_method("spawn")  # an open SQLite database must not be taken over a fork
    # That many threads are meant: they wait for forms, and Django runs on few of them (`whole_forms`).
    logging.getLogger("_granian").addFilter(lambda record: "allows spawning up to" not in record.getMessage())
    web = settings.web
    certificate = {"ssl_cert": folder / "node.crt", "ssl_key": folder / "node.key"} if web.tls else {}
    Granian(
        "trunkline.cli.web:application",
        factory=True,
        address=settings.web_address,
        port=web.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # or a client that never says which it speaks has all the time in the world
        websockets=False,
        ssl_protocol_min=SSLProtocols.tls12,
        workers=web.workers,
        blocking_threads=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS, keep_alive=True),
        log_dictconfig=LOG,
        **certificate,
    ).serve()


def application() -> Callable:
    """What a worker serves; Granian calls it in each."""
    # A worker whose parent was killed would keep the port.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Whatever a scanner asks for is answered with 4xx, which need not fill the log; faults of ours do.
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("django.security.DisallowedHost").setLevel(logging.CRITICAL)
    settings, folder = staging.read(PART)
    control.setup(settings)
    from trunkline.control.dashboard.application import make
    from trunkline.control.dashboard.options import LARGEST_BODY

    senders = Senders(FORMS, settings.web.proxies)
    return WholeForms(make(settings, (folder / "secret").read_text()), THREADS, LARGEST_BODY, senders)

"""Whether each part of a running node works: asked, not assumed. A check never raises; it says what is wrong."""

import datetime as dt
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

from trunkline.contract import store
from trunkline.home import Home
from trunkline.node import certificates, engine_health, logs, part, probes
from trunkline.node.checks import Check, duration
from trunkline.node.engines import relay_name
from trunkline.node.supervise import Manager, Process
from trunkline.settings import Settings

# A part that said nothing for this long hangs; a rebuild of the store says a word after each portion.
SILENT_SECONDS = 10.0
# Without the database a node goes on with what it has; after this long somebody should know.
BEHIND_SECONDS = 5.0
STALE_SECONDS = 3600.0  # a name that no name server has answered for this long
REBUILDING = "the store is being filled"
LEAST_DISK = 200_000_000  # bytes
LEAST_FILES = 1_000  # inodes
EXPIRY_DAYS = 14
CLOCK_SECONDS = 2.0  # two nodes may be as far on either side; Kamailio takes a nonce of 3 s from now
LONGEST_WORDS = 300  # of a log that are quoted


def check(settings: Settings, home: Home) -> list[Check]:
    """Ask every part. Raises supervise.NotRunning when the node is down."""
    processes = {process.name: process for process in Manager(home).processes()}
    probe: dict[str, Callable[[], Check]] = {
        "kamailio": lambda: engine_health.kamailio(home),
        **{relay_name(index): partial(engine_health.rtpengine, home, index) for index in range(settings.media.relays)},
        "follow": lambda: _follow(home, bool(settings.database.replica_url)),
        "resolve": lambda: _resolve(home),
        "ship": lambda: _ship(home),
        "clear": lambda: _clear(home),
        "publish": lambda: _publish(settings, home),
        "beat": lambda: _beat(home),
        "web": lambda: _web(settings),
    }
    checks = []
    for name, process in processes.items():
        checks.append(_process(process, home) or probe.get(name, lambda name=name: Check(name, True, "runs"))())
    if "kamailio" in processes:
        checks += [_sip(settings, home), engine_health.codecs(home)]
    return [*checks, *_clock(home), *_mail(home), _disk(home), _certificate(home)]


def _process(process: Process, home: Home) -> Check | None:
    """What is wrong with a process as such; None when it runs."""
    if process.running:
        return None
    log = home.log / f"{process.name}.log"
    last = "".join(logs.tail(log, 1))[:LONGEST_WORDS]  # supervisord knows no more than when it ended
    return Check(
        process.name, False, f"{process.state.lower()}: {last or process.text or 'it said nothing'}; see {log}"
    )


def _sip(settings: Settings, home: Home) -> Check:
    where = f"{settings.sip_address} port {settings.sip.port}"
    try:
        code = probes.sip_options(settings.sip_address, settings.sip.port)
    except probes.Silent as error:
        return Check("sip", False, f"OPTIONS to {where}: {error}")
    if code == 503 and _drained(home):
        return Check("sip", True, "drained: no new calls are taken (`trunkline node undrain` ends that)")
    return Check("sip", code == 200, f"OPTIONS to {where}: {code}")


def _drained(home: Home) -> bool:
    try:
        with closing(store.open_reader(home.store)) as connection:
            return store.draining(connection)
    except sqlite3.Error:
        return False


def _follow(home: Home, replica: bool) -> Check:
    status, wrong = _heard("follow", home)
    if not status:
        return Check("follow", False, wrong)
    if status["rebuilding"]:
        # A store that was filled before goes on serving what it has meanwhile.
        return Check("follow", status["sequence"] >= 0, f"{REBUILDING}: {status['rebuilding']} rows so far")
    if status["sequence"] < 0:
        return Check("follow", False, status["problem"] or "the store is empty")
    if status["problem"] and time.time() - status["since"] > BEHIND_SECONDS:
        text = f"{status['problem']}; {_since(status)}. Calls go on with what was known"
        return Check("follow", False, text, serves=True)
    lag = status["head"] - status["sequence"]
    text = f"at change {status['sequence']}" + (f", {lag} behind" if lag > 0 else "")
    if replica and "followed" in status:  # a part of the version before does not say it
        text += f", of {status['followed']}"
        if trouble := status["trouble"]:
            return Check("follow", False, f"{text}: {trouble}. Changes are read from the database itself", serves=True)
    return Check("follow", True, text)


def _resolve(home: Home) -> Check:
    status, wrong = _heard("resolve", home)
    if not status:
        return Check("resolve", False, wrong)
    if status["problem"]:
        return Check("resolve", False, f"{status['problem']}; {_since(status)}")
    names = f"{status['names']} host name{'s' * (status['names'] != 1)}"
    if not status["unanswered"]:
        return Check("resolve", True, names)
    text = f"{names}, {status['unanswered']} without an answer now ({status['reason']})"
    if status["stalest"]:
        text += f"; their last known addresses are used, the oldest from {duration(status['stalest'])} ago"
    return Check("resolve", status["never"] == 0 and status["stalest"] < STALE_SECONDS, text)


def _ship(home: Home) -> Check:
    status, wrong = _heard("ship", home)
    if not status:
        return Check("ship", False, wrong)
    damaged = f"; {status['damaged']} damaged lines kept in damaged.jsonl" if status["damaged"] else ""
    if status["problem"] and time.time() - status["since"] > BEHIND_SECONDS:
        text = f"{status['problem']}; {_since(status)}. {status['waiting']} bytes wait, none is lost{damaged}"
        return Check("ship", False, text, serves=True)
    return Check("ship", True, f"{status['waiting']} bytes wait{damaged}")


def _clear(home: Home) -> Check:
    status, wrong = _heard("clear", home)
    if not status:
        return Check("clear", False, wrong)
    if status["problem"]:
        return Check("clear", False, f"{status['problem']}; {_since(status)}. Calls that die are not ended meanwhile")
    return Check("clear", True, f"{status['up']} call{'s' * (status['up'] != 1)} up; {status['ended']} ended by it")


def _beat(home: Home) -> Check:
    status, wrong = _heard("beat", home)
    if not status:
        return Check("beat", False, wrong)
    if status["problem"] and time.time() - status["since"] > BEHIND_SECONDS:
        return Check("beat", False, f"{status['problem']}; {_since(status)}. Calls go on", serves=True)
    return Check("beat", True, "reports to the database")


def _clock(home: Home) -> list[Check]:
    """One where it is wrong: what a node dates, above all a nonce, the others judge by their clocks."""
    ahead = (part.read_status(home.status("beat")) or {}).get("ahead", 0)
    if abs(ahead) < CLOCK_SECONDS:
        return []
    which = "ahead of" if ahead > 0 else "behind"
    text = f"{duration(abs(ahead))} {which} the database's: digests fail between nodes; set both by NTP"
    return [Check("clock", False, text, serves=True)]


def _mail(home: Home) -> list[Check]:
    """One where letters do not go out, which the database tells."""
    wrong = (part.read_status(home.status("beat")) or {}).get("mail", "")
    return [Check("mail", False, wrong, serves=True)] if wrong else []


def _publish(settings: Settings, home: Home) -> Check:
    status, wrong = _heard("publish", home)
    if not status:
        return Check("publish", False, wrong, serves=True)
    if status["problem"]:
        return Check("publish", False, f"{status['problem']}; {_since(status)}. DNS stays as it is", serves=True)
    if status.get("cut_off"):  # a part of the version before does not say it
        text = "from here no endpoint but this node's own answers, though others serve calls: is this node cut off?"
        then = f"{status['waits_for']} writes DNS" if status["waits_for"] else "DNS stays as it is"
        return Check("publish", False, f"{text} {then}", serves=True)
    if other := status["waits_for"]:
        return Check("publish", True, f"{other} writes DNS; this node does so when that one falls silent", serves=True)
    # Its own addresses are out as they are meant to be when it is drained.
    meant = f" {settings.sip_advertised}" if _drained(home) else None
    out = {place: why for place, why in status["out"].items() if meant is None or not place.endswith(meant)}
    if status["all_out"] and (out or meant is None):
        text = "no endpoint answers from here, so all stay in DNS: is this node cut off?"
        return Check("publish", False, text, serves=True)
    out = "; ".join(f"{place}: {why}" for place, why in out.items())
    unseen = "; ".join(f"{place}: {why}" for place, why in status.get("unseen", {}).items())
    text = f"out of DNS: {out}" if out else f"every {'other ' if meant else ''}endpoint is in DNS"
    text += f"; not judged, as it cannot be asked from here: {unseen}" if unseen else ""
    return Check("publish", not out, text, serves=True)


def _web(settings: Settings) -> Check:
    its, address = settings.web, settings.web_address
    try:
        probes.web(address, its.port, its.tls)
    except probes.Silent as error:
        return Check("web", False, f"the dashboard on {address} port {its.port}: {error}")
    return Check("web", True, settings.web_url)


def _heard(name: str, home: Home) -> tuple[Mapping | None, str]:
    """What a part says of itself; or None, and what is wrong."""
    status = part.read_status(home.status(name))
    if not status:
        return None, "it has not said anything yet"
    silence = time.time() - status["time"]
    if silence > SILENT_SECONDS:
        return None, f"it has been silent for {duration(silence)}: it hangs, or waits for the database"
    return status, ""


def _since(status: Mapping) -> str:
    return f"for {duration(time.time() - status['since'])}" if status["since"] else "since it started"


def _disk(home: Home) -> Check:
    disk = os.statvfs(home.root)
    free = disk.f_bavail * disk.f_frsize
    text = f"{free // 1_000_000} MB free for {home.root}"
    if free < LEAST_DISK:
        return Check("disk", False, f"only {text}: the journal needs room")
    if disk.f_files and disk.f_favail < LEAST_FILES:  # of some file systems there is no such limit
        return Check("disk", False, f"only {disk.f_favail} more files can be made where {home.root} is: remove some")
    return Check("disk", True, text)


def _certificate(home: Home) -> Check:
    try:
        ends = certificates.load(home.tls / "node.crt").not_valid_after_utc
        own = certificates.is_operators(home.tls)
    except certificates.CertificateError as error:
        return Check("certificate", False, str(error))
    days = (ends - dt.datetime.now(dt.UTC)).days
    text = f"valid until {ends:%Y-%m-%d}"
    if days >= EXPIRY_DAYS:
        return Check("certificate", True, text)
    return Check("certificate", False, f"{text}: {'replace it, then ' if own else ''}`trunkline node certificate`")

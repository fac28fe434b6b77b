"""The steps that bring a node up, each with its line; `trunkline up` takes them."""

import importlib
import shutil
import subprocess
import time
from contextlib import contextmanager

import click

from trunkline import control
from trunkline.cli import certificate, interrupts, saying
from trunkline.contract import store
from trunkline.home import Home
from trunkline.node import (
    damaged,
    engines,
    folders,
    launch,
    occupied,
    ports,
    render,
    secrets,
    stop,
    supervise,
    watch,
)
from trunkline.settings import Settings

LEAST_DISK_MB = 200


class UpError(Exception):
    """The node cannot be brought up; the text says why and what to do."""


@contextmanager
def step(name: str):
    """Time a step and print a line for it; what it did is appended to the list that it gets."""
    began, said = time.monotonic(), []
    try:
        yield said
    except BaseException as error:
        became = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        click.echo(f"{time.monotonic() - began:6.1f} s  {name}: {became}", err=True)
        raise
    click.echo(f"{time.monotonic() - began:6.1f} s  {name}" + (f": {'; '.join(said)}" if said else ""))


def bring_up(settings: Settings, home: Home) -> subprocess.Popen:
    with step("settings") as said:
        sip = settings.sip
        said.append(f"{sip.domain} on {settings.sip_address}, ports {sip.port} and {sip.tls_port} (TLS)")
        _enough_disk(home)
        said += filter(None, [folders.close_settings(home)])
    with step("ports") as said:
        # First what a killed node left behind: it may still hold them.
        left = sum(launch.end_leftovers(engine, home) for engine in engines.commands(settings, home).values())
        if left:
            said.append(f"ended {left} processes that an earlier node left behind")
        chosen = ports.ensure(home.ports, settings.media.control_port, settings.media.relays)
        if problems := occupied.problems(occupied.endpoints(settings, chosen)):
            raise UpError("\n".join(problems))
    with step("store") as said:  # before it is asked whether a node can go on with it
        said += damaged.put_aside(home)
    with step("database") as said:
        control.setup(settings)
        away = _away(home)
        said += filter(None, [away])
    with step("secrets and certificate") as said:
        kept = secrets.ensure(home.secrets)
        said.append(certificate.ensure(settings, home, away=bool(away)))
    if settings.sandbox.enabled and not away:
        with step("sandbox account"):
            importlib.import_module("trunkline.cli.sandbox").ensure(settings)
    with step("engines' configuration"):
        render.write(settings, home, kept, chosen)
        config = supervise.write_config(home, supervise.programs(settings, home))
        folders.hand_over(home)
    return _start(settings, home, config)


def _away(home: Home) -> str:
    """Bring the database's tables up to date; or why it cannot be, where the node can serve without it."""
    try:
        control.migrate()
    except control.DatabaseAway as error:
        if not store.serves(home.store):
            raise UpError(f"{error}. This node cannot start without it: it has no store of this version") from error
        return f"{error}. The node starts all the same, with what it knew when it was stopped"
    return ""


def _enough_disk(home: Home) -> None:
    free = shutil.disk_usage(home.root).free // 1_000_000
    if free < LEAST_DISK_MB:
        raise UpError(f"only {free} MB of disk are free for {home.root}; a node needs {LEAST_DISK_MB} MB to start")


def _start(settings: Settings, home: Home, config) -> subprocess.Popen:
    """Start every part and wait until they work; when they do not, show why and stop them again."""
    with step("engines and services") as said:
        for part in ("follow", "resolve", "ship", "clear", "beat", "publish"):
            home.status(part).unlink(missing_ok=True)  # what an earlier process said is not true of this one
        with _stopped_if_it_fails(settings, home):
            manager = supervise.start(home, config)
            try:
                checks = watch.wait_until_ready(
                    settings,
                    home,
                    lambda: manager.poll() is None,
                    lambda names: click.echo(f"          waiting for {names}"),
                )
            except watch.NotReady as error:
                _explain(home, error)
                raise UpError(
                    "the node did not come up, and was stopped again. `trunkline logs` has its whole log"
                ) from error
        # The dashboard may take a moment longer, and no call waits for it: `shown` tells of it.
        said += [f"{check.name}: {check.text}" for check in checks if not check.ok and check.name != "web"]
    return manager


@contextmanager
def _stopped_if_it_fails(settings: Settings, home: Home):
    """Leave nothing running, whatever went wrong: also Ctrl-C, or an output that nobody reads any more."""
    try:
        yield
    except BaseException:
        interrupts.put_off()
        stop.stop(settings, home)
        raise


def _explain(home: Home, error: watch.NotReady) -> None:
    for check in error.checks:
        saying.say(f"{check.name}: {check.text}", err=True)
        for line in watch.last_words(home, check):
            click.echo(f"    {line}", err=True)

"""`trunkline up`: brings a node up step by step, shows that it works, and stays to watch it."""

import errno
import fcntl
import importlib
import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager

import click

from trunkline import control
from trunkline import settings as all_settings
from trunkline.home import Home
from trunkline.node import (
    certificates,
    engines,
    folders,
    launch,
    occupied,
    ports,
    probes,
    render,
    secrets,
    stop,
    supervise,
    watch,
    web,
)
from trunkline.settings import Settings

LEAST_DISK_MB = 200
WATCH_SECONDS = 0.5
WEB_SECONDS = 15.0


class UpError(Exception):
    """The node cannot be brought up; the text says why and what to do."""


# What a step may raise that is the operator's to mend: its text is all that is shown.
EXPECTED = (
    UpError,
    control.ServiceError,
    folders.FolderError,
    secrets.SecretsError,
    certificates.CertificateError,
    launch.LeftoverError,
    stop.StopError,
    OSError,
)


@click.command("up")
@click.option("-d", "--detach", is_flag=True, help="Return when the node works; `trunkline down` stops it.")
@click.option("--check/--no-check", "with_check", default=True, help="Place test calls at the end.")
@click.pass_context
def command(ctx: click.Context, detach: bool, with_check: bool):
    """Start the node, and say how to make a first call.

    In the foreground it then stays, says what dies and comes back, and stops everything on Ctrl-C.
    """
    _interruptible()
    settings = all_settings.load()
    home = Home(settings.home)
    try:
        with _alone(home):
            manager = _bring_up(settings, home)
            try:
                well = not with_check or _check(ctx, settings)
                _show_dashboard(settings)
                if not detach:
                    click.echo("The node runs until Ctrl-C. `trunkline up --detach` leaves it running.")
                    _watch(home, manager)
            except KeyboardInterrupt:
                detach = False
            finally:
                if not detach:
                    with _step("stopping"):
                        stop.stop(settings, home)
    except EXPECTED as error:
        raise click.ClickException(_words(error, home)) from error
    if detach:
        click.echo("The node runs. `trunkline status` asks how it is, `trunkline down` stops it.")
        ctx.exit(0 if well else 1)


def _words(error: Exception, home: Home) -> str:
    """What is amiss, and what to do."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {error.filename or home.root} is full: make room on it, and try again"
    return str(error)


def _interruptible() -> None:
    """SIGTERM and a closed terminal end us as Ctrl-C does."""

    def interrupt(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


@contextmanager
def _alone(home: Home):
    """Hold the home's lock. Raises UpError when another `up` does, or left a node running."""
    if os.geteuid() != 0:
        raise UpError("root is needed: ports, the engines' own users, and their files. Run it with sudo")
    folders.make(home)
    with open(home.run / "up.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise _already(home, lock.read().strip()) from None
        if pid := stop.manager_pid(home):
            raise _already(home, str(pid))
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _already(home: Home, pid: str) -> UpError:
    return UpError(
        f"the node of {home.root} is already running (process {pid}). "
        "See `trunkline status`; `trunkline down` stops it; another TRUNKLINE_HOME can run beside it"
    )


@contextmanager
def _step(name: str):
    """Time a step and print a line for it; what it did is appended to the list that it gets."""
    began, said = time.monotonic(), []
    try:
        yield said
    except BaseException:
        click.echo(f"{time.monotonic() - began:6.1f} s  {name}: failed", err=True)
        raise
    click.echo(f"{time.monotonic() - began:6.1f} s  {name}" + (f": {'; '.join(said)}" if said else ""))


def _bring_up(settings: Settings, home: Home) -> subprocess.Popen:
    with _step("settings") as said:
        sip = settings.sip
        said.append(f"{sip.domain} on {settings.sip_address}, ports {sip.port} and {sip.tls_port} (TLS)")
        _enough_disk(home)
        said += filter(None, [folders.close_settings(home)])
    with _step("ports") as said:
        # First what a killed node left behind: it may still hold them.
        left = sum(launch.end_leftovers(engine, home) for engine in engines.commands(settings, home).values())
        if left:
            said.append(f"ended {left} processes that an earlier node left behind")
        chosen = ports.ensure(home.ports, settings.media.control_port, settings.media.relays)
        if problems := occupied.problems(occupied.endpoints(settings, chosen)):
            raise UpError("\n".join(problems))
    with _step("database"):
        control.setup(settings)
        control.migrate()
    with _step("secrets and certificate") as said:
        kept = secrets.ensure(home.secrets)
        addresses = {settings.sip_address, settings.sip_advertised}
        addresses |= {settings.web_address} if settings.web.enabled else set()
        said.append(certificates.ensure(home.tls, sip.domain, addresses, settings.web.hosts))
    if settings.sandbox.enabled:
        with _step("sandbox account"):
            importlib.import_module("trunkline.cli.sandbox").ensure(settings)
    with _step("engines' configuration"):
        render.write(settings, home, kept, chosen)
        config = supervise.write_config(home, supervise.programs(settings))
        folders.hand_over(home)
    return _start(settings, home, config)


def _enough_disk(home: Home) -> None:
    free = shutil.disk_usage(home.root).free // 1_000_000
    if free < LEAST_DISK_MB:
        raise UpError(f"only {free} MB of disk are free for {home.root}; a node needs {LEAST_DISK_MB} MB to start")


def _start(settings: Settings, home: Home, config) -> subprocess.Popen:
    """Start every part and wait until they work; when they do not, show why and stop them again."""
    with _step("engines and services") as said:
        for part in ("follow", "resolve", "ship", "clear", "beat", "publish"):
            home.status(part).unlink(missing_ok=True)  # what an earlier process said is not true of this one
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
            stop.stop(settings, home)
            raise UpError("the node did not come up; it is stopped again. `trunkline logs` has all of it") from error
        except KeyboardInterrupt:
            stop.stop(settings, home)
            raise
        # The dashboard may take a moment longer, and no call waits for it: `_show_dashboard` tells of it.
        said += [f"{check.name}: {check.text}" for check in checks if not check.ok and check.name != "web"]
    return manager


def _explain(home: Home, error: watch.NotReady) -> None:
    for check in error.checks:
        click.echo(f"{check.name}: {check.text}", err=True)
        for line in watch.last_words(home, check):
            click.echo(f"    {line}", err=True)


def _check(ctx: click.Context, settings: Settings) -> bool:
    """Place the test calls and say whether all went well; the node runs on in any case."""
    if not settings.sandbox.enabled:
        click.echo("No test calls: sandbox.enabled is false.")
        return True
    try:
        ctx.invoke(importlib.import_module("trunkline.cli.check").command)
    except click.exceptions.Exit as ended:
        if ended.exit_code:
            click.echo("Not every test call went well: see the table above, and `trunkline logs`.", err=True)
        return not ended.exit_code
    except click.ClickException as error:
        error.show()
        return False
    return True


def _show_dashboard(settings: Settings) -> None:
    """Where it is, and how to get in: `up` makes no user, because what it prints may be kept in a log."""
    if not settings.web.enabled:
        return
    try:
        probes.web_within(WEB_SECONDS, settings.web_address, settings.web.port, settings.web.tls)
    except probes.Silent as error:
        click.echo(f"The dashboard does not work: {error}. Calls do; see `trunkline logs web`.", err=True)
        return
    click.echo(f"The dashboard is at {web.url(settings)}")
    from trunkline.control import services

    try:
        with control.database.plain_words():
            nobody = not services.users.listing().exists()
    except control.DatabaseUnavailable as error:
        click.echo(f"Whether it has users is not known: {error}.", err=True)
        return
    finally:
        control.database.close()
    if nobody:
        click.echo("Make its first user, which prints a password: trunkline user add NAME --operator")


def _watch(home: Home, manager: subprocess.Popen) -> None:
    """Say what changes until Ctrl-C or `trunkline down`. Raises UpError when the process manager dies."""
    processes, silent = [], False
    while manager.poll() is None:
        try:
            for change in watch.changes(home, processes):
                click.echo(f"{time.strftime('%H:%M:%S')} {change}")
            silent = False
        except supervise.NotRunning:
            if not silent:
                click.echo(f"{time.strftime('%H:%M:%S')} the process manager does not answer")
            silent = True
        time.sleep(WATCH_SECONDS)
    if manager.returncode:
        raise UpError(f"the process manager ended by itself ({manager.returncode}); everything is stopped")
    click.echo("The node was stopped by `trunkline down`.")

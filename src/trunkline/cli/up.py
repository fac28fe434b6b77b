"""`trunkline up`: brings a node up step by step, shows that it works, and stays to watch it."""

import errno
import fcntl
import importlib
import os
import subprocess
import time
from contextlib import contextmanager

import click

from trunkline import control
from trunkline import settings as all_settings
from trunkline.cli import interrupts, saying, shown
from trunkline.cli.starting import UpError, bring_up, step
from trunkline.home import Home
from trunkline.node import (
    certificates,
    folders,
    launch,
    secrets,
    stop,
    supervise,
    watch,
)
from trunkline.settings import Settings

WATCH_SECONDS = 0.5


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

    It then stays in the foreground, reports which parts die and come back, and stops everything on Ctrl-C.
    """
    interrupts.heed()
    settings = all_settings.load()
    home = Home(settings.home)
    try:
        with _alone(home):
            manager = bring_up(settings, home)
            try:
                well = not with_check or _check(ctx, settings)
                shown.stranded_keys(settings)
                shown.private_address(settings)
                shown.dashboard(settings)
                if not detach:
                    saying.say("The node runs until Ctrl-C. `trunkline up --detach` leaves it running.")
                    _watch(home, manager)
            except KeyboardInterrupt:
                detach = False
            finally:
                if not detach:
                    interrupts.put_off()
                    with step("stopping"):
                        stop.stop(settings, home)
    except EXPECTED as error:
        raise click.ClickException(_words(error, home)) from error
    if detach:
        saying.say("The node runs. `trunkline status` asks how it is, `trunkline down` stops it.")
        ctx.exit(0 if well else 1)


def _words(error: Exception, home: Home) -> str:
    """What is amiss, and what to do."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk of {error.filename or home.root} is full: make room on it, and try again"
    return str(error)


@contextmanager
def _alone(home: Home):
    """Hold the home's lock. Raises UpError when another `up` does, or left a node running."""
    if os.geteuid() != 0:
        raise UpError("root is needed, for the ports, the engines' own users and their files. Run it with sudo")
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


def _check(ctx: click.Context, settings: Settings) -> bool:
    """Place the test calls and say whether all went well; the node runs on in any case."""
    if not settings.sandbox.enabled:
        click.echo("No test calls: sandbox.enabled is false.")
        return True
    try:
        ctx.invoke(importlib.import_module("trunkline.cli.check").command)
    except click.exceptions.Exit as ended:
        if ended.exit_code:
            saying.say("Not every test call went well: see the table above, and `trunkline logs`.", err=True)
        return not ended.exit_code
    except click.ClickException as error:
        saying.complain(error)
        return False
    return True


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
    saying.say("The node was stopped by `trunkline down`.")

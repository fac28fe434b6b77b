"""`trunkline node`: its parts, each in the foreground. supervisord runs these; so can you, to watch one."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from contextlib import suppress

import click

from trunkline import settings as all_settings
from trunkline.cli import bans, measuring, nodes, telling
from trunkline.cli.adopt import adopt
from trunkline.cli.certificate import certificate
from trunkline.cli.groups import Group
from trunkline.cli.registered import registered
from trunkline.contract import store
from trunkline.home import Home
from trunkline.node.part import PASSING, Reporter, run, stop_on_signal


@click.group("node", cls=Group)
def command():
    """The nodes of a service: list them, take them in and out of service. Also the parts of a node, which `up` runs."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


@command.command()
def follow():
    """Bring the control plane's changes into the edge's store."""
    from trunkline import control
    from trunkline.node.follow import PAUSE, Follower

    settings, home = _load()
    control.setup(settings)
    from trunkline.control.feed import following

    stop, reporter = stop_on_signal(), Reporter(home.status("follow"))
    connection = store.open_writer(home.store)
    follower = Follower(
        following(lambda: store.sequence(connection)), connection, progress=lambda: reporter.well(follower.facts())
    )
    run(follower, reporter, stop, PAUSE)


@command.command()
def resolve():
    """Look up the host names of carriers and of Forward to SIP, and keep the answers for the edge."""
    from trunkline.dns.resolver import Resolver as NameServers
    from trunkline.node import resolve

    settings, home = _load()
    stop = stop_on_signal()
    resolver = resolve.Resolver(
        NameServers(settings.dns.servers, settings.dns.port),
        store.open_writer(home.store),
        ipv6=ipaddress.ip_address(settings.sip_address).version == 6,
        own=frozenset({settings.sip.domain}),
    )
    asyncio.run(resolve.run(resolver, Reporter(home.status("resolve")), stop, home.store))


@command.command()
def ship():
    """Bring the journal's lines into the database."""
    from trunkline import control
    from trunkline.node.ship import PAUSE, Shipper

    settings, home = _load()
    control.setup(settings)
    from trunkline.control.feed import DatabaseSink

    stop = stop_on_signal()
    size = settings.journal.rotate_mb * 1_000_000
    shipper = Shipper(DatabaseSink(), settings.node.name, home.journal_file, size, open_calls=home.open_calls)
    run(shipper, Reporter(home.status("ship")), stop, PAUSE)
    # The edge stops before us: its last lines go out now rather than at the next start, if the database is there.
    with suppress(*PASSING):
        while shipper.step():
            continue


@command.command()
def clear():
    """End calls that are dead or too long, and free the media ports of each call that is over."""
    from trunkline.node.clear import PAUSE, make

    settings, home = _load()
    stop = stop_on_signal()
    clearer = make(settings, home)
    run(clearer, Reporter(home.status("clear")), stop, PAUSE)
    clearer.close()


@command.command()
def beat():
    """Tell the database how this node is, which PBXs registered at it and how far they are, and take orders."""
    from trunkline import control
    from trunkline.node.beat import PAUSE, Beater

    settings, home = _load()
    control.setup(settings)
    from trunkline.control.feed import DatabaseSink

    stop = stop_on_signal()
    if settings.node.measure:
        measuring.begin(settings, home, stop)
    telling.begin(settings, home, stop)
    beater = Beater(DatabaseSink(), settings, home)
    run(beater, Reporter(home.status("beat")), stop, PAUSE)


@command.command()
def publish():
    """Take endpoints that do not answer out of DNS, and put them back when they do."""
    from trunkline import control
    from trunkline.cli.dns import server
    from trunkline.node.alive import PAUSE
    from trunkline.node.publish import Publisher
    from trunkline.node.turn import Known, Remembered

    settings, home = _load()
    control.setup(settings)
    from trunkline.control import services
    from trunkline.control.feed.available import available
    from trunkline.control.nodes import beats

    def ask():
        with available():
            return Known(services.endpoints.published(), beats.watchers(), beats.serving())

    stop, its = stop_on_signal(), settings
    remembered = Remembered(ask, its.node.name)
    publisher = Publisher(
        remembered.endpoints,
        server(its, home),
        its.sip.domain,
        its.dns.ttl,
        writer=remembered.writer,
        serving=remembered.serving,
        own=its.sip_advertised,
    )
    run(publisher, Reporter(home.status("publish")), stop, PAUSE)
    remembered.close()


@command.command()
def metrics():
    """Serve the node's figures to Prometheus. It starts as root and goes on as the user `trunkline`."""
    from trunkline.node import metrics as serving

    settings, home = _load()
    stop = stop_on_signal()
    try:
        serving.run(settings, home, stop)
    except OSError as error:
        raise click.ClickException(f"{settings.metrics.address} port {settings.metrics.port}: {error}") from error


@command.command()
def web():
    """Serve the dashboard. It starts as root and goes on as the user `trunkline`."""
    from trunkline.cli import web as serving

    _unprivileged(serving.run)


@command.command()
def jobs():
    """Test Forward to SIP lists, and place test calls, when asked. It starts as root and goes on as `trunkline`."""
    from trunkline.cli import jobs as working

    _unprivileged(working.run)


@command.command()
def imports():
    """Carry out the imports of numbers that are waiting, then end. The part `jobs` starts it when there are any."""
    from trunkline.cli import imports as working

    _unprivileged(working.run)


def _unprivileged(run: Callable[[], None]) -> None:
    from trunkline import control
    from trunkline.node.staging import StagingError

    try:
        run()
    except (StagingError, control.DatabaseUnavailable) as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.argument("name")
def engine(name: str):
    """Run one of the engines, after ending what its last start left behind."""
    from trunkline.node import engines, launch

    settings, home = _load()
    known = engines.commands(settings, home)
    if name not in known:
        raise click.ClickException(f"this node has no engine {name!r}: it has {', '.join(known)}")
    try:
        launch.launch(known[name], home)
    except FileNotFoundError as error:
        raise click.ClickException(f"{known[name].command[0]} is not installed here: {error}") from error
    except launch.LeftoverError as error:
        raise click.ClickException(str(error)) from error


def _load() -> tuple[all_settings.Settings, Home]:
    settings = all_settings.load()
    return settings, Home(settings.home)


for _one in (adopt, certificate, registered, *bans.COMMANDS, *nodes.COMMANDS):
    command.add_command(_one)

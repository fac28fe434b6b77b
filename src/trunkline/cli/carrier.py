"""`trunkline carrier`: the telephone companies."""

from datetime import UTC, datetime

import click

from trunkline.cli import password
from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, facts, operation, table

_SOURCE = "trunkline carrier set {} --add-source NETWORK"
_COLUMNS = ("name", "enabled", "host", "port", "transport", "username", "strip", "prefix", "sources")


def _in_words(carrier: dict[str, object]) -> dict[str, object]:
    return carrier | {"port": carrier["port"] or None}  # 0 is a port to nobody who has not read what it stands for


@click.group(cls=Group)
def command():
    """Carriers: where calls to the telephone network go, and where calls from it come in."""


def _fields(function):
    for option in (
        password.options,
        click.option("--prefix", help="Put before the number, after stripping; may start with '+'."),
        click.option("--strip", type=Whole(), help="Digits to take off the front of the E.164 number."),
        click.option("--username", help="Digest username, for a carrier that challenges."),
        click.option("--transport", type=click.Choice(["udp", "tcp", "tls"]), help="SIP transport; udp by default."),
        click.option("--port", type=Whole(), help="0: the port that DNS names, else the transport's usual one."),
    ):
        function = option(function)
    return function


@operation(command)
@click.argument("name")
@click.argument("host")
@_fields
@click.option("--source", "sources", multiple=True, help="Network that its calls come from; may be repeated.")
def add(services, name, host, sources, password_stdin, password_prompt, **fields):
    """Make a carrier at a host: an IP address or a name. With --username, you are asked for its password."""
    if (password_prompt or password_stdin) and not fields["username"]:
        raise click.UsageError("a password goes with a username: say --username NAME too")
    secret = password.given(password_prompt or bool(fields["username"]) and not password_stdin, password_stdin)
    carrier = services.carriers.create(name, host, sources=sources, password=secret, **fields)
    view = [f"Carrier {name} is made. Send calls to it with: trunkline route add PREFIX {name}"]
    if not sources:
        view.append(f"It has no source, so its calls are not recognised; name one with: {_SOURCE.format(name)}")
    return Answer(services.carriers.as_dict(carrier), view)


@operation(command, "list")
def list_(services):
    """List the carriers, and how the calls that were sent to them in the last day went."""
    carriers = services.carriers.everyone()
    health = services.health.of(carriers, datetime.now(UTC))
    found = [services.carriers.as_dict(carrier) | services.health.as_dict(health[carrier.pk]) for carrier in carriers]
    rows = (
        [*(_in_words(shown)[column] for column in _COLUMNS), services.health.in_words(health[carrier.pk])]
        for carrier, shown in zip(carriers, found, strict=True)
    )
    view = table((*_COLUMNS, "health"), rows, right=("port", "strip"))
    return Answer(found, [view if found else "There is no carrier. Make one with: trunkline carrier add NAME HOST"])


@operation(command)
@click.argument("name")
def show(services, name):
    """Show a carrier and its routes; its password is never shown."""
    carrier = services.carriers.get(name)
    routes = [services.routes.as_dict(route) for route in services.routes.everyone().filter(carrier=carrier)]
    document = services.carriers.as_dict(carrier) | {"routes": routes}
    shown = _in_words(document) | {
        "routes": [f"{route['prefix'] or 'every number'} (id {route['id']})" for route in routes]
    }
    return Answer(document, [facts(shown.items())])


@operation(command, "set", changes=True)
@click.argument("name")
@click.option("--host", help="IP address or name.")
@_fields
@click.option("--add-source", "added", multiple=True, help="Network that its calls come from; may be repeated.")
@click.option(
    "--remove-source", "removed", multiple=True, help="Network that its calls no longer come from; may be repeated."
)
def set_(services, name, added, removed, password_stdin, password_prompt, **fields):
    """Change a carrier; what is not given stays."""
    secret = password.given(password_prompt, password_stdin)
    with services.together():
        carrier = services.carriers.change(services.carriers.get(name), password=secret, **fields)
        services.sources.remove(carrier, *removed)
        services.sources.add(carrier, *added)
    return Answer(services.carriers.as_dict(carrier), [f"Carrier {name} is changed."])


@operation(command)
@click.argument("name")
def enable(services, name):
    """Use a carrier again."""
    carrier = services.carriers.change(services.carriers.get(name), enabled=True)
    return Answer(services.carriers.as_dict(carrier), [f"Carrier {name} is enabled."])


@operation(command)
@click.argument("name")
def disable(services, name):
    """Leave a carrier out of every route, and refuse its calls."""
    carrier = services.carriers.change(services.carriers.get(name), enabled=False)
    return Answer(services.carriers.as_dict(carrier), [f"Carrier {name} is disabled."])


@operation(command)
@click.argument("name")
def remove(services, name):
    """Remove a carrier that no route names."""
    services.carriers.remove(services.carriers.get(name))
    return Answer({"removed": name}, [f"Carrier {name} is removed."])

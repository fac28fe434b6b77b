"""`trunkline account`: the customers."""

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, degrees, facts, operation, table
from trunkline.cli.places import PlaceType

_LIMITS = ("caller_id", "calls_per_second", "calls_at_once", "destinations", "srtp", "numbers_at_most")
_COLUMNS = ("name", "enabled", *_LIMITS, "sources")


@click.group(cls=Group)
def command():
    """Customers: their limits, their caller IDs, and the addresses that need no digest."""


def _limits(function):
    for option in (
        click.option(
            "--srtp",
            type=click.Choice(["accepted", "offered", "required"]),
            help="accepted: its PBX may call with SRTP or RTP; offered: it is offered SRTP too; required: only SRTP.",
        ),
        click.option(
            "--destinations", help="E.164 prefixes that may be called, separated by commas; '' for everywhere."
        ),
        click.option(
            "--numbers-at-most", type=Whole(), help="It may buy numbers until it has this many; 0: it buys none."
        ),
        click.option("--calls-at-once", type=Whole(), help="Calls at the same time; 0 is no limit."),
        click.option("--calls-per-second", type=Whole(), help="Calls begun in one second; 0 is no limit."),
        click.option(
            "--caller-id",
            type=click.Choice(["any", "owned"]),
            help="any: every E.164 number may be the caller; owned: only the account's numbers.",
        ),
    ):
        function = option(function)
    return function


@operation(command)
@click.argument("name")
@_limits
@click.option("--source", "sources", multiple=True, help="Network of PBXs that need no digest; may be repeated.")
def add(services, name, sources, **limits):
    """Make an account."""
    account = services.accounts.create(name, sources=sources, **_given(limits))
    said = [f"Account {name} is made. Give it a key with: trunkline key add {name}", *_warnings(account)]
    return Answer(services.accounts.as_dict(account), said)


@operation(command, "list")
def list_(services):
    """List the accounts."""
    found = [services.accounts.as_dict(account) for account in services.accounts.everyone()]
    rows = [[account[column] for column in _COLUMNS] for account in found]
    view = table(_COLUMNS, rows, right=("calls_per_second", "calls_at_once", "numbers_at_most"))
    return Answer(found, [view if found else "There is no account. Make one with: trunkline account add NAME"])


@operation(command)
@click.argument("name")
def show(services, name):
    """Show an account with its keys and how many numbers it has."""
    account = services.accounts.get(name)
    keys = [services.keys.as_dict(key) for key in services.keys.listing(account)]
    document = services.accounts.as_dict(account) | {"keys": keys, "numbers": account.numbers.count()}
    shown = document | {"keys": [key["key"] if key["enabled"] else f"{key['key']} (disabled)" for key in keys]}
    shown |= degrees(document)
    return Answer(document, [facts(shown.items())])


@operation(command, "set", changes=True)
@click.argument("name")
@_limits
@click.option("--add-source", "added", multiple=True, help="Network of PBXs that need no digest; may be repeated.")
@click.option("--remove-source", "removed", multiple=True, help="Network that needs a digest again; may be repeated.")
def set_(services, name, added, removed, **limits):
    """Change an account; what is not given stays."""
    with services.together():
        account = services.accounts.change(services.accounts.get(name), **_given(limits))
        services.sources.remove(account, *removed)
        services.sources.add(account, *added)
    return Answer(services.accounts.as_dict(account), [f"Account {name} is changed.", *_warnings(account)])


@operation(command)
@click.argument("name")
@click.option("--at", type=PlaceType(), help="Where its PBX is: latitude and longitude, degrees, like 52.52,13.405.")
@click.option("--nowhere", is_flag=True, help="Forget where it is.")
def place(services, name, at, nowhere):
    """Say where an account's PBX is. Endpoints are ordered by that until nodes have measured how far the PBX is."""
    if bool(at) is nowhere:
        raise click.UsageError("give the place by --at=LATITUDE,LONGITUDE, or say --nowhere")
    account = services.accounts.place(services.accounts.get(name), *(at or (None, None)))
    said = f"Account {name} is at {at[0]:g}, {at[1]:g}." if at else f"Account {name} has no place any more."
    return Answer(services.accounts.as_dict(account), [said])


@operation(command)
@click.argument("name")
def enable(services, name):
    """Let an account call and be called again."""
    account = services.accounts.change(services.accounts.get(name), enabled=True)
    return Answer(services.accounts.as_dict(account), [f"Account {name} is enabled."])


@operation(command)
@click.argument("name")
def disable(services, name):
    """Refuse an account's calls, both ways, and every change by its users and programs. It keeps all that it has."""
    account = services.accounts.change(services.accounts.get(name), enabled=False)
    said = [f"Account {name} is disabled: its calls are refused, and its users and programs cannot change anything."]
    if services.calls.find(account=account, outcome="open", limit=1):
        said.append(f"Calls that are up go on; `trunkline calls end --account {name}` ends them.")
    return Answer(services.accounts.as_dict(account), said)


def _warnings(account) -> list[str]:
    if account.srtp == account.ACCEPTED:
        return []
    return ["The keys of SRTP travel in the SIP messages, readable by anyone on the way: have its PBX use TLS."]


def _given(limits: dict) -> dict:
    """The options that were given, the destinations as a list."""
    given = {name: value for name, value in limits.items() if value is not None}
    if "destinations" in given:
        prefixes = given["destinations"].split(",") if given["destinations"].strip() else []
        given["destinations"] = prefixes
    return given

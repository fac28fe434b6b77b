"""`trunkline route`: which carriers serve which numbers."""

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, operation, table


@click.group(cls=Group)
def command():
    """Routes: which carriers serve which prefix, and which calls are refused. The longest prefix counts."""


@operation(command)
@click.argument("prefix")
@click.argument("carrier")
@click.option("--priority", type=Whole(), default=10, show_default=True, help="Lower is tried first.")
@click.option("--weight", type=Whole(), default=10, show_default=True, help="Share of calls among equal priorities.")
def add(services, prefix, carrier, priority, weight):
    """Let a carrier serve a prefix; '' is every number."""
    carrier = services.carriers.get(carrier)
    route = services.routes.add(prefix, carrier, priority=priority, weight=weight)
    return Answer(services.routes.as_dict(route), [f"Route {route.pk}: {_prefix(route.prefix)} by {carrier}."])


@operation(command, "list")
def list_(services):
    """List the routes."""
    found = [services.routes.as_dict(route) for route in services.routes.everyone()]
    rows = [
        [r["id"], _prefix(r["prefix"]), r["priority"], r["weight"], _carrier(r["carrier"], r["enabled"])] for r in found
    ]
    view = table(("id", "prefix", "priority", "weight", "carrier"), rows, right=("id", "priority", "weight"))
    return Answer(found, [view if found else "There is no route. Make one with: trunkline route add PREFIX CARRIER"])


@operation(command)
@click.argument("prefix")
def refuse(services, prefix):
    """Refuse calls to a prefix, whatever carriers serve it; '' is every number."""
    route = services.routes.refuse(prefix)
    said = [f"Calls to {_prefix(route.prefix)} are refused, until you run: trunkline route remove {route.pk}"]
    if longer := sorted({one.prefix for one in services.routes.beyond(route)}):
        said.append(f"Longer prefixes that have carriers of their own still work: {', '.join(longer)}.")
    return Answer(services.routes.as_dict(route), said)


@operation(command, "set", changes=True)
@click.argument("route", metavar="ID", type=Whole())
@click.option("--priority", type=Whole(), help="Lower is tried first.")
@click.option("--weight", type=Whole(), help="Share of calls among equal priorities.")
def set_(services, route, priority, weight):
    """Change a route; what is not given stays."""
    found = services.routes.change(services.routes.get(route), priority=priority, weight=weight)
    return Answer(services.routes.as_dict(found), [f"Route {route} is changed."])


@operation(command)
@click.argument("route", metavar="ID", type=Whole())
def remove(services, route):
    """Remove a route by its id in the list."""
    found = services.routes.get(route)
    document = services.routes.as_dict(found)
    services.routes.remove(found)
    return Answer({"removed": document}, [f"Route {route} is removed."])


@operation(command)
@click.argument("number")
def which(services, number):
    """Show the carriers that a call to a number would try, in order, or that it would be refused."""
    found = services.routes.which(number)
    document = [services.routes.as_dict(item.route) | {"share": round(item.share, 4)} for item in found]
    if found and found[0].route.carrier is None:
        return Answer(document, [f"Its calls are refused, by route {found[0].route.pk}: {found[0].route}."])
    rows = [[_prefix(r["prefix"]), r["priority"], f"{r['share']:.0%}", r["carrier"], r["id"]] for r in document]
    view = table(("prefix", "priority", "first", "carrier", "id"), rows, right=("priority", "first", "id"))
    return Answer(document, [view if found else _none(services, number)])


def _none(services, number: str) -> str:
    """Why no carrier serves a number."""
    disabled = services.routes.disabled(number)
    if not disabled:
        return "No carrier serves that number: its calls are refused."
    names = ", ".join(sorted({route.carrier.name for route in disabled}))
    return f"Calls to that number are refused: the carriers of its routes are disabled ({names})."


def _prefix(prefix: str) -> str:
    return prefix or "every number"


def _carrier(name: str | None, enabled: bool) -> str:
    if name is None:
        return "(calls are refused)"
    return name if enabled else f"{name} (disabled)"

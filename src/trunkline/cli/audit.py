"""`trunkline audit`: who changed what."""

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.moment import Moment
from trunkline.cli.output import Answer, newest, operation, table
from trunkline.control import csv_text

MOST_LISTED = 2**31 - 1


@click.group(cls=Group)
def command():
    """The audit log: every change, who made it, from where, and what was there before."""


@operation(command, "list")
@click.option("--account", help="Changes of what belongs to this account.")
@click.option("--who", default="", help="Made by a user, API key or system user with this in its name.")
@click.option("--kind", default="", help="Of this kind of thing: account, key, number, carrier, route, user, ...")
@click.option("--name", default="", help="Of things with this in their name.")
@click.option("--since", type=Moment(), help="Made at this time or later: 2026-01-31T14:05, or 30m, 12h, 7d ago.")
@click.option("--until", type=Moment(), help="Made before this time.")
@click.option("--limit", type=Whole(1, MOST_LISTED), default=50, show_default=True, help="At most this many.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with every column.")
def list_(services, account, as_csv, limit, **conditions):
    """List changes, the newest first."""
    kind, kinds = conditions["kind"], services.audit.kinds()
    if kind and kind not in kinds:
        raise click.UsageError(f"there is no kind {kind!r}: write one of {', '.join(kinds)}")
    owner = services.accounts.get(account) if account else None
    found, left_out = newest(services.audit.find(account=owner, limit=limit + 1, **conditions), limit)
    document = [services.audit.as_dict(entry) for entry in found]
    if as_csv:
        raw = csv_text.render(services.audit.COLUMNS, map(services.audit.as_row, found))
        return Answer(document, raw=raw, left_out=left_out)
    rows = [
        [
            entry.time, services.audit.who(entry), entry.address, f"{entry.kind} {entry.name}", entry.did,
            "; ".join(map(services.audit.in_words, entry.changes)),
        ]
        for entry in found
    ]  # fmt: skip
    view = table(("time", "who", "from", "what", "done", "changes"), rows)
    return Answer(document, [view if found else "There is no such entry."], left_out=left_out)

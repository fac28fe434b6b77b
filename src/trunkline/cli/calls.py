"""`trunkline calls`: what became of each call."""

from datetime import UTC, datetime, timedelta

import click

from trunkline.cli import ending
from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.moment import Moment
from trunkline.cli.output import Answer, facts, newest, operation, table
from trunkline.control import csv_text

OUTCOMES = ("open", "answered", "cancelled", "failed", "rejected")
_CONDITIONS = ("number", "call_id", "since", "until", "outcome")
WEEK = timedelta(days=7)  # as no index helps
MOST_LISTED = 2**31 - 1  # more than any machine could print; databases count rows in 63 bits


@click.group(cls=Group)
def command():
    """The records of calls, rejected ones too. Times are UTC."""


@operation(command, "list")
@click.option("--account", help="Calls that this account made or received.")
@click.option("--number", default="", help="Calls from or to this number.")
@click.option("--call-id", default="", help="Either side's Call-ID; in the last 7 days, unless --since is given.")
@click.option("--since", type=Moment(), help="Begun at this time or later: 2026-01-31T14:05, or 30m, 12h, 7d ago.")
@click.option("--until", type=Moment(), help="Begun before this time.")
@click.option("--outcome", type=click.Choice(OUTCOMES), default=None, help="What became of them.")
@click.option("--limit", type=Whole(1, MOST_LISTED), default=50, show_default=True, help="At most this many.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with every column.")
def list_(services, account, as_csv, limit, **conditions):
    """List calls, the newest first."""
    conditions["outcome"] = conditions["outcome"] or ""
    if conditions["call_id"] and not conditions["since"]:
        conditions["since"] = datetime.now(UTC) - WEEK
    owner = services.accounts.get(account) if account else None
    calls, left_out = newest(services.calls.find(account=owner, limit=limit + 1, **conditions), limit)
    found = [services.calls.as_dict(call) for call in calls]
    if as_csv:
        return Answer(found, raw=csv_text.render(services.calls.COLUMNS, found), left_out=left_out)
    columns = ("started", "direction", "account", "caller", "called", "outcome", "code", "fault", "duration", "uid")
    rows = [[call[column] for column in columns] for call in found]
    view = table([*columns[:-2], "seconds", "uid"], rows, right=("code", "seconds"))
    none = (
        "There is no such call." if owner or any(conditions[name] for name in _CONDITIONS) else "There is no call yet."
    )
    return Answer(found, [view if found else none], left_out=left_out)


@operation(command)
@click.argument("uids", metavar="UID...", nargs=-1)
@click.option("--account", help="All calls that this account made or received.")
def end(services, uids, account):
    """End calls that are up: both parties are hung up on, or, while it still rings, the caller is refused."""
    if bool(uids) is bool(account):
        raise click.UsageError("name the calls by their uids, or say --account")
    return ending.end(services, uids, account)


@operation(command)
@click.argument("uid")
def show(services, uid):
    """Show a call with its attempts: what happened when, who said so, and whose fault it was."""
    call = services.calls.get(uid)
    attempts = services.calls.attempts(call)
    document = services.calls.as_dict(call)
    steps = [
        [f"+{(step.time - call.started).total_seconds():.3f}", step.who, step.what]
        for step in services.timeline.steps(call, attempts)
    ]
    hidden = ("ringing", "answered", "hung_up_reason", *services.quality.COLUMNS)
    verdict, advice = services.fault.in_words(call, attempts), services.advice.of(call, attempts)
    in_words = document | {"fault": verdict} | ({"advice": advice} if advice else {})
    if call.hung_up_by == "edge":
        in_words["hung_up_by"] = services.timeline.US
    for party in services.quality.PARTIES:
        if heard := services.quality.in_words(call, party):
            in_words[f"audio_from_{party}"] = heard
    if not call.far_call_id:
        del in_words["far_call_id"]
    head = facts((name, value) for name, value in in_words.items() if name not in hidden)
    document |= {"verdict": verdict, "advice": advice}
    document["attempts"] = [services.calls.attempt_as_dict(attempt) for attempt in attempts]
    return Answer(document, [head, "", table(("s", "who", "what"), steps, right=("s",))])

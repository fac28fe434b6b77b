"""`trunkline number`: telephone numbers and where their calls go."""

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, facts, operation, table

PROBLEMS_SHOWN = 50
_COLUMNS = ("number", "country", "kind", "monthly_cost", "account", "forward")


@click.group(cls=Group)
def command():
    """Numbers: who has them, and the SIP URIs that their calls are forwarded to."""


@operation(command)
@click.argument("number")
@click.option("--account", help="The account that gets it. Without one, it goes into the inventory.")
@click.option("--forward", default="", help="Forward to SIP: URIs in order, separated by commas.")
@click.option("--monthly-cost", default="0", help="Euros a month that customers are shown, like 1.25.")
def add(services, number, account, forward, monthly_cost):
    """Add a number."""
    owner = services.accounts.get(account) if account else None
    added = services.numbers.add(number, owner, forward, monthly_cost)
    return _answer(services, added, f"Number {added} is added to {_owner(added)}.")


@operation(command, "list")
@click.option("--account", help="Only the numbers of this account.")
@click.option("--unassigned", is_flag=True, help="Only the inventory that no account has.")
@click.option("--prefix", default="", help="Only numbers that start with these digits.")
@click.option("--limit", type=Whole(0, 2**31 - 1), default=100, show_default=True, help="At most this many; 0 is all.")
def list_(services, account, unassigned, prefix, limit):
    """List numbers in order."""
    if account and unassigned:
        raise click.UsageError("say either --account NAME or --unassigned")
    found = services.numbers.listing(services.accounts.get(account) if account else None, prefix, unassigned)
    shown = [services.numbers.as_dict(number) for number in (found[:limit] if limit else found.iterator())]
    view = [table(_COLUMNS, ([n[column] for column in _COLUMNS] for n in shown))]
    none = ["There is no such number. Add one with: trunkline number add NUMBER"]
    return Answer(shown, view if shown else none, left_out=_left_out(found, shown, limit))


@operation(command)
@click.option("--country", default="", help="Two letters of ISO 3166, like GB.")
@click.option("--kind", type=click.Choice(["landline", "mobile-lvn", "landline-toll-free"]), help="What it is.")
@click.option("--digits", default="", help="Only numbers with these digits.")
@click.option(
    "--at",
    "place",
    type=click.Choice(["starts", "contains", "ends"]),
    default="starts",
    show_default=True,
    help="Where in the number the digits are.",
)
@click.option("--account", help="As this account sees it.")
@click.option("--limit", type=Whole(1, 2**31 - 1), default=100, show_default=True, help="At most this many.")
def available(services, country, kind, digits, place, account, limit):
    """Search the inventory: the numbers that customers can buy."""
    owner = services.accounts.get(account) if account else None
    found = services.inventory.available(owner, country=country, kind=kind or "", pattern=digits, place=place)
    shown = [services.numbers.as_dict(number) for number in found[:limit]]
    columns = ("number", "country", "kind", "monthly_cost")
    view = [table(columns, ([n[column] for column in columns] for n in shown))]
    none = ["There is no such number in the inventory."]
    return Answer(shown, view if shown else none, left_out=_left_out(found, shown, limit))


@operation(command)
@click.argument("number")
def show(services, number):
    """Show a number and the targets of its calls, in order."""
    document = services.numbers.as_dict(services.numbers.get(number))
    head = facts((name, document[name]) for name in ("number", "country", "kind", "monthly_cost", "account", "created"))
    columns = ("uri", "port", "transport", "timeout_ms", "media")
    rows = [[n, *(target[column] or "-" for column in columns)] for n, target in enumerate(document["targets"], 1)]
    targets = table(("", "uri", "port", "transport", "timeout, ms", "media"), rows, right=("timeout, ms",))
    warnings = [f"Warning: {warning}." for warning in document["warnings"]]
    return Answer(document, [head, targets if rows else "It is not forwarded: its calls are refused.", *warnings])


@operation(command)
@click.argument("number")
@click.argument("uris")
def forward(services, number, uris):
    """Forward a number's calls to SIP URIs, tried in order; '' forwards it nowhere.

    Each may end in ;timeout= (ms, 2000 to 20000), ;transport=tls or tcp, and ;media=srtp or rtp. Put the text in
    quotes, as ; means something to the shell.
    """
    changed = services.numbers.forward(services.numbers.get(number), uris)
    said = f"Calls to {changed} go to {changed.forward}" if changed.forward else f"{changed} is not forwarded any more"
    return _answer(services, changed, f"{said}.")


@operation(command, "set")
@click.argument("number")
@click.option("--monthly-cost", required=True, help="Euros a month that customers are shown, like 1.25.")
def set_(services, number, monthly_cost):
    """Say what a number costs."""
    changed = services.numbers.change(services.numbers.get(number), monthly_cost=monthly_cost)
    return _answer(services, changed, f"Number {changed} costs {changed.monthly_cost:.2f} EUR a month.")


@operation(command)
@click.argument("number")
@click.option("--account", help="The account that gets it.")
@click.option("--inventory", is_flag=True, help="Take it from its account.")
def assign(services, number, account, inventory):
    """Give a number to an account, or back to the inventory; its forward is removed."""
    if bool(account) == inventory:
        raise click.UsageError("say either --account NAME or --inventory")
    owner = services.accounts.get(account) if account else None
    changed = services.numbers.assign(services.numbers.get(number), owner)
    became = "now belongs to" if owner else "is in"
    return Answer(services.numbers.as_dict(changed), [f"Number {changed} {became} {_owner(changed)}."])


@operation(command)
@click.argument("number")
def remove(services, number):
    """Remove a number; the records of its calls stay."""
    gone = services.numbers.get(number)
    services.numbers.remove(gone)
    return Answer({"removed": str(gone)}, [f"Number {gone} is removed."])


@operation(command, "import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--dry-run", is_flag=True, help="Check every line and write nothing.")
@click.option("--update", is_flag=True, help="Change numbers that exist already. Without it, each of them is an error.")
def import_(services, file, dry_run, update):
    """Add the numbers of a CSV file ('-': standard input): all of them or, with a single error, none.

    Its first line names the columns: number, account, forward, monthly_cost; all but the first may be missing or empty.
    """
    try:
        rows = list(services.number_table.rows(file))  # before the transaction: standard input may be slow
    except OSError as error:
        raise click.ClickException(f"{file.name} cannot be read: {error.strerror}") from error
    plan = (services.importing.plan if dry_run else services.importing.carry_out)(rows, update)
    counts = {"added": len(plan.add), "updated": len(plan.update), "unchanged": plan.unchanged}
    if plan.problems:
        return _refused(plan.problems)
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    return Answer(counts | {"dry_run": dry_run}, [f"{'It would be' if dry_run else 'Done'}: {said}."])


def _left_out(found, shown: list, limit: int) -> str:
    if limit and len(shown) == limit and (total := found.count()) > limit:
        return f"These are {limit} of {total}; see more with --limit."
    return ""


def _refused(problems: list) -> Answer:
    lines = "1 line has an error" if len(problems) == 1 else f"{len(problems)} lines have errors"
    error = f"{lines}, so nothing was written"
    document = {"error": error, "problems": [problem._asdict() for problem in problems]}
    view = [table(("line", "number", "problem"), problems[:PROBLEMS_SHOWN], right=("line",))]
    if len(problems) > PROBLEMS_SHOWN:
        view.append(f"… and {len(problems) - PROBLEMS_SHOWN} more; --json lists them all.")
    return Answer(document, [*view, f"{error[0].upper()}{error[1:]}."], failed=True)


def _answer(services, number, said: str) -> Answer:
    document = services.numbers.as_dict(number)
    return Answer(document, [said, *(f"Warning: {warning}." for warning in document["warnings"])])


def _owner(number) -> str:
    return f"account {number.account}" if number.account else "the inventory"

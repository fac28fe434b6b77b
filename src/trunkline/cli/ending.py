"""`trunkline calls end`: calls that are up, ended by hand."""

import time
from collections import Counter

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer
from trunkline.home import Home
from trunkline.node import orders

MOST = 2**31 - 1
PATIENCE = 5.0  # s; the part `clear` looks each 0.2 s


def end(services, uids: tuple[str, ...], account: str | None) -> Answer:
    """Of the calls named, or of all of an account, have those ended that are up on this node."""
    settings = all_settings.load()
    if account:
        calls = services.calls.find(account=services.accounts.get(account), outcome="open", limit=MOST)
    else:
        calls = [services.calls.get(uid) for uid in uids]
    over = [call.uid for call in calls if call.outcome != "open"]
    early = [call.uid for call in calls if call.outcome == "open" and not call.answered]
    up = [call for call in calls if call.outcome == "open" and call.answered]
    here = [call.uid for call in up if call.node == settings.node.name]
    elsewhere = Counter(call.node for call in up if call.node != settings.node.name)
    if here:
        _order(Home(settings.home), here)
    said = [f"{_calls(len(here))} being ended."] if here else []
    said += [f"{_calls(number)} up on {node}: say it there." for node, number in sorted(elsewhere.items())]
    said += [f"{_calls(len(early))} not answered yet: say it again when that is."] if early else []
    said += [f"{_calls(len(over))} over."] if over else []
    document = {"ending": here, "elsewhere": dict(elsewhere), "unanswered": early, "over": over}
    return Answer(document, said or ["No call is up."], failed=bool(elsewhere or early))


def _order(home: Home, uids: list[str]) -> None:
    try:
        orders.want(home.endings, uids)
    except OSError as error:
        raise click.ClickException(f"{home.endings} cannot be written: {error.strerror}") from error
    deadline = time.monotonic() + PATIENCE
    while orders.wanted(home.endings):
        if time.monotonic() > deadline:
            orders.forget(home.endings, uids)
            raise click.ClickException("no call is ended: the node's part `clear` does not run. See `trunkline status`")
        time.sleep(0.1)


def _calls(number: int) -> str:
    return "1 call is" if number == 1 else f"{number} calls are"

"""`trunkline calls end`: calls that are not over, ended by hand."""

import time

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer
from trunkline.home import Home
from trunkline.node import orders

PATIENCE = 5.0  # s without any being taken; the part `clear` looks each 0.2 s


def end(services, uids: tuple[str, ...], account: str | None) -> Answer:
    """Have the calls named, or all of an account, ended by the nodes that have them."""
    settings = all_settings.load()
    if account:
        calls = list(services.endings.up(services.accounts.get(account)))
    else:
        calls = [services.calls.get(uid) for uid in dict.fromkeys(uids)]
    over = [call.uid for call in calls if call.outcome != "open"]
    up = [call for call in calls if call.outcome == "open"]
    here = [call.uid for call in up if call.node == settings.node.name]
    if here:  # by its own part, without the database
        _order(Home(settings.home), here)
    ordered = services.endings.end(call for call in up if call.node != settings.node.name)
    said = [f"{_calls(len(here))} being ended."] if here else []
    said += [f"{_calls(len(its))} being ended on {name}, within some seconds." for name, its in ordered.told.items()]
    said += [f"{_calls(count)} up on {name}: {words}." for name, (count, words) in ordered.unheard.items()]
    said += [f"{_calls(len(over))} over."] if over else []
    document = {
        "ending": [*here, *(uid for its in ordered.told.values() for uid in its)],
        "unheard": {name: words for name, (_, words) in ordered.unheard.items()},
        "over": over,
    }
    return Answer(document, said or ["No call is up."], failed=bool(ordered.unheard))


def _order(home: Home, uids: list[str]) -> None:
    try:
        orders.want(home.endings, uids)
    except OSError as error:
        raise click.ClickException(f"{home.endings} cannot be written: {error.strerror}") from error
    left, deadline = len(uids), time.monotonic() + PATIENCE
    while waiting := len(orders.wanted(home.endings)):
        if waiting < left:  # it takes many by portions
            left, deadline = waiting, time.monotonic() + PATIENCE
        if time.monotonic() > deadline:
            orders.forget(home.endings, set(uids).intersection(orders.wanted(home.endings)))
            raise click.ClickException("no call is ended: the node's part `clear` does not run. See `trunkline status`")
        time.sleep(0.1)


def _calls(number: int) -> str:
    return "1 call is" if number == 1 else f"{number} calls are"

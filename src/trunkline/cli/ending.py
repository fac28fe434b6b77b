"""`trunkline calls end`: calls that are up, ended by hand."""

import time

import click

from trunkline import settings as all_settings
from trunkline.cli.output import Answer
from trunkline.control.errors import ServiceError
from trunkline.home import Home
from trunkline.node import orders

MOST = 2**31 - 1
PATIENCE = 5.0  # s; the part `clear` looks each 0.2 s


def end(services, uids: tuple[str, ...], account: str | None) -> Answer:
    """Have the calls named, or all of an account, ended by the nodes that they are up on."""
    settings = all_settings.load()
    if account:
        calls = services.calls.find(account=services.accounts.get(account), outcome="open", limit=MOST)
    else:
        calls = [services.calls.get(uid) for uid in uids]
    over = [call.uid for call in calls if call.outcome != "open"]
    early = [call.uid for call in calls if call.outcome == "open" and not call.answered]
    up = [call for call in calls if call.outcome == "open" and call.answered]
    here = [call.uid for call in up if call.node == settings.node.name]
    elsewhere = {name: [call.uid for call in up if call.node == name] for name in {call.node for call in up}}
    elsewhere.pop(settings.node.name, None)
    if here:
        _order(Home(settings.home), here)
    told, untold = {}, {}
    for name, its in sorted(elsewhere.items()):
        try:
            services.nodes.end_calls(name, its)
            told[name] = its
        except ServiceError as error:
            untold[name] = str(error)
    said = [f"{_calls(len(here))} being ended."] if here else []
    said += [f"{_calls(len(its))} being ended on {name}, within some seconds." for name, its in told.items()]
    said += [f"{_calls(len(elsewhere[name]))} up on {name}: {words}." for name, words in untold.items()]
    said += [f"{_calls(len(early))} not answered yet: say it again when that is."] if early else []
    said += [f"{_calls(len(over))} over."] if over else []
    document = {
        "ending": [*here, *(uid for its in told.values() for uid in its)],
        "unheard": untold, "unanswered": early, "over": over,
    }  # fmt: skip
    return Answer(document, said or ["No call is up."], failed=bool(untold or early))


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

"""Watching a node: until it works after a start, and for what changes later."""

import time
from collections.abc import Callable, Iterator

from trunkline.home import Home
from trunkline.node import health, logs, probes
from trunkline.node.checks import Check
from trunkline.node.patience import Patience
from trunkline.node.supervise import Manager, NotRunning, Process
from trunkline.settings import Settings

POLL = 0.2
QUICK = 10.0  # s in which a start is over as a rule: then we ask less often, as our questions take CPU time too
RARELY = 1.0
READY_SECONDS = 45.0  # for all parts, while none of them gets anywhere
WEB_SECONDS = 15.0  # for the dashboard, while it gets nowhere
# Without these no call can be made. The others are reported, but their cause (a name server that is away) may be
# outside, and must not keep a node from starting.
NEEDED = ("rtpengine", "kamailio", "sip", "follow", "ship", "clear", "beat", "sandbox")


class NotReady(Exception):
    """The node did not come to work; `checks` are the parts that do not."""

    def __init__(self, checks: list[Check]):
        super().__init__("; ".join(f"{check.name}: {check.text}" for check in checks))
        self.checks = checks


def wait_until_ready(
    settings: Settings, home: Home, alive: Callable[[], bool], say: Callable[[str], None]
) -> list[Check]:
    """Wait until every part that is needed works; returns the checks of all. `say` is told whom we wait for.

    `alive` says whether the process manager still runs. Raises NotReady, when nothing gets on any more (`Patience`).
    """
    patience, waiting, began = Patience(READY_SECONDS), "", time.monotonic()
    while True:
        try:
            checks = health.check(settings, home)
            failing = [check for check in checks if check.name in NEEDED and not (check.ok or check.serves)]
        except NotRunning as error:
            failing = [Check("supervisord", False, f"its control: {error}")]
        if not failing:
            return checks
        names = [check.name for check in failing]
        said = next((check.text for check in failing if check.name == "follow"), "")
        filling = said if said.startswith(health.REBUILDING) else ""
        if not alive() or patience.ends(names, _processes(home), filling):
            raise NotReady(failing)
        if waiting != (waiting := ", ".join(names)):
            say(waiting)
        time.sleep(POLL if time.monotonic() < began + QUICK else RARELY)


def wait_for_web(settings: Settings, home: Home) -> None:
    """Wait until the dashboard answers, which may be starting. Raises probes.Silent when it gets nowhere."""
    patience = Patience(WEB_SECONDS)
    while True:
        try:
            return probes.web(settings.web_address, settings.web.port, settings.web.tls)
        except probes.Silent:
            if patience.ends(["web"], _processes(home)):
                raise
            time.sleep(POLL)


def _processes(home: Home) -> list[Process]:
    try:
        return Manager(home).processes()
    except NotRunning:  # not yet, or no more: `alive` tells
        return []


def last_words(home: Home, check: Check, lines: int = 15) -> list[str]:
    """The end of the log of a part that does not work."""
    name = {"sip": "kamailio"}.get(check.name, check.name)
    path = home.log / ("supervisord.out" if name == "supervisord" else f"{name}.log")
    return logs.tail(path, lines)


def changes(home: Home, before: list[Process]) -> Iterator[str]:
    """Plain words for each difference between the processes then and now. Raises NotRunning.

    Iterate to the end; the list is brought up to date in place.
    """
    now = Manager(home).processes()
    old = {process.name: process for process in before}
    before[:] = now
    for process in now:
        was = old.get(process.name)
        if was is None or (was.state, was.pid) == (process.state, process.pid):
            continue
        if process.running:
            yield f"{process.name} runs again, process {process.pid}"
        elif was.running or process.state == "FATAL":
            yield f"{process.name} is down ({process.text or process.state.lower()}); it is started again"

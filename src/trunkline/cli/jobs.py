"""The part that works off jobs: it begins as root, makes copies of what it needs, and goes on as a user of its own."""

import asyncio
import ipaddress
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import NoReturn

from trunkline import control
from trunkline import settings as all_settings
from trunkline.contract import trial
from trunkline.dns.locate import locate
from trunkline.dns.resolver import Resolver, Unanswered
from trunkline.home import Home
from trunkline.node import secrets, staging
from trunkline.sandbox.trials import Locate, Trials
from trunkline.settings import Settings
from trunkline.sip import forward

PART = "jobs"
PAUSE = 0.5  # s between two looks for work
AT_ONCE = 4
AGAIN = 2.0  # s between two starts of the process for imports, which may fail at once

log = logging.getLogger(__name__)


def run() -> None:
    """Work until SIGTERM or SIGINT. Raises StagingError and DatabaseUnavailable."""
    if os.geteuid() == 0:
        _begin(all_settings.load())
    settings, folder = staging.read(PART)
    control.setup(settings)
    asyncio.run(Worker(settings, (folder / "key").read_text()).run())


def _begin(settings: Settings) -> NoReturn:
    home = Home(settings.home)
    key = trial.key(secrets.ensure(home.secrets).dialog)
    staging.stage(settings, home.staged(PART), {"key": key.encode()})
    control.setup(settings)
    from trunkline.control import sharing

    sharing.share(staging.group())
    staging.become(PART, home)


class Worker:
    """Django's connections belong to a thread, so one thread does all that is done with the database."""

    def __init__(self, settings: Settings, key: str):
        self._node, self._trials = settings.node.name, Trials(settings, key, _locator(settings))
        self._thread, self._tasks = ThreadPoolExecutor(1), set()
        self._imports, self._imports_started = None, 0.0

    async def run(self) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        troubled = False
        while not stop.is_set():
            try:
                while len(self._tasks) < AT_ONCE and (job := await self._ask(_claim, self._node)):
                    task = asyncio.create_task(self._work(*job))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await self._start_imports()
                troubled = False
            except control.DatabaseUnavailable as error:
                if not troubled:
                    log.warning("%s; still trying", error)
                troubled = True
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PAUSE)

    async def _start_imports(self) -> None:
        """In a process of their own, or their computing would keep the audio of test calls waiting."""
        if self._imports and self._imports.returncode is None or time.monotonic() - self._imports_started < AGAIN:
            return
        if await self._ask(_imports_wait):
            self._imports_started = time.monotonic()
            words = ("setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-P", "-m", "trunkline", "node", "imports")
            self._imports = await asyncio.create_subprocess_exec(*words)

    async def _work(self, job, text: str) -> None:
        """Whatever comes of it is the job's result; a fault of ours is logged, and the job ends with it."""
        try:
            result = await self._result(job, text)
        except Exception:
            log.exception("job %s, %s of +%s", job.pk, job.kind, job.number)
            result = {"problem": "the test failed by a fault of this service, which its log has"}
        try:
            await self._ask(_finish, job, result)
        except control.DatabaseUnavailable as error:
            log.warning("the result of job %s is lost: %s", job.pk, error)

    async def _result(self, job, text: str) -> dict:
        if not text:
            return {"problem": "the number is no longer yours, or is not forwarded anywhere"}
        if job.kind == "options":
            return {"asked": [asdict(asked) for asked in await self._trials.ask(forward.parse(text))]}
        return await self._trials.call(job.number)

    async def _ask(self, function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


def _claim(node: str):
    """A job and the *Forward to SIP* list of its number, '' if that is none of its account's any more."""
    from trunkline.control import services

    with control.database.plain_words():
        job = services.jobs.claim(node)
        if job is None:
            return None
        number = services.numbers.listing(job.account).filter(e164=job.number).first()
        return job, number.forward if number else ""


def _imports_wait() -> bool:
    from trunkline.control import services

    with control.database.plain_words():
        return services.import_worker.waits()


def _finish(job, result: dict) -> None:
    from trunkline.control import services

    with control.database.plain_words():
        services.jobs.finish(job, result)


def _locator(settings: Settings) -> Locate:
    asker = Resolver(settings.dns.servers, settings.dns.port)
    ipv6 = ipaddress.ip_address(settings.sip_address).version == 6

    async def find(host: str, port: int, transport: str) -> tuple[list[tuple[str, int]], str]:
        try:
            located = await locate(asker, host, port, transport, ipv6)
        except Unanswered as error:
            return [], str(error)
        return [(target.ip, target.port) for target in located.targets], located.problem

    return find

"""`trunkline check`: real calls through the running node, with their audio."""

import asyncio
import json
import time
from contextlib import closing
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.table import Table

from trunkline import settings as all_settings
from trunkline.cli import sandbox, saying
from trunkline.contract import store
from trunkline.home import Home
from trunkline.node.supervise import Manager, NotRunning
from trunkline.sandbox import matrix
from trunkline.sandbox.codecs import CodecError
from trunkline.sandbox.probe import PROBES, Bench, Probe, Wrong
from trunkline.sandbox.rtp import AudioError
from trunkline.settings import Settings
from trunkline.sip.uri import UriError

WHOLE_SECONDS = 15.0  # a probe that hangs is ended by this


@dataclass(frozen=True, slots=True)
class Result:
    """One probe. `text` is what was seen, or why it failed; `seconds` how long it took."""

    name: str
    ok: bool
    seconds: float
    text: str


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--codecs", is_flag=True, help="Place calls between each two of the six codecs instead.")
@click.pass_context
def command(ctx: click.Context, as_json: bool = False, codecs: bool = False):
    """Place real calls through the running node and verify their audio.

    Exit status: 0 everything worked, 1 something did not.
    """
    settings = all_settings.load()
    try:
        account = sandbox.read(settings)
    except sandbox.SandboxStateError as error:
        raise click.ClickException(str(error)) from error
    try:
        Manager(Home(settings.home)).pid()
    except NotRunning:  # one sentence, and no table of calls that nobody answered
        _refuse(ctx, f"the node of {settings.home} is not running: start it with `trunkline up`", as_json)
    if codecs:
        _check_codecs(ctx, _bench(settings, account), as_json)
        return
    results = run(settings)
    if as_json:
        click.echo(json.dumps({"ok": all(r.ok for r in results), "results": [asdict(r) for r in results]}, indent=2))
    else:
        render(results)
        if all(result.ok for result in results):
            click.echo(sandbox.first_call(settings, account))
    if not all(result.ok for result in results):
        ctx.exit(1)


def _refuse(ctx: click.Context, why: str, as_json: bool) -> None:
    if not as_json:
        raise click.ClickException(why)
    click.echo(json.dumps({"ok": False, "error": saying.typeable(why), "results": []}, indent=2))
    ctx.exit(1)


def _check_codecs(ctx: click.Context, bench: Bench, as_json: bool) -> None:
    try:
        measured = asyncio.run(matrix.through(bench))
    except CodecError as error:
        raise click.ClickException(str(error)) from error
    cells = [cell for found in measured.values() for cell in found]
    if as_json:
        calls = {name: [asdict(cell) for cell in found] for name, found in measured.items()}
        click.echo(json.dumps({"ok": all(cell.ok for cell in cells), "calls": calls}, indent=2))
    else:
        for name, found in measured.items():
            click.echo(f"{name}: callers in rows, callees in columns; the level that the caller heard, dBFS\n")
            click.echo(matrix.table(found) + "\n")
    if not all(cell.ok for cell in cells):
        ctx.exit(1)


def run(settings: Settings) -> list[Result]:
    """Place all test calls at the same time; the results in a fixed order. Raises SandboxStateError."""
    return asyncio.run(_run(_bench(settings, sandbox.read(settings))))


def _bench(settings: Settings, account: sandbox.SandboxAccount) -> Bench:
    """Its PBX offers what the edge wants of the account at this moment."""
    required = False
    path = Home(settings.home).store
    if path.exists():
        with closing(store.open_reader(path)) as edge:
            required = store.srtp(edge, account.key) == "required"
    return Bench(settings, account.key, account.secret, account.numbers, srtp=required)


async def _run(bench: Bench) -> list[Result]:
    return list(await asyncio.gather(*(_measure(name, probe, bench) for name, probe in PROBES.items())))


async def _measure(name: str, probe: Probe, bench: Bench) -> Result:
    started = time.monotonic()
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            ok, text = True, await probe(bench)
    except (Wrong, AudioError, TimeoutError, OSError, UriError) as error:
        ok, text = False, str(error) or f"it was not over after {time.monotonic() - started:.0f} s"
    except ExceptionGroup as group:  # what failed inside an agent while the probe itself went well
        ok, text = False, "; ".join(map(str, group.exceptions))
    return Result(name, ok, round(time.monotonic() - started, 3), text)


def render(results: list[Result]) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False)
    for title in ("test call", "result"):
        table.add_column(title)
    table.add_column("took", justify="right")
    table.add_column("what was seen", overflow="fold")
    for result in results:
        mark = "[green]ok[/green]" if result.ok else "[bold red]FAILED[/bold red]"
        table.add_row(result.name, mark, f"{result.seconds:.1f} s", _plain(result.text))
    Console().print(table)


def _plain(text: str) -> str:
    """Brackets of an answer are not rich's markup."""
    return text.replace("[", r"\[")

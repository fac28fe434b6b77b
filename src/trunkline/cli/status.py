"""`trunkline status`"""

import json
from dataclasses import asdict

import click

from trunkline import settings as all_settings
from trunkline.cli import saying
from trunkline.home import Home
from trunkline.node import health
from trunkline.node.checks import Check
from trunkline.node.supervise import NotRunning

UNHEALTHY, NOT_RUNNING = 1, 3  # 3 as in the LSB's status action: the program is not running


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool):
    """Say whether each part of the node works.

    Exit status: 0 all is well, 1 something is wrong, 3 the node is not running.
    """
    settings = all_settings.load()
    try:
        checks = health.check(settings, Home(settings.home))
    except NotRunning:
        _print_not_running(settings, as_json)
        ctx.exit(NOT_RUNNING)
    healthy = all(check.ok for check in checks)
    if as_json:
        facts = {"running": True, "healthy": healthy, "node": settings.node.name, "home": str(settings.home)}
        click.echo(json.dumps({**facts, "checks": [asdict(check) for check in checks]}, indent=2))
    else:
        print_checks(checks)
    ctx.exit(0 if healthy else UNHEALTHY)


def print_checks(checks: list[Check]) -> None:
    """A line for each part."""
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = click.style("ok   ", fg="green") if check.ok else click.style("WRONG", fg="red")
        saying.say(f"{mark} {check.name:{width}}  {check.text}")


def _print_not_running(settings: all_settings.Settings, as_json: bool) -> None:
    if as_json:
        facts = {"running": False, "healthy": False, "node": settings.node.name, "home": str(settings.home)}
        click.echo(json.dumps({**facts, "checks": []}, indent=2))
    else:
        saying.say(f"The node of {settings.home} is not running. Start it with `trunkline up`.")

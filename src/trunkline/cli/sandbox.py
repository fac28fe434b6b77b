"""`trunkline sandbox`: the built-in test carrier and test PBX, and the account, numbers and carrier made for them."""

import asyncio
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import click

from trunkline import control
from trunkline import settings as all_settings
from trunkline.cli.groups import Group
from trunkline.home import Home
from trunkline.sandbox import carrier as test_carrier
from trunkline.sandbox import service
from trunkline.sandbox.codecs import CODECS
from trunkline.settings import Settings
from trunkline.settings.sections import CLOSED_PORT
from trunkline.sip.uri import in_uri

NAME = "sandbox"  # of the account and of the carrier
NUMBERS = {
    "plain": "9992000001",
    "failover": "9992000002",
    "tls": "9992000003",
    "tcp": "9992000004",
    "silent": "9992000005",
    "registered": "9992000006",
    **{name: f"99920000{n}" for n, name in enumerate(CODECS, 21)},
}


class SandboxStateError(Exception):
    """The sandbox's account is not there or not usable; the text says what to do."""


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """The account for test calls: credentials, and a number (E.164 digits) for each kind of inbound call."""

    key: str
    secret: str
    numbers: dict[str, str]


@click.group("sandbox", cls=Group)
def command():
    """The built-in test carrier and test PBX."""


@command.command()
def run():
    """Run the test carrier and the test PBX in the foreground (`up` does it)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(service.run(all_settings.load()))
    except service.SandboxError as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json: bool):
    """Show the test account's key and secret, its numbers, and the test carrier's numbers."""
    settings = all_settings.load()
    try:
        account = read(settings)
    except SandboxStateError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        called = {f"+{number}": text for number, (text, _) in test_carrier.NUMBERS.items()}
        facts = {"domain": settings.sip.domain, "address": settings.sip_address, "port": settings.sip.port}
        owned = {name: f"+{number}" for name, number in account.numbers.items()}
        facts |= {"key": account.key, "secret": account.secret, "numbers": owned, "test_numbers": called}
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo(first_call(settings, account))


def first_call(settings: Settings, account: SandboxAccount) -> str:
    """How to place a first call, for whoever reads it on a terminal."""
    numbers = "\n".join(f"  +{number}  {text}" for number, (text, _) in test_carrier.NUMBERS.items())
    return (
        f"A SIP client on this machine can call now:\n"
        f"  server    {in_uri(settings.sip_address)}:{settings.sip.port} (UDP, TCP), {settings.sip.tls_port} (TLS)\n"
        f"  realm     {settings.sip.domain}\n"
        f"  username  {account.key}\n"
        f"  password  {account.secret}\n"
        f"  From      sip:+{account.numbers['plain']}@{settings.sip.domain}\n"
        f"Numbers of the test carrier:\n{numbers}"
    )


def read(settings: Settings) -> SandboxAccount:
    """The account as `ensure` left it. Raises SandboxStateError."""
    if not settings.sandbox.enabled:
        raise SandboxStateError("the sandbox is off: set sandbox.enabled = true in trunkline.toml, then `trunkline up`")
    file = state_file(settings)
    try:
        state = json.loads(file.read_text())
        return SandboxAccount(state["key"], state["secret"], state["numbers"])
    except FileNotFoundError:
        raise SandboxStateError(f"{file} is not there: `trunkline up` makes the sandbox's account") from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise SandboxStateError(f"{file} cannot be used ({error}): delete it, then `trunkline up`") from error


def state_file(settings: Settings) -> Path:
    return Home(settings.home).root / "sandbox.json"


def ensure(settings: Settings) -> SandboxAccount:
    """Make what is missing of the sandbox's account, key, numbers, carrier and route, and correct what differs.

    `control.setup` and `migrate` must have run. The secret is kept in `sandbox.json`, because the database has its
    digest only. Raises ServiceError.
    """
    from trunkline.control import services

    account = services.accounts.everyone().filter(name=NAME).first()
    if account is None:
        # Calls may go nowhere but to the test carrier, whatever routes there will be; and whoever has read the secret
        # where `up` prints it buys no number.
        limits = {"calls_per_second": 100, "calls_at_once": 1000, "destinations": [test_carrier.PREFIX]}
        limits |= {"numbers_at_most": 0}
        account = services.accounts.create(NAME, **limits)
    key, secret = _key(settings, services, account)
    _carrier(settings, services)
    for name, text in _forwards(settings, key).items():
        _number(services, account, NUMBERS[name], text)
    made = SandboxAccount(key, secret, NUMBERS)
    _keep(settings, made)
    return made


def _key(settings: Settings, services, account) -> tuple[str, str]:
    """The key that `sandbox.json` has the secret of; another one when it has none, or one for another domain."""
    keys = {key.name: services.keys.as_dict(key) for key in services.keys.listing(account)}
    try:
        kept = read(settings)
    except SandboxStateError:
        kept = None
    if kept and any(secret["usable"] for secret in keys.get(kept.key, {}).get("secrets", [])):
        if not keys[kept.key]["enabled"]:
            services.keys.enable(services.keys.get(kept.key))
        return kept.key, kept.secret
    for name, facts in keys.items():
        if facts["enabled"]:
            services.keys.enable(services.keys.get(name), enabled=False)
    key, secret = services.keys.create(account, "calls")
    return key.name, secret


def _carrier(settings: Settings, services) -> None:
    host, port = settings.sandbox.carrier_address, settings.sandbox.carrier_port
    carrier = services.carriers.everyone().filter(name=NAME).first()
    if carrier is None:
        carrier = services.carriers.create(NAME, host, port=port, transport="udp", sources=[host])
    elif (carrier.host, carrier.port) != (host, port):
        services.carriers.change(carrier, host=host, port=port)
    sources = services.carriers.as_dict(carrier)["sources"]
    if sources != [host]:
        services.sources.remove(carrier, *sources)
        services.sources.add(carrier, host)
    if not carrier.routes.filter(prefix=test_carrier.PREFIX).exists():
        services.routes.add(test_carrier.PREFIX, carrier)


def _forwards(settings: Settings, key: str) -> dict[str, str]:
    """The Forward to SIP of each number."""
    address, port = in_uri(settings.sandbox.pbx_address), settings.sandbox.pbx_port
    failing = (
        f"sip:nobody@{address}:{CLOSED_PORT};transport=tcp",
        f"sip:503@{address}:{port}",
        f"sip:silent@{address}:{port};timeout=2000",
    )
    return {
        "plain": f"sip:echo@{address}:{port}",
        "failover": ",".join([*failing, f"sip:tone@{address}:{port}"]),
        "tls": f"sip:tone@{address}:{port + 1};transport=tls",
        "tcp": f"sip:tone@{address}:{port};transport=tcp",
        "silent": f"sip:silent@{address}:{port};timeout=2000",
        "registered": f"sip:{key}@{settings.sip.domain}",
        **{name: f"sip:{name.lower()}@{address}:{port}" for name in CODECS},
    }


def _number(services, account, digits: str, text: str) -> None:
    number = services.numbers.listing(prefix=digits).filter(e164=digits).first()
    if number is None:
        services.numbers.add(f"+{digits}", account, text)
        return
    if number.account_id != account.pk:
        whose = f"account {number.account.name!r}" if number.account else "the inventory"
        raise control.ServiceError(
            f"the sandbox needs number +{digits}, which is in {whose}: give it to the account {NAME!r}, "
            "or set sandbox.enabled = false in trunkline.toml"
        )
    if number.forward != services.numbers.check_forward(text, number.account):
        services.numbers.forward(number, text)


def _keep(settings: Settings, account: SandboxAccount) -> None:
    """Write `sandbox.json`, for root alone."""
    file = state_file(settings)
    text = json.dumps({"key": account.key, "secret": account.secret, "numbers": account.numbers}, indent=2)
    if file.exists() and file.read_bytes() == text.encode():
        return
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    os.replace(draft, file)

"""`trunkline key`: API keys and their secrets."""

import click

from trunkline import settings as all_settings
from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, facts, operation, table

_USES = "The PBX's digest username is the key, its password the secret; the realm is the host in its SIP URIs."
_ONCE = "The secret is shown only this once: nothing but digests of it is kept."


_SCOPE = click.Choice(["calls", "manage", "owner"])


@click.group(cls=Group)
def command():
    """API keys: the digest username and password of an account's PBX, or of a program that calls the API."""


@operation(command)
@click.argument("account")
@click.option("--scope", type=_SCOPE, default="manage", show_default=True, help="What it may do through the API.")
def add(services, account, scope):
    """Make a key for an account, and print its secret."""
    key, secret = services.keys.create(services.accounts.get(account), scope)
    return _with_secret(services, key, secret)


@operation(command, "list")
@click.option("--account", help="Only the keys of this account.")
def list_(services, account):
    """List the keys."""
    found = services.keys.listing(services.accounts.get(account) if account else None)
    found = [services.keys.as_dict(key) for key in found]
    shown = ("key", "account", "scope", "enabled")
    rows = [[*(key[name] for name in shown), _slots(key), *_registration(key)] for key in found]
    view = [table((*shown, "secrets", "registration", "until", "source"), rows)]
    refused = [(key["key"], key["denied"]) for key in found if key["denied"]]
    view += [f"{key}: last refused {denied['time']:%Y-%m-%d %H:%M:%S}: {denied['words']}" for key, denied in refused]
    return Answer(found, view if found else ["There is no key. Make one with: trunkline key add ACCOUNT"])


@operation(command)
@click.argument("key")
def rotate(services, key):
    """Make a second secret, and print it; both are valid until one is retired."""
    key = services.keys.get(key)
    secret = services.keys.rotate(key)
    return _with_secret(services, key, secret)


@operation(command)
@click.argument("key")
@click.argument("slot", type=Whole(1, 2))
def retire(services, key, slot):
    """End the secret in a slot, once no PBX uses it any longer."""
    key = services.keys.get(key)
    services.keys.retire(key, slot)
    return Answer(services.keys.as_dict(key), [f"The secret in slot {slot} of key {key} is retired."])


@operation(command, "set-scope")
@click.argument("key")
@click.argument("scope", type=click.Choice(["calls", "manage"]), metavar="SCOPE")
def set_scope(services, key, scope):
    """Change what a key may do through the API: `calls` or `manage`. Scope `owner` is given only when a key is made."""
    key = services.keys.set_scope(services.keys.get(key), scope)
    return Answer(services.keys.as_dict(key), [f"The scope of key {key} is {scope}."])


@operation(command)
@click.argument("key")
def enable(services, key):
    """Accept a key again."""
    key = services.keys.enable(services.keys.get(key))
    return Answer(services.keys.as_dict(key), [f"Key {key} is enabled."])


@operation(command)
@click.argument("key")
def disable(services, key):
    """Refuse a key as if it did not exist; its secrets are kept."""
    key = services.keys.enable(services.keys.get(key), False)
    return Answer(services.keys.as_dict(key), [f"Key {key} is disabled."])


def _with_secret(services, key, secret: str) -> Answer:
    """All that a PBX is configured with."""
    settings = all_settings.load()
    sip, address = settings.sip, settings.sip_advertised
    document = services.keys.as_dict(key) | {"secret": secret, "domain": sip.domain, "address": address}
    document |= {"port": sip.port, "tls_port": sip.tls_port}
    where = f"[{address}]" if ":" in address else address
    server = f"{where}:{sip.port} (UDP, TCP), {sip.tls_port} (TLS)"
    view = facts(
        [("account", key.account), ("server", server), ("realm", sip.domain), ("key", key), ("secret", secret)]
    )
    uses = _USES if key.scope != "owner" else "It is for programs that call the API: no PBX can use it."
    return Answer(document, [view, uses, _ONCE, *_others(document)])


def _others(key: dict) -> list[str]:
    """What to do about an earlier secret."""
    *earlier, _ = sorted(key["secrets"], key=lambda secret: secret["created"])
    return [_about(secret) + f": trunkline key retire {key['key']} {secret['slot']}" for secret in earlier]


def _about(earlier: dict) -> str:
    which = f"The earlier one, in slot {earlier['slot']},"
    if earlier["usable"]:
        return f"{which} stays valid until you run"
    return f"{which} was made for another domain and is of no use any more; end it with"


def _registration(key: dict) -> tuple[str, str, str]:
    its = key["registration"] or {"state": "", "until": None, "source": None}
    return its["state"], f"{its['until']:%Y-%m-%d %H:%M:%S}" if its["until"] else "", its["source"] or ""


def _slots(key: dict) -> str:
    return ", ".join(
        f"{secret['slot']} ({secret['created']:%Y-%m-%d}{'' if secret['usable'] else ', for another domain'})"
        for secret in key["secrets"]
    )

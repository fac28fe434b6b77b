"""A PBX's INVITE: is it allowed, and where may it go? Facts in, a decision out."""

from collections.abc import Sequence
from typing import NamedTuple

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import inbound
from trunkline.edge.lookup import Account, Carrier, Lookup, Route
from trunkline.edge.plan import Attempt, located, weighted
from trunkline.sip import refusal
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal

# The customer reads it too, so it names no carrier.
NOTHING_LEFT = "its strip rule leaves no digits of this number"


class Dialled(NamedTuple):
    """What the INVITE says, user parts unescaped. `diversions`: those of its Diversion and History-Info headers."""

    recipient: str
    caller: str
    diversions: tuple[str, ...] = ()


class Permitted(NamedTuple):
    """Both numbers are E.164 digits. `diversion`: the owned number that vouches for the caller ID, or ''.
    `owner`: the account whose PBX is called, None when carriers are."""

    direction: str
    caller: str
    called: str
    attempts: list[Attempt]
    diversion: str = ""
    owner: Account | None = None


class Unreachable(NamedTuple):
    """A number hosted here that leads nowhere, and the account that wants to know that somebody called it."""

    why: Refusal
    owner: Account


def decide(dialled: Dialled, account: Account, lookup: Lookup, config: EdgeConfig) -> Permitted | Unreachable | Refusal:
    """Check the numbers and find the way; the order of the checks is the order in which a person would ask."""
    if not account.enabled:
        return refusal.account_disabled()
    called = e164(dialled.recipient)
    if called is None:
        return refusal.bad_recipient(dialled.recipient)
    caller = e164(dialled.caller)
    if caller is None:
        return refusal.bad_caller_id(dialled.caller)
    # A History-Info ends with whoever is called now, which says nothing of who had the call before.
    forwarders = [n for user in dialled.diversions if (n := e164(user)) and n != called]
    diversion = next((n for n in forwarders if _owns(account, n, lookup)), "")
    if account.caller_id == "owned" and not diversion and not _owns(account, caller, lookup):
        return refusal.foreign_caller_id(caller)
    if account.destinations and not called.startswith(account.destinations):
        return refusal.destination_not_allowed(called)
    if hosted := lookup.number(called):
        attempts = inbound.attempts(hosted, lookup, config)
        if isinstance(attempts, Refusal):
            return Unreachable(attempts, hosted.account)
        return Permitted("internal", caller, called, attempts, diversion, hosted.account)
    routes = lookup.routes(called)
    if routes and routes[0].carrier is None:
        return refusal.destination_refused(called)
    attempts = _carriers(called, routes, lookup, config.carrier_timeout)
    return Permitted("outbound", caller, called, attempts, diversion) if attempts else refusal.no_route(called)


def carrier_uri(carrier: Carrier, called: str) -> str:
    """The Request-URI for a carrier: its strip and prefix rules always start from the E.164 number."""
    host = f"[{carrier.host}]" if ":" in carrier.host else carrier.host
    port = f":{carrier.port}" if carrier.port else ""
    return f"sip:{carrier.prefix}{called[carrier.strip :]}@{host}{port}"


def _owns(account: Account, number: str, lookup: Lookup) -> bool:
    hosted = lookup.number(number)
    return hosted is not None and hosted.account.id == account.id


def _carriers(called: str, routes: Sequence[Route], lookup: Lookup, timeout: int) -> list[Attempt]:
    routes = weighted(routes, priority=lambda r: r.priority, weight=lambda r: r.weight)
    attempts: list[Attempt] = []
    for group, carrier in enumerate(route.carrier for route in routes):
        common = {"kind": "carrier", "target": carrier.name, "group": group, "timeout": timeout}
        common |= {"uri": carrier_uri(carrier, called), "carrier_id": carrier.id}
        if carrier.strip >= len(called):
            # RFC 3261 §19.1.1: a user part is never empty; and a prefix alone would call somebody else.
            attempts.append(Attempt(problem=NOTHING_LEFT, cause="rule", transport=carrier.transport, **common))
        else:
            attempts += located(lookup, carrier.host, carrier.port, carrier.transport, **common)
    return attempts

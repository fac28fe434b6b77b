"""A call to a number hosted here: the attempts that its *Forward to SIP* list means."""

from dataclasses import replace

from trunkline.edge import legs
from trunkline.edge.lookup import Lookup, Number
from trunkline.edge.plan import Attempt, located
from trunkline.sip import refusal
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal


def find(recipient: str, lookup: Lookup) -> Number | Refusal:
    """The hosted number that a carrier's Request-URI means. `recipient`: its user part, unescaped."""
    called = e164(recipient)
    if called is None:
        return refusal.bad_recipient(recipient)
    return lookup.number(called) or refusal.number_not_hosted(called)


def attempts(number: Number, lookup: Lookup, domain: str) -> list[Attempt] | Refusal:
    """The addresses to try, in order."""
    if not number.account.enabled:
        return refusal.owner_disabled(number.e164)
    if not number.forward:
        return refusal.not_forwarded(number.e164)
    found: list[Attempt] = []
    for group, target in enumerate(ForwardTarget(**entry) for entry in number.forward):
        common = {"target": str(target), "group": group, "timeout": target.timeout_ms, "uri": target.uri}
        common["leg"] = legs.toward_pbx(target, number.account)
        if target.host == domain:
            found.append(_registered(target, number, lookup, common))
        else:
            addresses = located(lookup, target.host, target.port, target.transport, kind="uri", **common)
            found += (_to_pbx(attempt, lookup) for attempt in addresses)
    return found


def _to_pbx(attempt: Attempt, lookup: Lookup) -> Attempt:
    """A carrier takes whatever comes from us, and bills the operator: no customer may send it calls past the routes
    and the limits."""
    if attempt.ip and lookup.leads_to_carrier(attempt.ip, attempt.port):
        return replace(attempt, problem="it leads to a carrier instead of a PBX", cause="transport")
    return attempt


def _registered(target: ForwardTarget, number: Number, lookup: Lookup, common: dict) -> Attempt:
    """The account's own `sip:KEY@DOMAIN`; another account's key is none of its business."""
    credential = lookup.credential(target.user)
    if credential is None or credential.account.id != number.account.id:
        problem = "the key in it is not one of this account"
        return Attempt(kind="registered", problem=problem, cause="transport", **common)
    return Attempt(kind="registered", **common)

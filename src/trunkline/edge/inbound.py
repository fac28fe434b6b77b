"""A call to a number hosted here: the attempts that its *Forward to SIP* list means."""

from trunkline.contract.edge_config import EdgeConfig
from trunkline.edge import legs, own
from trunkline.edge.lookup import Lookup, Number
from trunkline.edge.plan import Attempt, located
from trunkline.sip import refusal
from trunkline.sip.fence import Fence
from trunkline.sip.forward import ForwardTarget
from trunkline.sip.number import e164
from trunkline.sip.refusal import Refusal
from trunkline.sip.uri import ip_version


def find(recipient: str, lookup: Lookup) -> Number | Refusal:
    """The hosted number that a carrier's Request-URI means. `recipient`: its user part, unescaped."""
    called = e164(recipient)
    if called is None:
        return refusal.bad_recipient(recipient)
    return lookup.number(called) or refusal.number_not_hosted(called)


def attempts(number: Number, lookup: Lookup, config: EdgeConfig) -> list[Attempt] | Refusal:
    """The addresses to try, in order."""
    if not number.account.enabled:
        return refusal.owner_disabled(number.e164)
    if not number.forward:
        return refusal.not_forwarded(number.e164)
    found: list[Attempt] = []
    for group, target in enumerate(ForwardTarget(**entry) for entry in number.forward):
        common = {"target": str(target), "group": group, "timeout": target.timeout_ms, "uri": target.uri}
        common["leg"] = legs.toward_pbx(target, number.account)
        if target.host == config.domain:
            found.append(_registered(target, number, lookup, common))
        else:
            addresses = located(lookup, target.host, target.port, target.transport, kind="uri", **common)
            found += (_to_pbx(attempt, lookup, config) for attempt in addresses)
    return found


def _to_pbx(attempt: Attempt, lookup: Lookup, config: EdgeConfig) -> Attempt:
    if not attempt.ip:
        return attempt
    if elsewhere := no_pbx(attempt.ip, attempt.port, lookup, config.fence):
        return attempt._replace(problem=f"it leads to {elsewhere} instead of a PBX", cause="transport")
    ours = ip_version(config.sip_ip or attempt.ip)
    if ip_version(attempt.ip) != ours:  # of names only addresses of ours are looked up
        problem = f"it is IPv{ip_version(attempt.ip)}, and this node has only IPv{ours}"
        return attempt._replace(problem=problem, cause="transport")
    return attempt


def no_pbx(ip: str, port: int, lookup: Lookup, fence: Fence) -> str:
    """What is at an address that no number may be forwarded to; '' when it may be a PBX. A name is judged by where it
    leads at the time of the call: its owner can change that at any time."""
    # A carrier takes whatever comes from us, and bills the operator: no customer may send it calls past the routes and
    # the limits.
    return "a carrier" if lookup.leads_to_carrier(ip, port) else own.problem(fence, ip, port)


def _registered(target: ForwardTarget, number: Number, lookup: Lookup, common: dict) -> Attempt:
    """The account's own `sip:KEY@DOMAIN`; another account's key is none of its business."""
    credential = lookup.credential(target.user)
    if credential is None or credential.account.id != number.account.id:
        problem = "the key in this URI is disabled, or is not one of this account"
        return Attempt(kind="registered", problem=problem, cause="transport", **common)
    return Attempt(kind="registered", **common)

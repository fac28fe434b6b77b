"""What an account may see of a call: all that it did itself, and of the other side no more than a telephone shows.

Whoever calls a hosted number must not learn where its owner's PBXs are, nor its owner who called but for the number; a
carrier is named, because it is who to complain about, but its addresses are the operator's.
"""

import re
from collections.abc import Sequence
from copy import copy

from trunkline.contract import trial
from trunkline.contract.names import unfound
from trunkline.control.accounts.models import Account
from trunkline.control.calls.models import Attempt, Call

# An address or host name, which a carrier's words may hold
_PLACE = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+|[0-9A-Za-z-]\.[A-Za-z]{2,}|@|::")
THEIR_PBX, CUSTOMER, NETWORK = "the called PBX", "another customer", "the telephone network"
TRIAL = "this dashboard, as a test"


def by(account: Account | None, call: Call, attempts: Sequence[Attempt]) -> tuple[Call, list[Attempt]]:
    """Copies, never to be saved, with what is not the account's business blanked. None, an operator, sees all.

    Raises ValueError for a call that is not the account's at all.
    """
    if account is None:
        return call, list(attempts)
    if account.pk not in (call.account_id, call.owner_id):
        raise ValueError(f"call {call.uid} is not of account {account.name!r}")
    inbound = call.direction == "inbound"  # its account is the one that was called
    placed = call.account_id == account.pk and not inbound
    received = call.owner_id == account.pk or inbound
    call, attempts = copy(call), [copy(attempt) for attempt in attempts]
    call.node = ""
    if not placed:
        call.source = _whence(call.source) if inbound else CUSTOMER
        call.key, call.call_id, call.media = "", "", ""
        call.account = call.account if inbound else None
    if placed or not received:
        # Beside the Call-ID that it was made of, it would give away the key to all that topology hiding hides.
        call.far_call_id = ""
    if not received:
        call.owner = None
    for attempt in attempts:
        _limit(attempt, received)
    return call, attempts


def _whence(source: str) -> str:
    return TRIAL if source == trial.SOURCE else NETWORK


def _limit(attempt: Attempt, received: bool) -> None:
    if attempt.kind == "carrier":
        attempt.address = ""
        attempt.number = ""  # a prefix may be what the carrier knows the operator by
    elif not received:
        attempt.target, attempt.address, attempt.media = THEIR_PBX, "", ""
        if attempt.cause != "cancel":  # of which the caller has said it
            attempt.said = ""
    if attempt.kind == "carrier" and _PLACE.search(attempt.said):
        attempt.said = ""
    if attempt.cause == "dns" and (attempt.kind == "carrier" or not received):
        attempt.reason = unfound(attempt.reason)
    if attempt.cause == "transport" and not received and attempt.kind != "carrier":
        attempt.reason = ""  # it says where a PBX is, or is not

"""Finding the records of calls."""

from datetime import datetime, timedelta
from heapq import merge
from itertools import batched, islice

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from trunkline.control.accounts.models import Account
from trunkline.control.between import between
from trunkline.control.calls import fault, quality
from trunkline.control.calls.models import OUTCOMES, Attempt, Call
from trunkline.control.errors import ServiceError
from trunkline.control.words import missing
from trunkline.sip.number import e164

COLUMNS = (
    "uid", "node", "direction", "outcome", "key", "carrier", "caller", "called", "source", "media", "call_id",
    "far_call_id",
    "account", "owner", "started", "ringing", "answered", "ended", "duration", "code", "reason", "warning",
    "fault", "hung_up_by", "hung_up_reason", *quality.COLUMNS,
)  # fmt: skip
LOOKED = 2_000  # calls, for a carrier or PBX
AROUND = timedelta(minutes=5)  # of a wish, a test call begins
PORTION = 1_000  # calls whose attempts are asked for at once: SQLite limits the values in a statement


def find(
    *,
    account: Account | None = None,
    number: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    outcome: str = "",
    party: str = "",
    call_id: str = "",
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[Call]:
    """The newest calls that fulfil every condition: an account's made and received, a number's as caller and called.

    `party` is a carrier's name, a key, or part of a PBX's URI, as far as the account sees these of a call; it is looked
    for in the newest LOOKED calls that fulfil the rest. No index helps to find a `call_id`: give `since`.
    Times are aware; `since`, `until` and `before` (the start and the id of a call) are as in `between`.
    """
    if limit < 1:
        raise ServiceError(f"the limit cannot be {limit}: write 1 or more")
    if outcome and outcome not in OUTCOMES:
        raise ServiceError(f"no call has the outcome {outcome!r}: write one of {', '.join(OUTCOMES)}")
    calls = Call.objects.select_related("account", "owner").order_by("-started", "-pk")
    calls = between(calls, "started", since, until, before)
    if outcome:
        calls = calls.filter(outcome=outcome)
    if call_id:
        calls = calls.filter(Q(call_id=call_id) | Q(far_call_id=call_id))
    # Each of the lists below comes off one index, newest first; one query with OR would sort all that match.
    lists = [calls.filter(condition) for condition in _conditions(account, number)]
    if party:
        lists = [_with_party(calls, account, party) for calls in lists]
    lists = [calls[:limit] for calls in lists]
    newest_first = merge(*lists, key=lambda call: (call.started, call.pk), reverse=True)
    found = list(islice({call.pk: call for call in newest_first}.values(), limit))
    for portion in batched(found, PORTION, strict=False):
        prefetch_related_objects(portion, "attempts")
    return found


def get(uid: str) -> Call:
    calls = Call.objects.select_related("account", "owner").prefetch_related("attempts")
    call = calls.filter(uid=uid.strip()).first()
    if call is None:
        raise missing("call", uid, "see `trunkline calls list`; the record of a call arrives a second or two after it")
    return call


def with_call_id(account: Account, call_id: str, wanted: datetime) -> Call | None:
    """The call to a number of the account that has this Call-ID, begun around the time when it was `wanted`: no index
    finds a Call-ID, and the clocks of two machines may differ."""
    calls = Call.objects.select_related("account", "owner").prefetch_related("attempts")
    return calls.filter(account=account, started__range=(wanted - AROUND, wanted + AROUND), call_id=call_id).first()


def attempts(call: Call) -> list[Attempt]:
    """In order, as they were when the call was found."""
    return sorted(call.attempts.all(), key=lambda attempt: attempt.n)


def as_dict(call: Call) -> dict[str, object]:
    """The call as commands and the API show it, in the order of COLUMNS.

    Times are aware, `duration` is in s, `fault` a word of sip.status.
    """
    made = {
        "account": call.account.name if call.account else None,
        "owner": call.owner.name if call.owner else None,
        "fault": fault.of(call, attempts(call)),
    }
    return {name: made[name] if name in made else getattr(call, name) for name in COLUMNS}


def attempt_as_dict(attempt: Attempt) -> dict[str, object]:
    names = (
        "n",
        "kind",
        "target",
        "address",
        "number",
        "media",
        "started",
        "ringing",
        "ended",
        "code",
        "reason",
        "cause",
        "said",
    )
    return {name: getattr(attempt, name) for name in names}


def _with_party(calls: QuerySet[Call], account: Account | None, party: str) -> QuerySet[Call]:
    """Those among the newest: no index finds a part of a URI, and nobody shall wait for a look through all."""
    return calls.filter(pk__in=calls.values("pk")[:LOOKED]).filter(_has_party(account, party))


def _has_party(account: Account | None, party: str) -> Q:
    """What calls/seen.py keeps from an account must not be found out by a filter either."""
    attempts = Attempt.objects.filter(call=OuterRef("pk"), target__icontains=party)
    placed = received = Q()
    if account:
        placed = Q(account=account) & ~Q(direction="inbound")
        received = Q(owner=account) | Q(account=account, direction="inbound")
    carriers = Q(carrier=party) | Q(Exists(attempts.filter(kind="carrier")))
    return carriers | (Q(key=party) & placed) | (Q(Exists(attempts)) & received)


def _conditions(account: Account | None, number: str) -> list[Q]:
    """Conditions that together give the calls, each by the equality of columns of one index."""
    by_account = [Q(account=account), Q(owner=account)] if account else [Q()]
    number = e164(number.strip()) or number.strip()
    by_number = [Q(caller=number), Q(called=number)] if number else [Q()]
    return [a & n for a in by_account for n in by_number]

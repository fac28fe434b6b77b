"""Jobs: asking for one, which is limited since each has us send to strangers, and working it off.

A node claims a job by an update that changes one row or none, so that any number of nodes can look for work.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from trunkline.control.accounts.models import Account
from trunkline.control.errors import ServiceError
from trunkline.control.jobs.models import CALL, LONGEST, OPTIONS, Job
from trunkline.control.numbers.models import Number

KEPT = timedelta(days=1)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Of a kind, how many one user may want in a minute, and how many an account has in an hour.
PER_USER = {OPTIONS: 6, CALL: 2}
PER_ACCOUNT = {OPTIONS: 60, CALL: 10}
AT_ONCE = 2  # of an account, waiting or at work: a node has four slots, and other customers want some
WORDS = {OPTIONS: "tests", CALL: "test calls"}


class TooMany(ServiceError):
    """Not now: the text says when."""


def create(kind: str, number: Number, user: str) -> Job:
    """Have a node test the *Forward to SIP* list of a number, or call it. Raises TooMany, and ServiceError for a
    number that is forwarded nowhere."""
    if number.account is None or not number.forward:
        raise ServiceError("the number is not forwarded: there is nobody to ask")
    now = timezone.now()
    with transaction.atomic():
        Account.objects.select_for_update().get(pk=number.account_id)  # two wishes at once count one after the other
        Job.objects.filter(account=number.account, created__lt=now - KEPT).delete()
        _check_limits(kind, number.account, user, now)
        return Job.objects.create(kind=kind, account=number.account, number=number.e164, user=user, created=now)


def find(account: Account | None, pk: int) -> Job | None:
    """A job that is this account's business; None, an operator, sees all."""
    jobs = Job.objects.filter(pk=pk)
    return (jobs.filter(account=account) if account else jobs).first()


def claim(node: str) -> Job | None:
    """The oldest job that nobody works on, for this node alone; None when there is none."""
    now = timezone.now()
    waiting = Job.objects.filter(claimed=None, created__gt=now - LONGEST).order_by("created", "pk")
    for pk in waiting.values_list("pk", flat=True)[:5]:
        if Job.objects.filter(pk=pk, claimed=None).update(claimed=now, node=node) == 1:
            return Job.objects.select_related("account").get(pk=pk)
    return None


def finish(job: Job, result: dict) -> None:
    Job.objects.filter(pk=job.pk, finished=None).update(finished=timezone.now(), result=result)


def _check_limits(kind: str, account: Account, user: str, now) -> None:
    not_over = Job.objects.filter(account=account, finished=None, created__gt=now - LONGEST)
    if not_over.count() >= AT_ONCE:
        raise TooMany(f"{AT_ONCE} tests of this account are under way: wait until one has ended")
    lately = Job.objects.filter(account=account, kind=kind)
    if kind == CALL and lately.filter(finished=None, created__gt=now - LONGEST).exists():
        raise TooMany("a test call of this account is under way: wait until it has ended")
    if lately.filter(user=user, created__gt=now - MINUTE).count() >= PER_USER[kind]:
        raise TooMany(f"you have had {PER_USER[kind]} {WORDS[kind]} in a minute: wait a little")
    if lately.filter(created__gt=now - HOUR).count() >= PER_ACCOUNT[kind]:
        raise TooMany(f"this account has had {PER_ACCOUNT[kind]} {WORDS[kind]} in an hour: try again later")

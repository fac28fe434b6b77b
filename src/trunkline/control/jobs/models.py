from datetime import timedelta

from django.db import models
from django.utils import timezone

from trunkline.control.accounts.models import Account

OPTIONS, CALL = KINDS = ("options", "call")
WAITING, WORKING, DONE, LOST = "waiting", "working", "done", "lost"
LONGEST = timedelta(seconds=90)  # from the wish to the result; whatever takes longer will never come


class Job(models.Model):
    """Something that a node is to do with a number, now. `result` is what sandbox/trials.py says of it."""

    kind = models.CharField(max_length=8)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="jobs")
    number = models.CharField(max_length=15)
    user = models.CharField(max_length=254)  # the name of whoever wanted it
    created = models.DateTimeField()
    claimed = models.DateTimeField(null=True)
    node = models.CharField(max_length=63, default="")
    finished = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["claimed", "created"], name="job_waiting"),
            models.Index(fields=["account", "created"], name="job_account"),
        ]

    @property
    def state(self) -> str:
        if self.finished:
            return DONE
        if timezone.now() - self.created > LONGEST:
            return LOST
        return WORKING if self.claimed else WAITING

    @property
    def is_open(self) -> bool:
        return self.state in (WAITING, WORKING)

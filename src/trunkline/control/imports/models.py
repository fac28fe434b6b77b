from datetime import timedelta

from django.db import models
from django.utils import timezone

WAITING, CHECKING, CHECKED, APPROVED, WRITING, DONE, FAILED = (
    "waiting", "checking", "checked", "approved", "writing", "done", "failed",
)  # fmt: skip
STALE = timedelta(minutes=2)  # without a sign of life: whoever worked on it was killed


class Import(models.Model):
    """A file of numbers, and how far it is: waiting → checking → checked; then, when somebody has seen what it would
    do and wants it, approved → writing → done. It failed when it could not be read, or has a fault after all."""

    name = models.CharField(max_length=255)  # of the file
    text = models.TextField()  # of the file; '' when it is not needed any more
    update = models.BooleanField(default=False)  # whether numbers that are here may be changed
    state = models.CharField(max_length=8, default=WAITING)
    beat = models.DateTimeField(default=timezone.now)  # the last sign of life of whoever works on it
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)
    lines = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)  # of the lines
    added = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    seen = models.CharField(max_length=64, default="", db_default="")  # what the check found, `importing.Plan.seen`
    reason = models.TextField(blank=True)  # why it failed
    actor = models.JSONField()  # whose doing it is, the fields of audit.actor.Actor

    @property
    def is_open(self) -> bool:
        """Whether it goes on without anybody's doing."""
        return self.state in (WAITING, CHECKING, APPROVED, WRITING)

    def __str__(self):
        return f"import {self.pk} of {self.name}"


class Fault(models.Model):
    """What is wrong with a line."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False, related_name="+")
    line = models.PositiveIntegerField()
    number = models.CharField(max_length=64)
    problem = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["of", "line"], name="fault_line")]

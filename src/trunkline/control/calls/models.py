from datetime import datetime

from django.db import models

from trunkline.control.accounts.models import Account

OPEN, ANSWERED, CANCELLED, FAILED, REJECTED = OUTCOMES = ("open", "answered", "cancelled", "failed", "rejected")


class Call(models.Model):
    """One call. A column is '' or null until an event of the journal has said it."""

    uid = models.CharField(max_length=64)
    node = models.CharField(max_length=63)
    direction = models.CharField(max_length=8)
    outcome = models.CharField(max_length=9, default=OPEN)  # open also while its parties talk
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, db_index=False, related_name="calls")
    owner = models.ForeignKey(  # who has the number that was called
        Account, null=True, on_delete=models.PROTECT, db_index=False, related_name="calls_received"
    )
    key = models.CharField(max_length=32)
    carrier = models.CharField(max_length=63)  # the name, which outlives the carrier
    caller = models.CharField(max_length=64)
    called = models.CharField(max_length=64)
    source = models.CharField(max_length=64)
    call_id = models.CharField(max_length=255)
    far_call_id = models.CharField(max_length=342, default="", db_default="")  # that which the targets got
    media = models.CharField(max_length=8, default="")  # 'srtp', or '' for plain RTP: between the caller and us
    started = models.DateTimeField()
    ringing = models.DateTimeField(null=True)
    answered = models.DateTimeField(null=True)
    refused = models.DateTimeField(null=True)  # the time of the final refusal; stays null once answered
    code = models.PositiveSmallIntegerField(null=True)  # of the final response
    reason = models.CharField(max_length=255)
    warning = models.CharField(max_length=255)  # the words of our Warning header
    hung_up = models.DateTimeField(null=True)
    hung_up_by = models.CharField(max_length=16)
    hung_up_reason = models.CharField(max_length=255)
    duration = models.FloatField(null=True)  # s, from the answer to the end; null when there is not both
    # The audio that came from each party: packets, those that did not come, ms, ms, and 1 to 4.4
    caller_packets = models.PositiveIntegerField(null=True)
    caller_lost = models.PositiveIntegerField(null=True)
    caller_jitter = models.FloatField(null=True)
    caller_round_trip = models.FloatField(null=True)
    caller_mos = models.FloatField(null=True)
    callee_packets = models.PositiveIntegerField(null=True)
    callee_lost = models.PositiveIntegerField(null=True)
    callee_jitter = models.FloatField(null=True)
    callee_round_trip = models.FloatField(null=True)
    callee_mos = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["uid"], name="call_uid")]
        indexes = [
            # With all that the Overview counts, and with the outcome, so that a rare one is found without the rows
            models.Index(fields=["started", "outcome"], include=["duration"], name="call_begun"),
            models.Index(fields=["account", "started", "outcome"], include=["duration"], name="call_made"),
            models.Index(fields=["owner", "started", "outcome"], include=["account", "duration"], name="call_received"),
            # Those that are up, by a value that the planner knows to be rare: not by what they lack, as many others do
            models.Index(
                fields=["started"], include=["node", "account"], condition=models.Q(outcome=OPEN), name="call_open"
            ),
            models.Index(fields=["caller", "started"], name="call_caller"),
            models.Index(fields=["called", "started"], name="call_called"),
        ]

    @property
    def ended(self) -> datetime | None:
        return self.refused or self.hung_up

    def __str__(self):
        return self.uid


class Attempt(models.Model):
    """One INVITE sent on for a call: its `n`-th, from 1."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, db_index=False, related_name="attempts")
    n = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    target = models.CharField(max_length=255)
    address = models.CharField(max_length=64)
    number = models.CharField(max_length=64, default="", db_default="")  # what a carrier was asked for, by its rules
    media = models.CharField(max_length=8, default="")  # as in Call: between us and the target
    started = models.DateTimeField(null=True)
    ringing = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)  # of the final response, or of giving up
    code = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=255)
    cause = models.CharField(max_length=16)  # why it failed, a word of contract.journal.CAUSES
    said = models.CharField(
        max_length=255, default="", db_default=""
    )  # by its final response besides code and reason, or by the CANCEL

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "n"], name="attempt_call_n")]
        indexes = [
            models.Index(fields=["target", "started"], condition=models.Q(kind="carrier"), name="attempt_carrier")
        ]


class JournalPosition(models.Model):
    """How much of a node's journal file is in the database."""

    node = models.CharField(max_length=63)
    file = models.CharField(max_length=128)
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "file"], name="journal_position_file")]

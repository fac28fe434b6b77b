from django.db import models

from trunkline.control.accounts.models import Account


class Failure(models.Model):
    """A request with a wrong key or secret."""

    key = models.CharField(max_length=32)  # as it was given
    network = models.CharField(max_length=43)  # the IPv4 address, or the /64 of an IPv6 one
    time = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["network", "time"], name="api_failure_network"),
            models.Index(fields=["time"], name="api_failure_time"),
        ]


class Answer(models.Model):
    """What was answered to a request with an Idempotency-Key, for when it is sent again."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="+")
    name = models.CharField(max_length=255)  # the Idempotency-Key
    request = models.CharField(max_length=64)  # SHA-256 of method, path and body
    sealed = models.BinaryField(default=bytes)  # the answer, readable with the same secret and the same key alone
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="api_answer_once")]
        indexes = [models.Index(fields=["created"], name="api_answer_created")]

from django.db import models

from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject


class Account(Audited):
    """A customer. A limit of 0 calls means none."""

    ANY, OWNED = "any", "owned"
    ACCEPTED, OFFERED, REQUIRED = SRTP = "accepted", "offered", "required"

    AUDIT = Subject(
        "account",
        fields={
            "enabled": "enabled", "caller_id": "caller IDs", "calls_per_second": "calls begun per second",
            "calls_at_once": "calls at once", "numbers_at_most": "numbers at most", "destinations": "destinations",
            "srtp": "SRTP", "latitude": "latitude", "longitude": "longitude",
        },
        account=lambda account: account.pk,
    )  # fmt: skip

    name = models.CharField(max_length=63, unique=True)
    enabled = models.BooleanField(default=True)
    caller_id = models.CharField(max_length=8, default=ANY)  # 'owned': only numbers of the account, as caller
    calls_per_second = models.PositiveIntegerField(default=10)
    calls_at_once = models.PositiveIntegerField(default=100)
    destinations = models.JSONField(default=list)  # E.164 prefixes that may be called; []: everywhere
    numbers_at_most = models.PositiveIntegerField(default=100)  # that it may have to buy one; 0: it buys none
    srtp = models.CharField(max_length=8, default=ACCEPTED)  # see docs/srtp.md
    latitude = models.FloatField(null=True)  # degrees: where its PBX is, both null where nobody said so
    longitude = models.FloatField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name

from django.db import models

from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject


class Carrier(Audited):
    AUDIT = Subject(
        "carrier",
        fields={
            "enabled": "enabled", "host": "host", "port": "port", "transport": "transport", "username": "username",
            "strip": "digits taken off", "prefix": "put before the number",
        },
        secret={"password": "password"},
        account=lambda carrier: None,
    )  # fmt: skip

    name = models.CharField(max_length=63, unique=True)
    enabled = models.BooleanField(default=True)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=0)  # 0: RFC 3263 decides
    transport = models.CharField(max_length=3, default="udp")
    username = models.CharField(max_length=128, blank=True)  # '' when the carrier does not challenge
    password = models.CharField(max_length=128, blank=True)  # as it is: answering a challenge takes the secret itself
    strip = models.PositiveSmallIntegerField(default=0)
    prefix = models.CharField(max_length=16, blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.name

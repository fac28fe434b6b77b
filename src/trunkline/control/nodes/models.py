from django.db import models

from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject


class Node(Audited):
    """What a node said of itself last (see contract.feed.Heartbeat), and when, by the database's clock."""

    AUDIT = Subject("node", fields={"order": "order"}, account=lambda node: None)

    name = models.CharField(max_length=63, unique=True)
    instance = models.CharField(max_length=64)
    region = models.CharField(max_length=63)
    addresses = models.JSONField(default=list)
    port = models.PositiveIntegerField(default=5060)
    tls_port = models.PositiveIntegerField(default=5061)
    version = models.CharField(max_length=32, blank=True)
    started = models.DateTimeField(null=True)
    seen = models.DateTimeField(null=True)
    problems = models.JSONField(default=dict)  # part -> words
    calls = models.PositiveIntegerField(default=0)
    load = models.FloatField(default=0)
    draining = models.BooleanField(default=False)
    cluster = models.CharField(max_length=45, blank=True, db_default="")  # IP address at which it hears the others
    watches = models.BooleanField(default=False, db_default=False)  # DNS
    order = models.CharField(max_length=8, blank=True)  # DRAIN or UNDRAIN, until the node has done it

    def __str__(self):
        return self.name


class Ending(models.Model):
    """A call that a node is to end: it hears of it with its next heartbeat, and the row goes."""

    node = models.CharField(max_length=63, db_index=True)  # its name
    uid = models.CharField(max_length=64)

    def __str__(self):
        return f"{self.uid} on {self.node}"

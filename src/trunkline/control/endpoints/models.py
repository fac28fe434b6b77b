from django.db import models

from trunkline.control.accounts.models import Account
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject
from trunkline.control.nodes.models import Node


class Endpoint(Audited):
    """Texts in the lists are as `contract.endpoints` has them; no source: those are the addresses."""

    AUDIT = Subject(
        "endpoint",
        fields={
            "enabled": "enabled", "host": "host", "city": "city", "latitude": "latitude", "longitude": "longitude",
            "region": "region", "addresses": "addresses", "port": "port", "tls_port": "TLS port",
            "sources": "addresses of its calls", "media": "addresses of its audio", "weight": "weight",
        },
        account=lambda endpoint: None,
    )  # fmt: skip

    name = models.CharField(max_length=63, unique=True)
    host = models.CharField(max_length=253)  # its alone: see `services.check_apart`
    city = models.CharField(max_length=80, blank=True)
    latitude = models.FloatField(null=True)  # degrees
    longitude = models.FloatField(null=True)
    region = models.CharField(max_length=63)
    addresses = models.JSONField()  # IP addresses
    port = models.PositiveIntegerField(default=5060)  # UDP and TCP
    tls_port = models.PositiveIntegerField(default=5061)
    sources = models.JSONField(default=list)  # IP addresses or networks
    media = models.JSONField(default=list)  # '198.51.100.160/28' or '198.51.100.20:30000-39999'
    weight = models.PositiveIntegerField(default=10)
    enabled = models.BooleanField(default=True)

    def __str__(self):
        return self.name


class Distance(models.Model):
    """The round trip between a node and an address of an account's PBX, as `contract.distances` has it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="distances")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, db_index=False, related_name="distances")
    address = models.CharField(max_length=45)  # IP address
    known = models.CharField(max_length=10)
    milliseconds = models.FloatField(null=True)  # smoothed; null: it never answered
    answered = models.DateTimeField(null=True)
    asked = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "node", "address"], name="distance_one")]
        indexes = [models.Index(fields=["node", "address"], name="distance_node")]

    def __str__(self):
        return f"{self.node} to {self.address}"

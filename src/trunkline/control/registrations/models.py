from django.db import models
from django.db.models import Exists, OuterRef

from trunkline.control.keys.models import Key
from trunkline.control.nodes.beats import heard
from trunkline.control.nodes.models import Node


class _WithNode(models.Manager):
    """Each with whether its node is `heard`."""

    def get_queryset(self):
        return super().get_queryset().annotate(heard=Exists(Node.objects.filter(heard(), name=OuterRef("node"))))


class Registration(models.Model):
    """What a node told last of the contact that registered at it with a key, as `contract.registrations` has it.

    A row for each node that a key has ever registered at: none waits for another's, and the newest counts.
    """

    key = models.ForeignKey(Key, on_delete=models.CASCADE, db_index=False, related_name="registrations")
    node = models.CharField(max_length=63)  # its name
    source = models.CharField(max_length=64)
    user_agent = models.CharField(max_length=255)
    since = models.DateTimeField()
    refreshed = models.DateTimeField()
    until = models.DateTimeField()
    ended = models.BooleanField(default=False)  # before its time

    objects = _WithNode()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "node"], name="registration_one")]
        indexes = [models.Index(fields=["node", "until"], name="registration_node")]

    def __str__(self):
        return f"{self.key} at {self.node}"

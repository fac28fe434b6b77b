"""The change log: what was written, in the order of the commits, with no number left out."""

from django.db import models


class Counter(models.Model):
    """One row, whose lock every writer holds until it commits: so sequences become visible in order.

    `identity` is this database's own, and tells nodes that another one has taken its place.
    """

    id = models.SmallIntegerField(primary_key=True)
    sequence = models.BigIntegerField(default=0)
    identity = models.CharField(max_length=32, default="")


class Change(models.Model):
    sequence = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=16)
    entity_id = models.BigIntegerField()
    made = models.DateTimeField(auto_now_add=True)

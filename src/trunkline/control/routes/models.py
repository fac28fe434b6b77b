from django.db import models

from trunkline.control.carriers.models import Carrier


class Route(models.Model):
    prefix = models.CharField(max_length=15, blank=True)  # '': every number
    priority = models.PositiveIntegerField()  # lower is tried first
    weight = models.PositiveIntegerField()  # share among equal priorities, as in RFC 2782
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="routes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "carrier"], name="route_prefix_carrier")]

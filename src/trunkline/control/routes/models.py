from django.db import models

from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject
from trunkline.control.carriers.models import Carrier


class Route(Audited):
    AUDIT = Subject(
        "route",
        fields={"priority": "priority", "weight": "weight"},
        account=lambda route: None,
    )

    prefix = models.CharField(max_length=15, blank=True)  # '': every number
    priority = models.PositiveIntegerField()  # lower is tried first
    weight = models.PositiveIntegerField()  # share among equal priorities, as in RFC 2782
    # None: calls are refused
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.PROTECT, related_name="routes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "carrier"], name="route_prefix_carrier")]

    def __str__(self):
        return f"{self.prefix or 'every number'}{f' by {self.carrier.name}' if self.carrier else ', refused'}"

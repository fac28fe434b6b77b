from decimal import Decimal

from django.db import models

from trunkline.control.accounts.models import Account
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject
from trunkline.control.numbers.numbering import LANDLINE, NOWHERE


class Number(Audited):
    """`country` and `kind` follow from the digits (numbering.py); whoever writes the one writes the others."""

    AUDIT = Subject(
        "number", fields={"account": "account", "forward": "Forward to SIP", "monthly_cost": "monthly cost"}
    )

    e164 = models.CharField(max_length=15, unique=True)  # digits without '+'
    country = models.CharField(max_length=2, default=NOWHERE)  # ISO 3166 alpha-2
    kind = models.CharField(max_length=18, default=LANDLINE)  # of numbering.KINDS
    monthly_cost = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal())  # EUR, shown to who buys
    account = models.ForeignKey(  # null: inventory, for sale
        Account, null=True, on_delete=models.PROTECT, db_index=False, related_name="numbers"
    )
    released_by = models.ForeignKey(  # the last account that gave it back, for one that says so twice
        Account, null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    forward = models.TextField(blank=True)  # the Forward to SIP text, canonical
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "e164"], name="number_account"),
            # What a search of the inventory goes through, in order and without the numbers that somebody has
            models.Index(fields=["country", "e164"], condition=models.Q(account=None), name="number_for_sale"),
            models.Index(fields=["country", "kind", "e164"], condition=models.Q(account=None), name="number_kind"),
            # The database itself looks for these when an account is removed, while all writers wait
            models.Index(
                fields=["released_by"], condition=models.Q(released_by__isnull=False), name="number_released_by"
            ),
        ]

    def __str__(self):
        return f"+{self.e164}"

from django.db import models

from trunkline.control.accounts.models import Account


class Number(models.Model):
    e164 = models.CharField(max_length=15, unique=True)  # digits without '+'
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="numbers")  # null: inventory
    forward = models.TextField(blank=True)  # the Forward to SIP text, canonical
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"+{self.e164}"

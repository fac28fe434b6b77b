from django.db import models
from django.db.models import Q

from trunkline.control.accounts.models import Account
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject
from trunkline.control.carriers.models import Carrier


class SourceNetwork(Audited):
    """Requests from this network are an account's, without digest, or a carrier's. Port 0 is any port."""

    AUDIT = Subject("source", fields={"account": "account", "carrier": "carrier"})

    network = models.CharField(max_length=43)  # canonical CIDR
    port = models.PositiveIntegerField(default=0)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="sources")
    carrier = models.ForeignKey(Carrier, null=True, on_delete=models.CASCADE, related_name="sources")

    class Meta:
        indexes = [models.Index(fields=["network"], name="source_network")]
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=True, carrier__isnull=False)
                | Q(account__isnull=False, carrier__isnull=True),
                name="source_has_one_owner",
            )
        ]

    @property
    def owner(self) -> Account | Carrier:
        return self.account or self.carrier

    def __str__(self):
        return source_text(self.network, self.port)


class HeardAddress(models.Model):
    """An IP address that calls of an account came from. One of IPv6 has all its zeros: networks are ranges of texts."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="heard")
    address = models.CharField(max_length=39)
    seen = models.DateTimeField(db_index=True)  # the last such call began, to the hour

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="heard_account_address")]
        indexes = [models.Index(fields=["address"], name="heard_address")]

    def __str__(self):
        return self.address


class CalledAddress(models.Model):
    """An IP address that numbers of an account lead to, or have led to; written as above."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, related_name="called_addresses")
    address = models.CharField(max_length=39)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "address"], name="called_account_address")]
        indexes = [models.Index(fields=["address"], name="called_address")]

    def __str__(self):
        return self.address


def source_text(network: str, port: int) -> str:
    """A network and port as one text: `192.0.2.7`, `192.0.2.0/24`, `192.0.2.7:5080`, `[2001:db8::/64]:5080`."""
    network = network.removesuffix("/128" if ":" in network else "/32")
    if not port:
        return network
    return f"[{network}]:{port}" if ":" in network else f"{network}:{port}"

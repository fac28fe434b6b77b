from django.db import models

from trunkline.control.accounts.models import Account
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject

CALLS, MANAGE, OWNER = SCOPES = ("calls", "manage", "owner")  # each may do what those before it may, but see FOR_PBXS
FOR_PBXS = (CALLS, MANAGE)  # what a PBX has may be stolen with it, so an owner's key neither calls nor registers


class Key(Audited):
    """An API key: the digest username of an account's PBX, or the name of a program that calls the API."""

    AUDIT = Subject("key", fields={"enabled": "enabled", "scope": "scope"})

    name = models.CharField(max_length=32, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="keys")
    enabled = models.BooleanField(default=True)
    scope = models.CharField(max_length=6, default=MANAGE, db_default=MANAGE)  # of SCOPES
    created = models.DateTimeField(auto_now_add=True)
    # The newest credentials of it that a node has refused: see `denials`.
    denied = models.DateTimeField(null=True)
    denial = models.CharField(max_length=16, default="", db_default="")  # of journal.DENIALS
    denied_method = models.CharField(max_length=16, default="", db_default="")
    denied_source = models.CharField(max_length=64, default="", db_default="")

    def __str__(self):
        return self.name


class Secret(Audited):
    """One live secret of a key, as the digests that RFC 7616 section 3.4.2 calls A1; the secret itself is not kept."""

    AUDIT = Subject(
        "secret",
        name=lambda secret: f"{secret.slot} of key {secret.key.name}",
        account=lambda secret: secret.key.account_id,
    )

    key = models.ForeignKey(Key, on_delete=models.CASCADE, related_name="secrets")
    slot = models.PositiveSmallIntegerField()
    realm = models.CharField(max_length=253)
    ha1_md5 = models.CharField(max_length=32)
    ha1_sha256 = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "slot"], name="secret_slot"),
            models.CheckConstraint(condition=models.Q(slot__in=(1, 2)), name="secret_slot_1_or_2"),
        ]

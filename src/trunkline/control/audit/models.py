from django.db import models


class Entry(models.Model):
    """Something that somebody did. Nothing changes an entry, and nothing but its age (`audit.keep_days`) removes it."""

    time = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=12)  # of actor.BY
    who = models.CharField(max_length=254, blank=True)
    address = models.CharField(max_length=45, blank=True)  # IP; '' when it came from no network
    acting_as = models.CharField(max_length=63, blank=True)  # the account that an operator acted as
    kind = models.CharField(max_length=16)  # of thing
    name = models.CharField(max_length=255)
    count = models.PositiveIntegerField(default=1)  # of things; `name` tells of several in words
    did = models.CharField(max_length=32)
    changes = models.JSONField(default=list)  # [words for the field, old value, new value]
    account = models.ForeignKey(  # whose thing it is; null: the operator's, or of an account that is gone
        "accounts.Account", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    account_name = models.CharField(max_length=63, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["time"], name="audit_time"),
            models.Index(fields=["account", "time"], name="audit_account"),
            models.Index(fields=["kind", "time"], name="audit_kind"),
        ]

    def __str__(self):
        return f"{self.kind} {self.name} {self.did}"

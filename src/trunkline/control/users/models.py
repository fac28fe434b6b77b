from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from trunkline.control.accounts.models import Account
from trunkline.control.audit.audited import Audited
from trunkline.control.audit.subject import Subject

OWNER, MEMBER, OPERATOR = ROLES = ("owner", "member", "operator")
ADDRESS, SERVER = "address", "server"  # whose fault it is that a letter did not go out


class User(Audited, AbstractBaseUser):
    """Somebody who signs in. Operators have no account and see all; owners and members see their account's own."""

    USERNAME_FIELD = "name"
    AUDIT = Subject(
        "user",
        fields={"account": "account", "role": "role", "enabled": "enabled"},
        secret={"password": "password"},
    )

    name = models.CharField(max_length=254, unique=True)  # small letters; often an e-mail address
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="users")
    role = models.CharField(max_length=8, default=MEMBER)
    enabled = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    disabled_times = models.PositiveIntegerField(default=0, db_default=0)  # each ends all sessions

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role=OPERATOR, account=None)
                | models.Q(role__in=(OWNER, MEMBER), account__isnull=False),
                name="user_role_and_account",
            )
        ]

    @property
    def is_active(self) -> bool:
        return self.enabled

    def get_session_auth_hash(self) -> str:
        """What a session must have: it is another one after another password, and after the user was disabled."""
        return f"{super().get_session_auth_hash()}{self.disabled_times or ''}"

    @property
    def is_operator(self) -> bool:
        return self.role == OPERATOR

    @property
    def manages(self) -> bool:
        """Whether keys and secrets are this user's business."""
        return self.role in (OWNER, OPERATOR)

    @property
    def has_second_factor(self) -> bool:
        factor = getattr(self, "second_factor", None)  # there may be none
        return factor is not None and factor.confirmed is not None

    @property
    def mailed(self) -> datetime | None:
        """When the last letter to this user went out, or should have."""
        letter = getattr(self, "letter", None)  # there may be none
        return letter and letter.time

    @property
    def mail_problem(self) -> str:
        """Why that letter did not go out, in words that tell nothing of the mail server; '' when it did."""
        letter = getattr(self, "letter", None)
        return _NOT_SENT[letter.fault] if letter and letter.fault else ""

    def __str__(self):
        return self.name


_NOT_SENT = {
    ADDRESS: "the mail server refuses this address",
    SERVER: "the mail server did not take it",
}


class Letter(models.Model):
    """What became of the last letter to a user."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="letter")
    time = models.DateTimeField()
    fault = models.CharField(max_length=8, blank=True)  # ADDRESS or SERVER; '': it went out
    said = models.CharField(max_length=255, blank=True)  # by the mail server

    def __str__(self):
        return f"to {self.user}"


class SecondFactor(models.Model):
    """A secret that a telephone makes one-time passwords of (RFC 6238); it counts once a first one has confirmed it."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.CharField(max_length=255)  # encrypted, see second_factor.py
    confirmed = models.DateTimeField(null=True)
    last_step = models.BigIntegerField(default=0)  # of the newest one-time password that was used


class RecoveryCode(models.Model):
    """Stands for a one-time password, once, for a user whose telephone is lost."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)  # hex of SHA-256; the codes are random

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]


class SignIn(models.Model):
    """An attempt to sign in that has not succeeded."""

    name = models.CharField(max_length=254)  # as it was given
    network = models.CharField(max_length=43)  # the IPv4 address, or the /64 of an IPv6 one
    time = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name", "time"], name="sign_in_name"),
            models.Index(fields=["network", "time"], name="sign_in_network"),
        ]

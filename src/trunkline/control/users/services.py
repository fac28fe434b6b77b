"""What can be done with users. Every function raises ServiceError with what to do instead.

A password is made here unless one is given, returned once, and kept as a hash.
"""

import re
import secrets
import string

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.users.models import MEMBER, OPERATOR, OWNER, User
from trunkline.control.words import missing

PASSWORD_LENGTH = 20  # of 57 characters: 116 bits
# Without those that people take for one another when they read a password off a screen.
_ALPHABET = "".join(c for c in string.ascii_letters + string.digits if c not in "0O1lI")
_NAME = re.compile(r"[a-z0-9][a-z0-9._+@-]{0,253}", re.ASCII)


def get(name: str) -> User:
    user = User.objects.select_related("account").filter(name=spelling(name)).first()
    if user is None:
        raise missing("user", name, "see `trunkline user list`, or make it with `trunkline user add`")
    return user


def listing(account: Account | None = None) -> QuerySet[User]:
    users = User.objects.select_related("account", "second_factor", "letter").order_by("account__name", "name")
    return users.filter(account=account) if account else users


def usual_role(account: Account | None) -> str:
    """Of another user, where nobody says which: an account has an owner first, who can then make the others."""
    if account is None:
        return OPERATOR
    return MEMBER if User.objects.filter(account=account, role=OWNER).exists() else OWNER


def create(name: str, account: Account | None, role: str = "", password: str = "") -> tuple[User, str]:
    """A user and its password. Without an account it is an operator's; `role`: '' is the usual one."""
    name = check_name(name)
    if account and role:
        _check_role(role)
    user = User(name=name, account=account, role=role if account and role else usual_role(account))
    password = _set(user, password)
    with writing():
        if User.objects.filter(name=name).exists():
            raise ServiceError(f"there is already a user {name!r}: choose another name")
        user.save()
    return user, password


def set_password(user: User, password: str = "") -> str:
    """Give a user another password; whoever is signed in with the old one is signed out."""
    password = _set(user, password)
    with writing("given another password"):
        user.save(update_fields=["password"])
    return password


def replace_password(user: User, password: str) -> bool:
    """Set the password of a user whose password is still the one that it was looked up with; False when it is not."""
    before = user.password
    _set(user, password)
    with writing("given another password"):
        unchanged = User.objects.select_for_update().filter(pk=user.pk, password=before).exists()
        if unchanged:
            user.save(update_fields=["password"])
    return unchanged


def change(user: User, *, role: str | None = None, enabled: bool | None = None) -> User:
    """A user that is not enabled cannot sign in, and is signed out for good: enabled again, it signs in anew."""
    written = []  # no more than is asked for: somebody else may change the rest at this moment
    if role is not None:
        if user.is_operator:
            raise ServiceError(
                f"{user.name!r} is an operator, who sees and changes everything and has no role in an account: "
                "make a user of the account with `trunkline user add NAME --account ACCOUNT --role ROLE`"
            )
        _check_role(role)
        user.role = role
        written.append("role")
    if enabled is not None:
        user.enabled = bool(enabled)
        written.append("enabled")
    with writing():
        if enabled is False:
            user.refresh_from_db(fields=["disabled_times"])  # somebody else may have just disabled it, too
            user.disabled_times += 1
            written.append("disabled_times")
        user.save(update_fields=written)
    return user


def remove(user: User) -> None:
    with writing():
        user.delete()


def spelling(name: str) -> str:
    """A name as it is kept."""
    return name.strip().lower()


def check_name(name: str) -> str:
    name = spelling(name)
    if not _NAME.fullmatch(name):
        raise ServiceError(
            f"{name!r} cannot be the name of a user: write an e-mail address, or up to 254 of a-z, 0-9 and . _ + @ -"
        )
    return name


def _check_role(role: str) -> None:
    if role not in (OWNER, MEMBER):
        raise ServiceError(f"a user of an account cannot be {role!r}: write 'owner' or 'member'")


def as_dict(user: User) -> dict[str, object]:
    return {
        "name": user.name,
        "account": user.account.name if user.account else None,
        "role": user.role,
        "enabled": user.enabled,
        "created": user.created,
        "signed_in": user.last_login,
        "second_factor": user.has_second_factor,
        "mailed": user.mailed,
        "mail_problem": user.mail_problem or None,
    }


def _set(user: User, password: str) -> str:
    password = password or "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ServiceError(" ".join(error.messages)) from None
    user.set_password(password)
    return password

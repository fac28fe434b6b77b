"""What programs may do with the users of their account. A link to a password is mailed to its user: no program gets
one. The last owner who can sign in stays, to undo what a program should not have done."""

from collections.abc import Callable

from django.conf import settings

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.users import resetting, services
from trunkline.control.users.models import OWNER, User
from trunkline.control.users.resetting import Parts

type AddressOf = Callable[[Parts], str]  # makes a URL of a link

MOST = 500  # users of an account: each invitation is a mail


def invite(account: Account, name: str, role: str, address_of: AddressOf) -> User:
    """Make a user, whose name is an e-mail address, and mail a link to a password of its own; `role` may be ''. Raises
    ServiceError."""
    name = services.check_name(name)
    _check_mail(name)
    with writing("invited"):
        if User.objects.filter(account=account, name=name).exists():
            raise ServiceError(f"{name!r} is a user of this account already: mail another link to invite it once more")
        if User.objects.filter(account=account).count() >= MOST:
            raise ServiceError(f"the account has {MOST} users, and may have no more: remove those that are gone")
        user, _ = services.create(name, account, role)
        resetting.mail(user, address_of, _invitation(user))
    return user


def mail_link(user: User, address_of: AddressOf) -> None:
    """Mail a link to another password to its user; the invitation once more to one that never signed in. Raises
    ServiceError."""
    _check_mail(user.name)
    another = f"Your account asks you to choose a new password for {user.name}."
    resetting.mail(user, address_of, another if user.last_login else _invitation(user))


def _invitation(user: User) -> str:
    return f"You are invited to the dashboard of {user.account.name}, as {user.name}."


def change(user: User, *, role: str | None = None, enabled: bool | None = None) -> User:
    """Raises ServiceError where no owner would be left who can sign in."""
    with writing():
        user = _as_it_is(user)
        if role not in (None, OWNER) or enabled is False:
            _check_not_last(user)
        return services.change(user, role=role, enabled=enabled)


def remove(user: User) -> None:
    """Raises ServiceError where no owner would be left who can sign in."""
    with writing():
        user = _as_it_is(user)
        _check_not_last(user)
        services.remove(user)


def _as_it_is(user: User) -> User:
    """Read again where nobody else writes."""
    found = services.listing(user.account).filter(pk=user.pk).first()
    if found is None:
        raise ServiceError(f"user {user.name!r} was removed meanwhile")
    return found


def _check_not_last(user: User) -> None:
    owners = User.objects.filter(account=user.account, role=OWNER, enabled=True)
    if list(owners.values_list("pk", flat=True)[:2]) == [user.pk]:
        raise ServiceError(f"{user.name!r} is the only owner who can sign in: make another one first")


def _check_mail(name: str) -> None:
    if not settings.TRUNKLINE.mail.host:
        raise ServiceError("this service sends no mail: an owner can add users and make links in the dashboard")
    if "@" not in name:
        raise ServiceError(f"{name!r} is not an e-mail address, so there is nowhere to send a link to")

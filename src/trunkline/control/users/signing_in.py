"""Signing in: the name and password of a user, then the code of its telephone, and how often somebody may try.

An attempt is written down before its password is looked at, so that attempts made at once count too.
"""

import ipaddress
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from trunkline.control.errors import ServiceError
from trunkline.control.users import second_factor
from trunkline.control.users.models import SignIn, User
from trunkline.control.users.services import spelling

WINDOW = timedelta(minutes=15)
# Attempts in the window: from one network for one name; from one network, which may be an office; for one name from
# everywhere, which an attacker with many addresses can use up to keep its user out, but not to guess a password.
PER_NAME_AND_NETWORK, PER_NETWORK, PER_NAME = 5, 30, 100
# Of codes, which are short: whoever tries them has the password already.
CODES_PER_NAME = 10
# Of links by mail: nobody shall have a user's mailbox filled.
LINKS_PER_NAME = 3


class SignInRefused(ServiceError):
    """Not signed in; `too_many` attempts, or a wrong name or password."""

    def __init__(self, text: str, too_many: bool = False):
        super().__init__(text)
        self.too_many = too_many


def authenticate(name: str, password: str, address: str) -> User:
    """The user of a name and a password. Raises SignInRefused, which does not tell whether there is such a user."""
    # No blank, or a stranger who writes `NAME code` here would use up that user's tries of codes.
    name, network, now = "".join(spelling(name).split())[:254], network_of(address), timezone.now()
    _count(name, network, now)
    user = User.objects.select_related("account").filter(name=name).first()
    if user is None:
        User().set_password(password)  # takes as long as checking one
    if user is None or not user.check_password(password) or not user.enabled:
        raise SignInRefused("The name or the password is not right.")
    SignIn.objects.filter(name=name, network=network).delete()
    return user


def check_code(user: User, code: str, address: str) -> None:
    """The second step of signing in. Raises SignInRefused."""
    name, network = f"{user.name} code"[-254:], network_of(address)  # no user's name has a blank
    _count(name, network, timezone.now(), CODES_PER_NAME)
    if not second_factor.check(user, code):
        raise SignInRefused("That is not the current code, or it was used already.")
    SignIn.objects.filter(name=name, network=network).delete()


def count_link(name: str, address: str) -> None:
    """Somebody wants a link for another password by mail. Apart from the tries to sign in: who invites the users of an
    account keeps nobody of that network out. Raises SignInRefused."""
    _count(f"{spelling(name)} link"[-254:], f"{network_of(address)} link", timezone.now(), LINKS_PER_NAME)


def network_of(address: str) -> str:
    """What one person has: an IPv4 address, or the /64 of an IPv6 one."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))


def _count(name: str, network: str, now, per_name: int = PER_NAME) -> None:
    """Write an attempt down, unless there were too many: then nothing is written, as there may be a flood of them.

    The others are counted once more when it is written: of several that come at once, each sees those before it.
    """
    SignIn.objects.filter(time__lt=now - WINDOW).delete()
    limits = (
        (Q(name=name, network=network), min(PER_NAME_AND_NETWORK, per_name)),
        (Q(network=network), PER_NETWORK),
        (Q(name=name), per_name),
    )
    others = SignIn.objects.filter(time__gte=now - WINDOW)
    _refuse_more(others, limits)
    mine = SignIn.objects.create(name=name, network=network, time=now)
    try:
        _refuse_more(others.exclude(pk=mine.pk), limits)
    except SignInRefused:
        mine.delete()
        raise


def _refuse_more(attempts: QuerySet[SignIn], limits: Sequence[tuple[Q, int]]) -> None:
    if any(attempts.filter(condition).count() >= most for condition, most in limits):
        raise SignInRefused(
            f"There were too many attempts. Wait {WINDOW.seconds // 60} minutes, then try again.", too_many=True
        )

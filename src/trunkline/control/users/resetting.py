"""Another password for who has forgotten it: by a link that is good once, for a day, until its user signs in.

Whoever has the link sets the password; a second factor is asked for as before.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from trunkline.control import database
from trunkline.control.audit import recording
from trunkline.control.errors import ServiceError
from trunkline.control.users import mailing, services
from trunkline.control.users.models import User

HOURS = 24  # that a link is good for: PASSWORD_RESET_TIMEOUT

type Parts = tuple[str, str]  # of a link: the user and the token, as they stand in it

log = logging.getLogger(__name__)
_sending = ThreadPoolExecutor(1, thread_name_prefix="mail")


def link(user: User) -> Parts:
    """What leads its owner to another password. Raises ServiceError for a user that is disabled."""
    if not user.enabled:
        raise ServiceError(f"{user.name!r} is disabled: enable it first")
    recording.happened(user, "given a link to another password")
    return urlsafe_base64_encode(str(user.pk).encode()), default_token_generator.make_token(user)


def user_of(parts: Parts) -> User | None:
    """Whose link it is, if it still counts."""
    try:
        pk = int(urlsafe_base64_decode(parts[0]))
    except ValueError:
        return None
    if not 0 < pk < 2**63:
        return None
    user = User.objects.select_related("account").filter(pk=pk, enabled=True).first()
    return user if user and default_token_generator.check_token(user, parts[1]) else None


def use(parts: Parts, password: str) -> User | None:
    """Set the password; None when the link does not count, or has been used meanwhile. Raises ServiceError."""
    user = user_of(parts)
    if user is None:
        return None
    return user if services.replace_password(user, password) else None


def send(name: str, address_of: Callable[[Parts], str]) -> None:
    """Mail a link to the user of this name, if there is one and the name is an address; nobody waits for it, so that
    the time tells nothing. `address_of` makes a URL of a link."""
    _sending.submit(_send, services.spelling(name), address_of)


def mail(user: User, address_of: Callable[[Parts], str], why: str) -> None:
    """Mail a link to a user, once the caller's transaction is committed; `why` is a sentence for its reader. Raises
    ServiceError for one that is disabled."""
    address = address_of(link(user))
    text = f"{why}\n\nTo choose a password, open\n\n{address}\n\nwithin {HOURS} hours. The link works once.\n"
    transaction.on_commit(lambda: _sending.submit(mailing.post, user, "Your password", text))


def _send(name: str, address_of: Callable[[Parts], str]) -> None:
    try:
        user = User.objects.filter(name=name, enabled=True).first()
        if user is None or "@" not in name:
            return
        text = f"Somebody, hopefully you, asked for a new password for {name}. To choose one, open\n\n"
        text += f"{address_of(link(user))}\n\nwithin {HOURS} hours. The link works once. "
        text += "If it was not you, do nothing.\n"
        mailing.post(user, "A new password", text)
    except Exception:
        log.exception("the link for %s was not mailed", name)
    finally:
        database.drop()

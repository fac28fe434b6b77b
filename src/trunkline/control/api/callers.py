"""Who calls: an API key and its secret, and how often somebody may be wrong about them.

Failures count by the network that they come from, and by the key within that network. Not by the key alone: a secret
has 142 bits, which nobody guesses, and whoever knows a key would keep its owner out.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from trunkline.control.accounts.models import Account
from trunkline.control.api.models import Failure
from trunkline.control.api.problems import Problem
from trunkline.control.keys.models import Key
from trunkline.control.keys.verifying import verify
from trunkline.control.users.signing_in import network_of

WINDOW = timedelta(minutes=15)
PER_KEY_AND_NETWORK, PER_NETWORK = 10, 50
READING = ("GET", "HEAD", "OPTIONS")  # methods that change nothing, RFC 9110 §9.2.1
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Trunkline API", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Caller:
    account: Account
    key: Key
    slot: int  # of the secret
    secret: str


def authenticate(name: str, secret: str, address: str) -> Caller:
    """Raises Problem."""
    network, since = network_of(address), timezone.now() - WINDOW
    recent = Failure.objects.filter(network=network, time__gte=since)
    failures = list(recent.values_list("key", flat=True)[:PER_NETWORK])
    if len(failures) >= PER_NETWORK or failures.count(name[:32]) >= PER_KEY_AND_NETWORK:
        seconds = int(WINDOW.total_seconds())
        detail = f"There were too many attempts with a wrong key or secret. Wait {seconds // 60} minutes"
        raise Problem("too-many-requests", detail, {"Retry-After": str(seconds)})
    verified = verify(name, secret) if storable(name) and storable(secret) else None
    if verified is None:
        Failure.objects.filter(time__lt=since).delete()
        Failure.objects.create(key=name[:32] if storable(name) else "", network=network, time=timezone.now())
        raise Problem("not-authenticated", headers=CHALLENGE)
    if name in failures:
        Failure.objects.filter(network=network, key=name).delete()
    key, slot = verified
    return Caller(key.account, key, slot, secret)


def check_enabled(caller: Caller, method: str | None) -> None:
    """An account that is disabled reads what it has, and changes nothing. Raises Problem."""
    if not caller.account.enabled and method not in READING:
        raise Problem("account-disabled")


def by_basic(request: HttpRequest) -> Caller:
    """RFC 7617, in UTF-8. Raises Problem."""
    given = basic(request.headers.get("Authorization", ""))
    if given is None:
        raise Problem("not-authenticated", headers=CHALLENGE)
    return authenticate(*given, request.META["REMOTE_ADDR"])


def basic(header: str) -> tuple[str, str] | None:
    """The user-id and the password of an Authorization header; None when it has none."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = text.partition(":")
    return (name, secret) if colon else None


def storable(text: str) -> bool:
    """Whether a database takes it: PostgreSQL has no NUL, and half a surrogate pair is no text."""
    return "\0" not in text and (text.isascii() or not any(0xD800 <= ord(character) < 0xE000 for character in text))

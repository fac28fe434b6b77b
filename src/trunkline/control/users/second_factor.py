"""The second factor: one-time passwords by time (RFC 6238), and recovery codes for who has lost the telephone.

The secret is kept encrypted with the dashboard's own, so that a copy of the database alone makes no one-time password.
"""

import base64
import hmac
import secrets
import time
from hashlib import blake2s, sha256
from typing import TYPE_CHECKING

import pyotp
from django.conf import settings
from django.utils import timezone

from trunkline.control.audit import recording
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.users.models import RecoveryCode, SecondFactor, User

if TYPE_CHECKING:
    from cryptography.fernet import Fernet  # it takes a moment, which most commands shall not wait for

STEP = 30  # s
LATE = 1  # steps before and after the one of now that are taken: clocks differ
RECOVERY_CODES = 10


def begin(user: User) -> str:
    """A secret for the user's telephone, base32; `confirm` makes it count. Raises ServiceError when there is one."""
    if user.has_second_factor:
        raise ServiceError("you have a second factor already: turn it off first")
    secret = pyotp.random_base32()
    encrypted = _cipher().encrypt(secret.encode()).decode()
    SecondFactor.objects.update_or_create(user=user, defaults={"secret": encrypted, "confirmed": None, "last_step": 0})
    return secret


def begun(user: User) -> str:
    """The secret that is to be confirmed; '' when there is none."""
    factor = SecondFactor.objects.filter(user=user, confirmed=None).first()
    return _secret(factor) if factor else ""


def uri(user: User, secret: str, issuer: str) -> str:
    """What the picture for the telephone says."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=issuer)


def confirm(user: User, code: str) -> list[str]:
    """Have the secret count from now on; returns the recovery codes, which are kept as digests. Raises ServiceError."""
    factor = SecondFactor.objects.filter(user=user, confirmed=None).first()
    if factor is None:
        raise ServiceError("there is nothing to confirm: start again")
    if not _use(factor, code):
        raise ServiceError("that is not the current code: check that the clock of your telephone is right")
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    with writing():
        SecondFactor.objects.filter(pk=factor.pk).update(confirmed=timezone.now())
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
        recording.happened(user, "given a second factor")
        user.refresh_from_db()
    return codes


def end(user: User) -> None:
    """Ask for the password alone from now on."""
    with writing():
        if SecondFactor.objects.filter(user=user).delete()[0]:
            recording.happened(user, "taken its second factor")
        RecoveryCode.objects.filter(user=user).delete()
        user.refresh_from_db()


def check(user: User, code: str) -> bool:
    """Use a one-time password or a recovery code up; False when it is none, or was used before."""
    factor = SecondFactor.objects.filter(user=user).exclude(confirmed=None).first()
    if factor is None:
        return False
    return _use(factor, code) or RecoveryCode.objects.filter(user=user, digest=_digest(code)).delete()[0] == 1


def _use(factor: SecondFactor, code: str) -> bool:
    code, now = "".join(code.split()), int(time.time()) // STEP
    secret = _secret(factor)
    if not secret or not (code.isascii() and code.isdigit()):
        return False
    totp = pyotp.TOTP(secret)
    for step in range(now - LATE, now + LATE + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            # RFC 6238 §5.2: not a second time, nor an older one, whoever else asks at this moment
            unused = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
            return unused.update(last_step=step) == 1
    return False


def _secret(factor: SecondFactor) -> str:
    """'' when the dashboard's secret is another one than it was encrypted with: its owner then needs a new one."""
    from cryptography.fernet import InvalidToken

    try:
        return _cipher().decrypt(factor.secret.encode()).decode()
    except InvalidToken:
        return ""


def _cipher() -> "Fernet":
    from cryptography.fernet import Fernet

    key = blake2s(settings.SECRET_KEY.encode(), person=b"totp").digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _recovery_code() -> str:
    """80 bits, in groups that can be copied from paper."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def _digest(code: str) -> str:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return sha256(plain.encode()).hexdigest()

"""What can be done with API keys and their secrets. A secret is returned once, to whoever made it, and not kept."""

import secrets
import string
from hashlib import md5, sha256

from django.conf import settings
from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.changes.services import writing
from trunkline.control.errors import ServiceError
from trunkline.control.keys import denials
from trunkline.control.keys.models import MANAGE, OWNER, SCOPES, Key, Secret
from trunkline.control.registrations import services as registrations
from trunkline.control.words import missing

SLOTS = (1, 2)
MOST = 500  # keys of an account, disabled ones too: every node keeps them all, and a program may make them
SECRET_LENGTH = 24  # of 62 characters: 142 bits, so that an HA1 that leaks cannot be searched back
_ALPHABET = string.ascii_letters + string.digits  # nothing that a PBX's configuration format gives a meaning


def get(name: str) -> Key:
    key = Key.objects.select_related("account").filter(name=name.strip()).first()
    if key is None:
        raise missing("key", name, "see `trunkline key list`")
    return key


def listing(account: Account | None = None) -> QuerySet[Key]:
    keys = (
        Key.objects.select_related("account")
        .prefetch_related("secrets", "registrations")
        .order_by("account__name", "created")
    )
    return keys.filter(account=account) if account else keys


def stranded() -> QuerySet[Key]:
    """Enabled keys that have no secret for today's domain: their PBXs are refused until they are given another one."""
    return listing().filter(enabled=True).exclude(secrets__realm=settings.TRUNKLINE_REALM)


def create(account: Account, scope: str = MANAGE) -> tuple[Key, str]:
    """A key and its only copy of the secret; `scope` is one of SCOPES. Raises ServiceError when the account has too
    many."""
    _check_scope(scope)
    with writing() as log:
        if Key.objects.filter(account=account).count() >= MOST:
            raise ServiceError(
                f"account {account.name!r} has {MOST} keys, and may have no more: give one of them a second secret, or "
                "enable one that is disabled"
            )
        name = secrets.token_hex(4)
        while Key.objects.filter(name=name).exists():
            name = secrets.token_hex(4)
        key = Key.objects.create(name=name, account=account, scope=scope)
        secret = _add_secret(key, SLOTS[0])
        log.note("key", key.pk)
    return key, secret


def rotate(key: Key) -> str:
    """A second secret, valid beside the first until one is retired."""
    with writing("made by rotation") as log:
        live = list(key.secrets.order_by("created"))
        free = [slot for slot in SLOTS if slot not in {secret.slot for secret in live}]
        if not free:
            oldest = live[0]
            raise ServiceError(
                f"key {key.name} has two live secrets: retire the one that no PBX uses any more. The older one is in "
                f"slot {oldest.slot}, made {oldest.created:%Y-%m-%d %H:%M} UTC: "
                f"`trunkline key retire {key.name} {oldest.slot}`"
            )
        secret = _add_secret(key, free[0])
        log.note("key", key.pk)
    return secret


def retire(key: Key, slot: int) -> None:
    """End a secret; refused for the last one."""
    with writing("ended") as log:
        # Ordered, which asks anew: a key of `listing` brings along those that it had before somebody else ended one.
        live = {secret.slot: secret for secret in key.secrets.order_by("slot")}
        if slot not in live:
            slots = " and ".join(map(str, live))
            raise ServiceError(f"key {key.name} has no secret in slot {slot!r}: it has one in slot {slots}")
        of_use = {its for its, secret in live.items() if secret.realm == settings.TRUNKLINE_REALM}
        if len(live) == 1 or of_use == {slot}:
            only = "secret" if len(live) == 1 else "secret for today's domain"
            raise ServiceError(
                f"slot {slot} is the only {only} of key {key.name}: make another first with "
                f"`trunkline key rotate {key.name}`, or end the key with `trunkline key disable {key.name}`"
            )
        live[slot].delete()
        log.note("key", key.pk)


def enable(key: Key, enabled: bool = True) -> Key:
    """A disabled key is refused like an unknown one; its secrets stay for when it is enabled again."""
    with writing() as log:
        key.enabled = enabled
        key.save(update_fields=["enabled"])
        log.note("key", key.pk)
    return key


def set_scope(key: Key, scope: str) -> Key:
    """Change what the API lets a key do. An owner's key is made as one and stays one, so that none was ever a PBX's."""
    _check_scope(scope)
    if key.scope != scope and OWNER in (key.scope, scope):
        raise ServiceError(
            f"the scope of key {key.name} is {key.scope!r} and cannot become {scope!r}: scope owner is given only "
            "when a key is made, and stays. Make another key, and disable this one"
        )
    with writing():  # both are the same to the edge
        key.scope = scope
        key.save(update_fields=["scope"])
    return key


def as_dict(key: Key) -> dict[str, object]:
    """The key as commands and the API show it. `usable` is false for a secret that was made for another domain."""
    return {
        "key": key.name,
        "account": key.account.name,
        "scope": key.scope,
        "enabled": key.enabled,
        "created": key.created,
        "secrets": [
            {"slot": secret.slot, "created": secret.created, "usable": secret.realm == settings.TRUNKLINE_REALM}
            for secret in sorted(key.secrets.all(), key=lambda secret: secret.slot)
        ],
        "denied": denials.as_dict(key),
        "registration": registrations.as_dict(key),
    }


def _check_scope(scope: str) -> None:
    if scope not in SCOPES:
        raise ServiceError(f"the scope of a key cannot be {scope!r}: write {', '.join(SCOPES[:-1])} or {SCOPES[-1]}")


def _add_secret(key: Key, slot: int) -> str:
    secret = "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_LENGTH))
    realm = settings.TRUNKLINE_REALM
    a1 = f"{key.name}:{realm}:{secret}".encode()  # RFC 7616 §3.4.2
    Secret.objects.create(
        key=key, slot=slot, realm=realm, ha1_md5=md5(a1).hexdigest(), ha1_sha256=sha256(a1).hexdigest()
    )
    return secret

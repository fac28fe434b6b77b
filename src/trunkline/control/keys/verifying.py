"""Whether somebody knows a key's secret, of which only digests are kept."""

from hashlib import sha256
from hmac import compare_digest

from django.conf import settings

from trunkline.control.keys.models import Key, Secret

_NOBODYS = "0" * 64


def verify(name: str, secret: str) -> tuple[Key, int] | None:
    """The key with its account, and the slot of the secret; None for a wrong one, an unknown or a disabled key.

    One query, and as long for a key that there is as for one that there is not.
    """
    realm = settings.TRUNKLINE_REALM
    given = sha256(f"{name}:{realm}:{secret}".encode()).hexdigest()  # RFC 7616 §3.4.2
    live = Secret.objects.select_related("key__account").filter(key__name=name, realm=realm)
    found, matched = list(live), None
    for one in (*found, None, None)[:2]:  # both, whichever it is
        right = compare_digest(one.ha1_sha256 if one else _NOBODYS, given)
        if right and one:
            matched = one
    if matched is None or not matched.key.enabled:
        return None
    return matched.key, matched.slot

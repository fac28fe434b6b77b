"""Whether the PBX of a key is registered, from where, and what to do where it is not."""

from django.conf import settings
from django.utils import timezone

from trunkline.control.keys.models import FOR_PBXS, Key
from trunkline.control.registrations.models import Registration

# The last contact ran out; was ended before its time; was never there.
REGISTERED, EXPIRED, ENDED, NEVER = "registered", "expired", "ended", "never"


def as_dict(key: Key) -> dict[str, object] | None:
    """None for a key that no PBX can have. `until` is when it ends, or since when it is over; `words` what comes of it,
    or what to do."""
    if key.scope not in FOR_PBXS:
        return None
    newest = max(key.registrations.all(), key=lambda one: (one.refreshed, one.pk), default=None)
    state = _state(newest)
    return {
        "state": state,
        "source": newest.source if newest else None,
        "user_agent": newest.user_agent if newest else None,
        "node": newest.node if newest else None,
        "since": newest.since if newest else None,
        "refreshed": newest.refreshed if newest else None,
        "until": newest.until if newest else None,
        "words": _words(key, state, newest),
    }


def _state(newest: Registration | None) -> str:
    if newest is None:
        return NEVER
    if newest.until > timezone.now():
        return REGISTERED
    return ENDED if newest.ended else EXPIRED


def _words(key: Key, state: str, newest: Registration | None) -> str:
    """Without a full stop, as the other words are."""
    if not key.enabled:
        return "The key is disabled: no call reaches its PBX, and it cannot register. Enable the key first"
    if not key.account.enabled:
        return "The account is disabled: no call reaches its PBX, and it cannot register. Ask whoever runs the service"
    if state == REGISTERED:
        return _of_registered(key, newest)
    if key.denied and (newest is None or key.denied > newest.until):
        return "The last request with this key was refused: first correct what was wrong with it"
    return _TO_DO[state].format(uri=_uri(key), domain=settings.TRUNKLINE_REALM)


def _of_registered(key: Key, newest: Registration) -> str:
    if not newest.heard:
        return (
            f"Node {newest.node} is not heard, so calls may not reach the PBX: if they do not, have it register again, "
            "at another server"
        )
    return f"Calls that are forwarded to {_uri(key)} ring there"


def _uri(key: Key) -> str:
    return f"sip:{key.name}@{settings.TRUNKLINE_REALM}"


_TO_DO = {
    EXPIRED: "The PBX did not register again in time. Check that it runs and reaches its server here, and what it "
    "logs about its REGISTER",
    ENDED: "It was ended early, as when a PBX is stopped or its trunk is switched off. Have it register again",
    NEVER: "No PBX has registered with this key. One that only places calls need not; for calls to {uri} have it "
    "register: the key is its username, {domain} the domain",
}

"""Why a PBX is not let in: the newest credentials of each key that a node has refused, in words for the key's owner.

A call that is refused for its credentials has no record, or a scanner would fill the database. But whoever has set up a
PBX with a wrong secret looks here for what is wrong, and sees it.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from trunkline.contract.journal import DENIALS, Event
from trunkline.control.calls import fold
from trunkline.control.keys.models import Key

RECENT = timedelta(hours=1)

_WORDS: Mapping[str, str] = {
    "secret": "had a wrong secret: copy it again, or make another one",
    "recipient": "had a digest for another recipient than the one that was called",
    "algorithm": "had a digest by another algorithm than the challenge offers",
    "banned": "had wrong credentials so often that its address gets no answer for a while: correct them, then wait",
}

_OF_ANOTHER_DOMAIN = "had a secret that was made for another domain than today's: make another one"


def note(events: Iterable[Event]) -> None:
    """Keep the newest of each key; events of keys that are none, or with what is none, are nobody's."""
    newest = {}
    for event in sorted(events, key=lambda event: event["time"]):
        if isinstance(key := fold.named(event, "key"), str) and event.get("denial") in DENIALS:
            newest[key] = event
    for key, event in newest.items():
        time = fold.moment(event)
        # Not by way of the change log and the audit log: it changes nothing that anybody set, nor what the edge does.
        Key.objects.filter(Q(denied=None) | Q(denied__lt=time), name=key[:32]).update(
            denied=time,
            denial=event["denial"],
            denied_method=fold.text(event, "method", 16),
            denied_source=fold.text(event, "source", 64),
        )


def as_dict(key: Key) -> dict[str, object] | None:
    if key.denied is None:
        return None
    return {
        "time": key.denied,
        "method": key.denied_method,
        "source": key.denied_source,
        "cause": key.denial,
        "words": in_words(key),
    }


def in_words(key: Key) -> str:
    """`REGISTER from udp:192.0.2.7:5060 had a wrong secret: …`; that it was refused is said by whoever shows it."""
    words = _WORDS.get(key.denial, "had wrong credentials")
    if key.denial == "secret" and all(secret.realm != settings.TRUNKLINE_REALM for secret in key.secrets.all()):
        words = _OF_ANOTHER_DOMAIN
    return f"{key.denied_method} from {key.denied_source} {words}"


def recent(keys: QuerySet[Key]) -> QuerySet[Key]:
    """Those whose credentials were refused a short while ago, the newest first."""
    return keys.filter(denied__gt=timezone.now() - RECENT).order_by("-denied")

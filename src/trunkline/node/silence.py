"""Is a call dead? From what its media relay has heard, and the patience that the settings allow."""

from dataclasses import dataclass

UNSPECIFIED = ("0.0.0.0", "::")  # RFC 2543's way to hold, by the address of either family
PARTIES = ("caller", "callee")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: of silence from both parties, of silence from one, of silence on hold, and of the whole call."""

    dead: int
    one_way: int
    hold: int
    longest: int


@dataclass(frozen=True, slots=True)
class Heard:
    """When each party was heard last, RTP or RTCP (Unix time, s; the caller first); `held`: somebody does not want
    to be heard, or to hear."""

    last: tuple[float, float]
    held: bool


def heard(answer: dict, tags: tuple[str, str]) -> Heard | None:
    """From rtpengine's answer to `query`; None when it does not know one of these two tags.

    A tag of a target that was given up is in its answer too, and means nothing.
    """
    found = [answer.get("tags", {}).get(tag) for tag in tags]
    if not all(found):
        return None
    medias = [party.get("medias", []) for party in found]
    last = tuple(
        # In whole seconds: it may have come at the end of this one.
        1 + max((stream["last packet"] for media in party for stream in media["streams"]), default=answer["created"])
        for party in medias
    )
    return Heard(last, any(_held(media) for party in medias for media in party))


def lacking(answer: dict, tags: tuple[str, str]) -> str:
    """Which party has described no audio that could be carried, from an answer of which `heard` makes nothing."""
    known = answer.get("tags", {})
    return next((party for party, tag in zip(PARTIES, tags, strict=True) if not known.get(tag, {}).get("medias")), "")


def _held(media: dict) -> bool:
    addresses = {stream.get("endpoint", {}).get("address") for stream in media["streams"]}
    return not {"send", "recv"} <= set(media["flags"]) or not addresses.isdisjoint(UNSPECIFIED)


def verdict(what: Heard, answered: float, now: float, patience: Patience) -> tuple[str, float]:
    """Why the call is to be ended, '' when it goes on; and when to look again."""
    if too_long(answered, now, patience):
        return words_too_long(patience), now
    newest, oldest = max(what.last), min(what.last)
    if what.held:
        if now - newest >= patience.hold:
            return f"silent on hold for {patience.hold} s", now
        limit = newest + patience.hold
    else:
        if now - newest >= patience.dead:
            return f"no audio from either party for {patience.dead} s", now
        if now - oldest >= patience.one_way:
            return f"no audio from the {PARTIES[what.last.index(oldest)]} for {patience.one_way} s", now
        limit = min(newest + patience.dead, oldest + patience.one_way)
    # Whoever takes a call off hold begins to be heard from then on, so it is looked at as often as any other.
    return "", min(limit, now + patience.dead, answered + patience.longest)


def words_lacking(party: str) -> str:
    return f"the {party} described no audio that can be carried"


def too_long(answered: float, now: float, patience: Patience) -> bool:
    return now - answered >= patience.longest


def words_too_long(patience: Patience) -> str:
    return f"it lasted {patience.longest} s, the longest that a call may"

"""The audio codecs of the service, by the names of their rtpmap lines (RFC 3551, RFC 3952, RFC 5574, RFC 4733)."""

# The order in which those that an offer lacks are added to it: what most equipment speaks first.
CODECS = ("PCMA/8000", "PCMU/8000", "G722/8000", "G729/8000", "speex/16000", "iLBC/8000")
EVENT = "telephone-event"
STATIC = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000"}  # RFC 3551 §6

_CANONICAL = {name.lower(): name for name in CODECS} | {
    f"{EVENT}/8000": f"{EVENT}/8000",
    f"{EVENT}/16000": f"{EVENT}/16000",
    "g729a/8000": "G729/8000",  # Annex A, which only computes less: the same packets
}
# Some write G722's sampling rate for its RTP clock (RFC 3551 §4.5.2).
_BY_NUMBER = {("9", "g722/16000"): "G722/8000"}


def canonical(name: str, number: str = "") -> str | None:
    """Our spelling of an rtpmap's `name/clock rate`, which stands beside a payload type; None for what is not
    carried."""
    written = name.lower().removesuffix("/1")  # the number of channels (RFC 8866 §6.6 has it optional for one)
    return _CANONICAL.get(written) or _BY_NUMBER.get((number, written))


def is_event(name: str) -> bool:
    return name.startswith(EVENT)


def clock(name: str) -> int:
    """The RTP clock rate, Hz."""
    return int(name.rpartition("/")[2])


def spoken(name: str) -> str:
    """As people write it: the clock rate only where it tells two codecs apart."""
    return name.removesuffix("/8000")

"""Session descriptions for one audio stream: the six codecs and telephone-event (RFC 8866, RFC 3264, RFC 4733), plain
or with keys for SRTP (RFC 4568)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.sandbox.srtp import SUITE

STATIC = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 18: ("G729", 8000)}  # RFC 3551 §6
EVENT = "telephone-event"
CATALOGUE = {  # what an offer may name -> payload type and clock rate, Hz
    "PCMU": (0, 8000), "PCMA": (8, 8000), "G722": (9, 8000), "G729": (18, 8000), "iLBC": (97, 8000),
    "speex": (98, 16000), EVENT: (101, 8000), f"{EVENT}/16000": (102, 16000),
}  # fmt: skip
_NAMES = {name.lower(): name for name in CATALOGUE}
CODECS = ("PCMA", "PCMU", "telephone-event")
MIRROR = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv", "inactive": "inactive"}
TYPE = "application/sdp"
PLAIN = ("RTP/AVP", "", "")  # profile, and tag and key of a crypto line


class SdpError(ValueError):
    """Why a description cannot be used."""


@dataclass(frozen=True)
class Payload:
    number: int
    name: str
    rate: int

    @property
    def is_event(self) -> bool:
        return self.name == EVENT

    @property
    def title(self) -> str:
        """Its name in CATALOGUE."""
        return f"{EVENT}/16000" if self.is_event and self.rate == 16000 else self.name


@dataclass(frozen=True)
class Audio:
    """The audio stream of a description. `direction` is the writer's: 'sendonly' means that they send.

    `keys` are those of its crypto lines with the suite that we speak: (tag, base64).
    """

    address: str
    port: int
    profile: str
    payloads: tuple[Payload, ...]
    direction: str
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def is_secure(self) -> bool:
        return self.profile.startswith("RTP/SAVP")

    def payload(self, name: str) -> Payload | None:
        return next((p for p in self.payloads if p.name.lower() == name.lower()), None)

    def among(self, codecs) -> tuple[Payload, ...]:
        """The payloads whose names are in `codecs` (those of CATALOGUE), in their own order."""
        known = {(name.partition("/")[0], CATALOGUE[name][1]) for name in codecs}
        return tuple(p for p in self.payloads if (p.name, p.rate) in known)

    @property
    def codec(self) -> Payload | None:
        """The first payload that is a codec of ours."""
        return next((p for p in self.among(CATALOGUE) if not p.is_event), None)

    @property
    def event(self) -> Payload | None:
        """The telephone-event for that codec: with its clock rate, where there is a choice (RFC 4733 §2.1)."""
        events = [p for p in self.payloads if p.is_event]
        return next((p for p in events if self.codec and p.rate == self.codec.rate), events[0] if events else None)


def parse(body: bytes) -> Audio:
    """The audio stream; raises SdpError."""
    session, *media = re.split(r"(?m)^(?=m=)", body.decode("utf-8", "replace").replace("\r\n", "\n"))
    streams = [part for part in media if part.startswith("m=audio ")]
    audio = next((part for part in streams if not part.startswith("m=audio 0 ")), next(iter(streams), None))
    match = re.match(r"m=audio ([0-9]{1,5})(?:/[0-9]+)? (\S+)([ 0-9]*)$", audio or "", re.MULTILINE | re.ASCII)
    if not match:
        raise SdpError("there is no audio stream in it")
    connection = re.search(r"(?m)^c=IN IP[46] (\S+)$", audio) or re.search(r"(?m)^c=IN IP[46] (\S+)$", session)
    if not connection:
        raise SdpError("there is no connection address in it")
    maps = re.findall(r"(?m)^a=rtpmap:([0-9]{1,3}) ([^/\s]+)/([0-9]{1,6})", audio)
    names = STATIC | {int(number): (_NAMES.get(name.lower(), name), int(rate)) for number, name, rate in maps}
    payloads = tuple(Payload(n, *names[n]) for n in map(int, match[3].split()) if n in names)
    direction = re.search(r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)\s*$", audio) or re.search(
        r"(?m)^a=(sendrecv|sendonly|recvonly|inactive)\s*$", session
    )
    keys = tuple(re.findall(rf"(?m)^a=crypto:(\d+) {SUITE} inline:([A-Za-z0-9+/=]+)", audio))
    return Audio(connection[1], int(match[1]), match[2], payloads, direction[1] if direction else "sendrecv", keys)


def offer(
    address: str, port: int, codecs=CODECS, direction: str = "sendrecv", version: int = 1, key: str = ""
) -> bytes:
    """An offer of `codecs` (names of CATALOGUE, in order of preference), of SRTP with `key` if there is one."""
    payloads = [Payload(CATALOGUE[name][0], name.partition("/")[0], CATALOGUE[name][1]) for name in codecs]
    crypto = ("RTP/SAVP", "1", key) if key else PLAIN
    return _write(address, port, payloads, direction, version, crypto)


def answer(offered: Audio, address: str, port: int, codecs=CODECS, version: int = 1, key: str = "") -> bytes:
    """The answer to an offer, in the offer's order, with its payload numbers; raises SdpError when nothing fits.

    An offer of SRTP is answered with `key`.
    """
    payloads = offered.among(codecs)
    if all(p.is_event for p in payloads):
        raise SdpError(f"no codec in common with {[p.name for p in offered.payloads]}")
    if offered.is_secure and not offered.keys:
        raise SdpError(f"there is no key for {SUITE} in it")
    crypto = (offered.profile, offered.keys[0][0], key) if offered.is_secure else PLAIN
    return _write(address, port, payloads, MIRROR[offered.direction], version, crypto)


def _write(address: str, port: int, payloads: Sequence[Payload], direction: str, version: int, crypto: tuple) -> bytes:
    profile, tag, key = crypto
    family = "IP6" if ":" in address else "IP4"
    lines = [
        "v=0", f"o=- {port} {version} IN {family} {address}", "s=-", f"c=IN {family} {address}", "t=0 0",
        f"m=audio {port} {profile} {' '.join(str(p.number) for p in payloads)}",
        *(f"a=rtpmap:{p.number} {p.name}/{p.rate}" for p in payloads),
        *(f"a=fmtp:{p.number} 0-15" for p in payloads if p.is_event),
        *([f"a=crypto:{tag} {SUITE} inline:{key}"] if key else []),
        *(() if payloads[0].name == "iLBC" else ("a=ptime:20",)), f"a={direction}",
    ]  # fmt: skip
    return "\r\n".join([*lines, ""]).encode()

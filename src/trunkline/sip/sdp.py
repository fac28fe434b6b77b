"""Session descriptions (RFC 8866) as far as a trunk needs them: read with suspicion, and one audio stream written.

Reading keeps what is needed to carry audio and forgets everything else, so that nothing that a party wrote beside it
(names, tools, addresses of its network) can travel on.
"""

import re
from dataclasses import dataclass

from trunkline.sip import srtp
from trunkline.sip.codecs import STATIC, canonical, is_event

LONGEST = 16_384  # characters
MOST_STREAMS = 16
MOST_FORMATS = 128  # RFC 3550 §5.1: a payload type has seven bits
PROFILES = ("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF")
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

# More blanks than one, as some write them, are no reason to lose a call.
_MEDIA = re.compile(r"([a-z0-9.+-]{1,32}) +([0-9]{1,5})(?:/[0-9]{1,5})? +([!-~]{1,32})((?: +[!-~]{1,32})+)", re.I)
_CONNECTION = re.compile(r"IN IP([46]) ([0-9A-Za-z.:%_-]{1,255})(?:/[0-9/]{1,12})?")
_RTPMAP = re.compile(r"([0-9]{1,3}) +([!-~]{1,64})")
_PACKET_TIME = re.compile(r"[1-9][0-9]|1[0-9][0-9]|200")  # ms
_LIKE_RTCP = range(72, 77)  # RFC 3551 §6 reserves these payload types: their packets would be taken for reports
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
# What of an audio stream's attributes goes to the media relay, beside rtpmap, fmtp and direction; the relay writes
# its own in their place. `ice-*` and `candidate` do not: they are addresses.
_KEPT = frozenset(("ptime", "maxptime", "crypto", "rtcp-mux"))


class SdpError(ValueError):
    """Why a description cannot be used: the status to refuse it with, and plain words."""

    def __init__(self, code: int, words: str):
        super().__init__(words)
        self.code, self.words = code, words

    @property
    def fault(self) -> str:
        """The words without what they quote, and without what to do: for others than the writer."""
        return self.words.partition(": ")[0]


@dataclass(frozen=True, slots=True)
class Payload:
    number: str
    name: str  # canonical, e.g. 'PCMA/8000'
    fmtp: str = ""  # its parameters; '' for none

    @property
    def is_event(self) -> bool:
        return is_event(self.name)

    def lines(self) -> list[str]:
        rtpmap = f"a=rtpmap:{self.number} {self.name}"
        return [rtpmap, f"a=fmtp:{self.number} {self.fmtp}"] if self.fmtp else [rtpmap]


@dataclass(frozen=True, slots=True)
class Audio:
    """The audio stream that is carried. `payloads`: the six codecs and telephone-event only, in the writer's order."""

    port: int
    profile: str
    family: str  # '4' or '6'
    address: str
    payloads: tuple[Payload, ...]
    attributes: tuple[str, ...]  # whole lines

    @property
    def codecs(self) -> list[str]:
        return [payload.name for payload in self.payloads if not payload.is_event]


@dataclass(frozen=True, slots=True)
class Description:
    """`streams` are all of them in place as they are refused (port 0), '' for `audio`."""

    session: str  # id and version of o=
    streams: tuple[str, ...]
    audio: Audio | None

    def text(self, payloads: tuple[Payload, ...]) -> str:
        """A description of the audio stream alone, with these payloads."""
        audio = self.audio
        numbers = " ".join(payload.number for payload in payloads)
        lines = [
            "v=0", f"o=- {self.session} IN IP{audio.family} {audio.address}", "s=-",
            f"c=IN IP{audio.family} {audio.address}", "t=0 0", f"m=audio {audio.port} {audio.profile} {numbers}",
        ]  # fmt: skip
        for payload in payloads:
            lines += payload.lines()
        return "\r\n".join([*lines, *audio.attributes, ""])


def parse(text: str, *, secure: bool | None = None) -> Description:
    """Read a description. Raises SdpError.

    `secure`: of several audio streams, SRTP (or RTP) is wanted; None: whichever comes first.
    """
    if len(text) > LONGEST:
        raise SdpError(413, f"The SDP is {len(text)} characters long; at most {LONGEST} are read")
    session, *sections = _sections(text)
    if not session or session[0] != "v=0":
        raise SdpError(400, "The SDP does not begin with v=0")
    if not sections:
        raise SdpError(400, "The SDP has no media stream (m=)")
    if len(sections) > MOST_STREAMS:
        raise SdpError(400, f"The SDP has {len(sections)} media streams; at most {MOST_STREAMS} are read")
    media = [_media(section[0]) for section in sections]
    usable = [i for i, (kind, port, profile, _) in enumerate(media) if _usable(kind, port, profile)]
    place = _chosen(usable, sections, secure) if len(usable) > 1 else next(iter(usable), None)
    streams = tuple(
        "" if i == place else f"m={kind} 0 {profile} {formats[0]}"
        for i, (kind, _, profile, formats) in enumerate(media)
    )
    audio = _audio(session, sections[place], media[place]) if place is not None else None
    return Description(_origin(session), streams, audio)


def _sections(text: str) -> list[list[str]]:
    """The lines of the session part and of each stream."""
    sections: list[list[str]] = [[]]
    for line in _LINE_ENDS.split(text):
        if not line.strip():
            continue
        if line[1:2] != "=":
            raise SdpError(400, f"The SDP has a line that is not type=value: {_shown(line)}")
        if line[0] == "m":
            sections.append([])
        sections[-1].append(line.rstrip())
    return sections


def _shown(line: str) -> str:
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in line[:40])


def _media(line: str) -> tuple[str, int, str, list[str]]:
    match = _MEDIA.fullmatch(line[2:])
    if not match:
        raise SdpError(400, f"The SDP has an m= line that makes no sense: {_shown(line)}")
    kind, port, profile, formats = match[1].lower(), int(match[2]), match[3], match[4].split()
    if port > 65535:
        raise SdpError(400, f"The SDP names port {port}; there are 65535")
    if len(formats) > MOST_FORMATS:
        raise SdpError(400, f"The SDP has {len(formats)} formats in one stream; RTP has {MOST_FORMATS} payload types")
    return kind, port, profile, formats


def _usable(kind: str, port: int, profile: str) -> bool:
    profile = profile.upper()
    return kind == "audio" and port > 0 and profile.endswith(PROFILES) and not profile.startswith("TCP/")


def _chosen(usable: list[int], sections: list[list[str]], secure: bool | None) -> int:
    """One of several audio streams. Some PBXs offer the same audio as SRTP and as RTP in two of them, so that those who
    know one alone take that: the first that is what is wanted and has a key that can be used, else the first."""
    texts = {i: "\r\n".join(sections[i]) for i in usable}
    wanted = (i for i, text in texts.items() if secure is None or srtp.is_secure(text) == secure)
    return next((i for i in wanted if not srtp.is_secure(texts[i]) or not srtp.problem(texts[i])), usable[0])


def _audio(session: list[str], section: list[str], media: tuple[str, int, str, list[str]]) -> Audio:
    _, port, profile, formats = media
    family, address = _connection(section) or _connection(session) or _no_connection()
    names, fmtps, kept, direction = dict(STATIC), {}, [], ""
    for line in section:
        attribute, _, value = line[2:].replace("\t", " ").partition(":") if line[0] == "a" else ("", "", "")
        attribute = attribute.lower()
        if attribute == "rtpmap":
            if not (match := _RTPMAP.fullmatch(value.strip())):
                raise SdpError(400, f"The SDP has an rtpmap that makes no sense: {_shown(line)}")
            names[match[1]] = canonical(match[2], match[1])
        elif attribute == "fmtp":
            number, _, parameters = value.partition(" ")
            fmtps[number] = parameters if parameters.isascii() and parameters.isprintable() else ""
        elif attribute in DIRECTIONS:
            direction = attribute
        elif attribute in _KEPT and _is_sound(attribute, value):
            kept.append(f"a={attribute}:{value}" if value else f"a={attribute}")
    direction = direction or next((line[2:] for line in session if line[2:] in DIRECTIONS), "")
    if direction:
        kept.append(f"a={direction}")
    payloads = tuple(
        Payload(number, names[number], fmtps.get(number, ""))
        for number in dict.fromkeys(formats)
        if names.get(number) and int(number) < MOST_FORMATS and int(number) not in _LIKE_RTCP
    )
    return Audio(port, profile, family, address, payloads, tuple(kept))


def _is_sound(attribute: str, value: str) -> bool:
    """Whether an attribute may go to the relay: asked for packets of 1 ms, it sends 1,000 a second (measured)."""
    if attribute in ("ptime", "maxptime"):
        return _PACKET_TIME.fullmatch(value) is not None
    return value.isascii() and value.isprintable()


def _connection(lines: list[str]) -> tuple[str, str] | None:
    for line in lines:
        if line[0] == "c":
            if not (match := _CONNECTION.fullmatch(line[2:])):
                raise SdpError(400, f"The SDP has a c= line that makes no sense: {_shown(line)}")
            return match[1], match[2]
    return None


def _no_connection():
    raise SdpError(400, "The SDP has no connection address (c=)")


def _origin(session: list[str]) -> str:
    """Its session id and version, which say whether a description is a new one; digits by RFC 8866 §5.2."""
    for line in session:
        if line[0] == "o":
            fields = line[2:].split()
            if len(fields) == 6:
                return " ".join(re.sub(r"[^0-9]", "", field)[:19] or "0" for field in fields[1:3])
    raise SdpError(400, "The SDP has no origin (o=) of six fields")

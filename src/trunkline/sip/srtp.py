"""SRTP as a description offers or answers it (RFC 4568, "SDES"): is the audio encrypted, and with a key that is one?

The media relay takes whatever it is given: without a usable key it goes on as if there were no SRTP (measured).
So a description is checked here before the relay sees it.
"""

import binascii
import re

SUITE = "AES_CM_128_HMAC_SHA1_80"
PROFILES = ("RTP/SAVP", "RTP/SAVPF")
KEY_BYTES = 30  # RFC 4568 §6.2: a master key of 128 bits and a master salt of 112
WRITE_THUS = f"a=crypto:1 {SUITE} inline:, then {KEY_BYTES} octets in base64"

_AUDIO = re.compile(r"^m=audio \S+ (\S+)[^\r\n]*(.*?)(?=^m=|\Z)", re.MULTILINE | re.DOTALL)
_PROFILE = re.compile(r"^m=audio \S+ (\S+)", re.MULTILINE)
_CRYPTO = re.compile(r"^a=crypto:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_LINE = re.compile(r"[0-9]{1,9}\s+(\S+)\s+(\S+)(?:\s+(.*))?", re.ASCII)
_INLINE = re.compile(r"inline:([A-Za-z0-9+/=]+)((?:\|[^|;\s]+){0,2})", re.ASCII | re.IGNORECASE)
# RFC 4568 §6.3: session parameters that weaken the stream, or that the relay does not do
_UNWANTED = re.compile(r"UNENCRYPTED_SRTC?P|UNAUTHENTICATED_SRTP|KDR(?==)(?!=0\b)|FEC_(?:ORDER|KEY)(?==)")


def profile(sdp: str) -> str:
    """The profile of the audio, as in `RTP/SAVP`; '' when there is no audio."""
    audio = _PROFILE.search(sdp)
    return audio[1].upper() if audio else ""


def is_secure(sdp: str) -> bool:
    """Whether the audio of a description is said to be encrypted, by its profile (RFC 3711 §12, RFC 5124)."""
    return "SAVP" in profile(sdp)


def problem(sdp: str) -> str:
    """Why the encrypted audio of a description cannot be had, in words for its sender; '' when it can."""
    audio = _AUDIO.search(sdp)
    if audio is None or audio[1].upper() not in PROFILES:
        return f"DTLS is not spoken here: offer RTP/SAVP with {WRITE_THUS}"
    lines = _CRYPTO.findall(audio[2])
    if not lines:
        return f"RTP/SAVP is offered without a key: write {WRITE_THUS}"
    ours = [match for line in lines if (match := _LINE.fullmatch(line.strip())) and match[1].upper() == SUITE]
    if not ours:
        return f"no crypto line has the suite {SUITE}: allow that suite too"
    return next((fault for match in ours if (fault := _fault(match[2], match[3] or ""))), "")


def _fault(key: str, parameters: str) -> str:
    """What is wrong with one crypto line of our suite."""
    inline = _INLINE.fullmatch(key)
    if inline is None:
        return f"the key of a crypto line cannot be read: write {WRITE_THUS}"
    try:
        length = len(binascii.a2b_base64(inline[1], strict_mode=True))
    except binascii.Error:
        return f"the key of a crypto line is not base64: write {WRITE_THUS}"
    if length != KEY_BYTES:
        return f"the key of a crypto line has {length} octets, and {SUITE} takes {KEY_BYTES}"
    if unwanted := _UNWANTED.search(parameters.upper()):
        return f"a crypto line asks for {unwanted[0]}, which is not supported here: leave it out"
    return ""

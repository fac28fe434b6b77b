"""SRTP with the keys of a description (RFC 3711, RFC 4568), by libsrtp."""

import base64
import secrets

from pylibsrtp import Error, Policy, Session

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY_BYTES = 30


def new_key() -> str:
    """A master key and salt as `inline:` has them."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class Cipher:
    """Both directions of a stream: `ours` is the key that we announced, and so send with, `theirs` that of the far
    side. Raises ValueError for a key that is none."""

    def __init__(self, ours: str, theirs: str):
        self.keys = ours, theirs
        self._out, self._in = _session(ours, Policy.SSRC_ANY_OUTBOUND), _session(theirs, Policy.SSRC_ANY_INBOUND)

    def protect(self, packet: bytes) -> bytes:
        return self._out.protect(packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet; None for one that was not made with the key, or came before."""
        try:
            return self._in.unprotect(packet)
        except Error:
            return None


def _session(key: str, direction: int) -> Session:
    profile = Policy.SRTP_PROFILE_AES128_CM_SHA1_80
    return Session(Policy(key=base64.b64decode(key, validate=True), ssrc_type=direction, srtp_profile=profile))

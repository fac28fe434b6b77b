"""Digest authentication (RFC 7616) by Kamailio's auth module."""

import re
from dataclasses import dataclass

import KSR

from trunkline.edge.ksr.message import get, method
from trunkline.edge.ksr.replies import warn
from trunkline.sip.refusal import Refusal

_FIELD = re.compile(r'([a-z]+)\s*=\s*"?([^",]*)', re.ASCII)  # of a Digest
_MOST_CREDENTIALS = 5  # of one request that are looked at


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an Authorization header claims; nothing of it is verified yet."""

    username: str
    realm: str
    algorithm: str
    uri: str


def credentials(realm: str) -> Credentials | None:
    """Those of the request for our realm."""
    username = get("$au")
    if not username:
        return None
    if get("$ar") == realm:
        return Credentials(username, realm, (get("$aa") or "MD5").upper(), get("$adu") or "")
    # RFC 3261 §22.3: beside ours there may be credentials for other proxies, and Kamailio shows the first ones.
    name = "Authorization" if method() == "REGISTER" else "Proxy-Authorization"
    for index in range(1, _MOST_CREDENTIALS):
        fields = dict(_FIELD.findall(KSR.hdr.get_idx(name, index) or ""))
        if fields.get("realm") == realm:
            algorithm = fields.get("algorithm", "MD5").upper()
            return Credentials(fields.get("username", ""), realm, algorithm, fields.get("uri", ""))
    return None


def verify(realm: str, ha1: str, algorithm: str) -> str:
    """'ok', 'stale' or 'wrong': is the digest of the request made with this HA1 and a nonce of ours?"""
    sha256 = algorithm == "SHA-256"
    if sha256:
        KSR.auth.auth_algorithm("SHA-256")
    try:
        result = KSR.auth.pv_auth_check(realm, ha1, 1, 0)
    finally:
        if sha256:
            KSR.auth.auth_algorithm("MD5")
    return {1: "ok", -4: "stale"}.get(result, "wrong")


def challenge(realm: str, stale: bool, sha256: bool, refusal: Refusal | None) -> None:
    """401 to a REGISTER, 407 to all else, MD5 first: old user agents take the first header or MD5."""
    register = method() == "REGISTER"
    flags = 17 if stale else 1  # 1: qop="auth"; 16: stale=true
    for algorithm in ("MD5", "SHA-256") if sha256 else ("MD5",):
        KSR.auth.auth_algorithm(algorithm)
        KSR.auth.auth_get_www_authenticate(realm, flags, "$var(challenge)")
        header = get("$var(challenge)")
        KSR.hdr.append_to_reply(header if register else header.replace("WWW-", "Proxy-", 1))
    KSR.auth.auth_algorithm("MD5")
    if refusal:
        warn(refusal)
    if register:
        KSR.sl.send_reply(401, "Unauthorized")
    else:
        KSR.sl.send_reply(407, "Proxy Authentication Required")

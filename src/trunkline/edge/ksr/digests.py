"""Digest authentication (RFC 7616) by Kamailio's auth module."""

import re
from typing import NamedTuple

import KSR

from trunkline.edge.ksr.message import get, method, text
from trunkline.edge.ksr.replies import warn
from trunkline.sip.refusal import Refusal

# What can be read in one way only: Kamailio ends a string at any quote, where RFC 3261 §25.1 has quoted-pairs, so there
# is no backslash; and it knows no other spaces than these.
_NAME, _SPACE, _VALUE = r"[\w!#$%&'*+.^`|~-]+", r"[ \t\r\n]", r'"[^"\\]*"|[^ \t\r\n",\\]+'
_PARAMETER = re.compile(rf"({_NAME}){_SPACE}*={_SPACE}*({_VALUE})", re.A)
_PARAMETERS = rf"(?:{_NAME}{_SPACE}*={_SPACE}*(?:{_VALUE}){_SPACE}*(?:,{_SPACE}*|\Z))+"
_DIGEST = re.compile(rf"{_SPACE}*Digest{_SPACE}+{_PARAMETERS}", re.A | re.I)
_MOST_CREDENTIALS = 5  # of one header that are looked at
_PASSWORD_IS_HA1 = 1


class Credentials(NamedTuple):
    """What an Authorization or Proxy-Authorization (`header`) claims; nothing of it is verified yet."""

    username: str
    realm: str
    algorithm: str
    uri: str
    header: str = "Proxy-Authorization"


def credentials(realm: str) -> Credentials | None:
    """Those of the request for our realm, in either header: some PBXs (Oracle's E-SBC) authorize an INVITE with what
    their REGISTER was challenged with, and in its header."""
    username = get("$au")
    if not username:
        return None
    proxy = KSR.hdr.is_present("Proxy-Authorization") > 0
    if get("$ar") == realm:
        header = "Proxy-Authorization" if proxy else "Authorization"
        return Credentials(username, realm, (get("$aa") or "MD5").upper(), get("$adu") or "", header)
    # RFC 3261 §22.3: beside ours there may be credentials for other proxies, and Kamailio shows the first ones.
    for header in ("Proxy-Authorization", "Authorization"):
        for index in range(_MOST_CREDENTIALS):
            fields = _parameters(KSR.hdr.get_idx(header, index) or "")
            if fields is None:
                return None
            if fields.get("realm", "").lower() == realm.lower():  # as Kamailio finds those that it verifies
                algorithm = fields.get("algorithm", "MD5").upper()
                return Credentials(fields.get("username", ""), realm, algorithm, fields.get("uri", ""), header)
    return None


def foreign_realm() -> str:
    """The realm of credentials that are none for us; '' where there are none."""
    return text("$ar") if get("$au") else ""


def _parameters(credentials: str) -> dict[str, str] | None:
    """Those of a Digest, {} of another scheme; None where Kamailio, which verifies what it reads itself, may read
    something else: an overheard digest with another recipient hidden in it would seem to be made for that one."""
    if not credentials.lstrip().lower().startswith("digest"):
        return {}
    if not _DIGEST.fullmatch(credentials):
        return None
    found = [(name.lower(), value.strip('"')) for name, value in _PARAMETER.findall(credentials)]
    fields = dict(found)
    return fields if len(fields) == len(found) else None


def verify(realm: str, ha1: str, algorithm: str, header: str) -> str:
    """'ok', 'stale' or 'wrong': is the digest in this header made with this HA1 and a nonce of ours?"""
    proxy = header == "Proxy-Authorization"
    authenticate = KSR.auth.pv_proxy_authenticate if proxy else KSR.auth.pv_www_authenticate
    sha256 = algorithm == "SHA-256"
    if sha256:
        KSR.auth.auth_algorithm("SHA-256")
    try:
        result = authenticate(realm, ha1, _PASSWORD_IS_HA1)
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

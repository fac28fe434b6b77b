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
_GAP = rf"(?:,|{_SPACE})*"  # RFC 7235 §7 has recipients accept lists with empty elements; Kamailio reads none
_ONE = rf"{_NAME}{_SPACE}*={_SPACE}*(?:{_VALUE}){_SPACE}*"
_DIGEST = re.compile(rf"{_SPACE}*Digest{_SPACE}+(?:{_ONE}(?:,{_SPACE}*(?=[^ \t\r\n,])|\Z))+", re.A | re.I)
_WITH_GAPS = re.compile(rf"{_SPACE}*Digest{_SPACE}{_GAP}(?:{_ONE}(?:,{_GAP}|\Z))+", re.A | re.I)
_HEADERS = ("Proxy-Authorization", "Authorization")
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
    if not username and not _present():
        return None
    if username and get("$ar") == realm:
        header = _HEADERS[0] if KSR.hdr.is_present(_HEADERS[0]) > 0 else _HEADERS[1]
        return Credentials(username, realm, (get("$aa") or "MD5").upper(), get("$adu") or "", header)
    # RFC 3261 §22.3: beside ours there may be credentials for other proxies, and Kamailio shows the first ones.
    for header in _HEADERS:
        for value in _written(header):
            fields = _parameters(value)
            if fields is None:
                return None
            if fields.get("realm", "").lower() == realm.lower():  # as Kamailio finds those that it verifies
                algorithm = fields.get("algorithm", "MD5").upper()
                return Credentials(fields.get("username", ""), realm, algorithm, fields.get("uri", ""), header)
    return None


def are_unreadable() -> bool:
    """Whether there are credentials of which none can be read as a Digest."""
    return not get("$au") and _present()


def _present() -> bool:
    return any(KSR.hdr.is_present(header) > 0 for header in _HEADERS)


def _written(header: str) -> list[str]:
    """The credentials in this header's fields; empty elements of their lists are taken out of the message first."""
    values = [KSR.hdr.get_idx(header, index) or "" for index in range(_MOST_CREDENTIALS)]
    tidy = [_tidied(value) for value in values]
    if tidy != values:
        KSR.hdr.remove(header)
        for value in filter(None, tidy):
            KSR.hdr.append(f"{header}: {value}\r\n")
        KSR.textopsx.msg_apply_changes()  # what verifies them reads the message as it stands
    return tidy


def _tidied(credentials: str) -> str:
    if _DIGEST.fullmatch(credentials) or not _WITH_GAPS.fullmatch(credentials):
        return credentials
    return "Digest " + ", ".join(f"{name}={value}" for name, value in _PARAMETER.findall(credentials))


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

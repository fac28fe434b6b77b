"""Digest authentication for SIP (RFC 3261 §22, RFC 8760): answering challenges, and making and checking them."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_PAIR = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^,\s]*)', re.ASCII)


class DigestError(ValueError):
    """A challenge that cannot be answered; the text says why."""


def parse(header: str) -> dict[str, str]:
    """The parameters of a challenge or of credentials, names lower case; {} when the scheme is not Digest."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): re.sub(r"\\(.)", r"\1", value.strip('"')) for name, value in _PAIR.findall(rest)}


def choose(challenges: list[str], algorithm: str = "") -> dict[str, str]:
    """The first challenge that we can answer (RFC 7616 §3.7: the server's order is its preference).

    `algorithm` asks for one of several. Raises DigestError when there is none.
    """
    offered = [parse(header) for header in challenges]
    for challenge in offered:
        name = challenge.get("algorithm", "MD5").upper()
        if challenge.get("nonce") and name in ALGORITHMS and (not algorithm or name == algorithm):
            return challenge
    raise DigestError(f"no Digest challenge that we can answer among {challenges}")


def answer(
    challenge: Mapping[str, str], method: str, uri: str, user: str, secret: str, *, count: int = 1, cnonce: str = ""
) -> str:
    """The value of Authorization or Proxy-Authorization for a challenge."""
    algorithm = challenge.get("algorithm", "MD5")
    fields = {"username": user, "realm": challenge.get("realm", ""), "nonce": challenge["nonce"], "uri": uri}
    qop = "auth" if "auth" in re.split(r"[,\s]+", challenge.get("qop", "")) else ""
    if qop:
        fields |= {"cnonce": cnonce or secrets.token_hex(8), "nc": f"{count:08x}", "qop": qop}
    fields |= {"response": _response(fields | {"algorithm": algorithm}, method, secret), "algorithm": algorithm}
    if "opaque" in challenge:
        fields["opaque"] = challenge["opaque"]
    bare = {"nc", "qop", "algorithm"}  # RFC 7616 §3.4: these are not quoted
    return "Digest " + ", ".join(f"{k}={v}" if k in bare else f'{k}="{_quote(v)}"' for k, v in fields.items())


def challenge(realm: str, nonce: str = "", algorithm: str = "MD5", *, stale: bool = False) -> str:
    """The value of WWW-Authenticate or Proxy-Authenticate."""
    text = (
        f'Digest realm="{_quote(realm)}", nonce="{nonce or secrets.token_hex(16)}", algorithm={algorithm}, qop="auth"'
    )
    return text + ", stale=true" if stale else text


def verify(header: str, method: str, user: str, secret: str, nonces: set[str]) -> bool:
    """Whether credentials are right for this user, made for one of our nonces."""
    given = parse(header)
    if given.get("nonce") not in nonces or given.get("username") != user:
        return False
    if given.get("algorithm", "MD5").upper() not in ALGORITHMS or not {"realm", "uri", "response"} <= given.keys():
        return False
    return hmac.compare_digest(_response(given, method, secret).encode(), given["response"].lower().encode())


def _response(fields: Mapping[str, str], method: str, secret: str) -> str:
    def digest(*parts: str) -> str:
        data = ":".join(parts).encode("utf-8", "surrogateescape")
        return ALGORITHMS[fields.get("algorithm", "MD5").upper()](data).hexdigest()

    ha1 = digest(fields["username"], fields["realm"], secret)
    ha2 = digest(method, fields["uri"])
    if fields.get("qop"):
        return digest(ha1, fields["nonce"], fields.get("nc", ""), fields.get("cnonce", ""), fields["qop"], ha2)
    return digest(ha1, fields["nonce"], ha2)


def _quote(text: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", text)

"""A local certificate authority and the node's certificate, made at the first start and renewed by later ones.

RSA, not EC: a PBX old enough to speak TLS 1.0 may know no elliptic curves, and every other one knows RSA.
A certificate that our authority did not issue is the operator's own: it is used and never touched.
"""

import datetime as dt
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS, NODE_DAYS = 3650, 825
RENEW_DAYS = 30  # a certificate with less than this left is made anew


class CertificateError(Exception):
    """A certificate or key file cannot be read; the text says which and what to do."""


def ensure(folder: Path, domain: str, addresses: Iterable[str], hosts: Iterable[str] = ()) -> str:
    """Make what is missing of `ca.crt`, `ca.key`, `node.crt`, `node.key`; returns what was done, in plain words.

    It holds for the domain, the other hosts and the addresses.
    Raises CertificateError.
    """
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(name) for name in dict.fromkeys([domain, *hosts])]
    names += [x509.IPAddress(ipaddress.ip_address(a)) for a in sorted(set(addresses))]
    certificate_path, key_path = folder / "node.crt", folder / "node.key"
    if certificate_path.exists() and is_operators(folder):
        return _of_operator(certificate_path, key_path, now) + _lacking(load(certificate_path), names)
    if certificate_path.exists() and key_path.exists():
        current = load(certificate_path)
        reason = _why_renew(current, folder, names, now)
        if not reason:
            return f"valid until {current.not_valid_after_utc:%Y-%m-%d}"
    else:
        reason = "there is none"
    ca, ca_key = _authority(folder, now)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _node_certificate(key, ca, ca_key, domain, names, now)
    # The key first: a crash in between leaves a pair that does not match, which the next start replaces.
    _write_key(key_path, key)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return f"made for {domain}: {reason}"


def load(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file; raises CertificateError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CertificateError(
            f"{path} cannot be read as a PEM certificate ({error}). Delete it and its key to have them made anew"
        ) from error


def names(folder: Path) -> list[str]:
    """The host names of the node's certificate; none where there is none. Raises CertificateError."""
    if not (folder / "node.crt").exists():
        return []
    return _alternatives(load(folder / "node.crt")).get_values_for_type(x509.DNSName)


def is_operators(folder: Path) -> bool:
    """Whether the certificate is not of our authority; raises CertificateError."""
    return not (folder / "ca.crt").exists() or load(folder / "node.crt").issuer != load(folder / "ca.crt").subject


def _of_operator(certificate_path: Path, key_path: Path, now: dt.datetime) -> str:
    """What there is to say of it; raises CertificateError where nothing could be served with it."""
    current = load(certificate_path)
    if not key_path.exists():
        raise CertificateError(
            f"{certificate_path} has no key beside it: put it into {key_path}, or delete the certificate to have both "
            "made anew"
        )
    if current.public_key() != _load_key(key_path).public_key():
        raise CertificateError(
            f"{key_path} is not the key of {certificate_path}: put the right one there, or delete both to have them "
            "made anew"
        )
    ends = f"{current.not_valid_after_utc:%Y-%m-%d}"
    return f"your own, valid until {ends}" if current.not_valid_after_utc > now else f"your own, which ended on {ends}"


def _lacking(current: x509.Certificate, wanted: list) -> str:
    """Which host names an operator's certificate does not hold for, with or without a wildcard (RFC 6125 §6.4.3)."""
    present = {name.lower() for name in _alternatives(current).get_values_for_type(x509.DNSName)}
    asked = [name.value for name in wanted if isinstance(name, x509.DNSName)]
    lacking = [name for name in asked if not present & {name.lower(), "*." + name.lower().partition(".")[2]}]
    return f", but not for {', '.join(lacking)}: a PBX that verifies it cannot use these names" if lacking else ""


def _why_renew(current: x509.Certificate, folder: Path, names: list, now: dt.datetime) -> str:
    if current.not_valid_after_utc - now < dt.timedelta(days=RENEW_DAYS):
        return f"the last one ends on {current.not_valid_after_utc:%Y-%m-%d}"
    if set(_alternatives(current)) != set(names):
        return "the names of this node changed"
    if current.public_key() != _load_key(folder / "node.key").public_key():
        return "the last one did not match its key"
    return ""


def _alternatives(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:  # an operator's own may be so old that its common name is all it has
        return x509.SubjectAlternativeName([])


def _authority(folder: Path, now: dt.datetime) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    certificate_path, key_path = folder / "ca.crt", folder / "ca.key"
    if certificate_path.exists() and key_path.exists():
        ca = load(certificate_path)
        if ca.not_valid_after_utc - now > dt.timedelta(days=NODE_DAYS):
            return ca, _load_key(key_path)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # A serial in the name keeps two authorities apart in a client that trusts both.
    name = _name(f"Trunkline local CA {x509.random_serial_number() & 0xFFFFFFFF:08x}")
    certificate = (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_path, key)
    _write(certificate_path, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    return certificate, key


def _node_certificate(key, ca, ca_key, domain, names, now) -> x509.Certificate:
    return (
        # The common name holds 64 characters at most (RFC 5280 appendix A.1); clients read the alternative names.
        _builder(_name(domain[:64]), ca.subject, key.public_key(), now, NODE_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        # Also a client: we call PBXs over TLS.
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _builder(subject, issuer, public_key, now: dt.datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # a PBX whose clock is a little slow
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_encipherment=not authority,  # RSA key exchange, all that some TLS 1.0 clients can do
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _load_key(path: Path):
    try:
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CertificateError(
            f"{path} cannot be read as an unencrypted PEM key ({error}). Delete it and its certificate "
            "to have them made anew"
        ) from error


def _write_key(path: Path, key: rsa.RSAPrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, pem, 0o600)


def _write(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_suffix(path.suffix + ".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    os.replace(draft, path)

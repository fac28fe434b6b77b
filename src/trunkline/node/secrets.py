"""The secrets of a node, made at the first start: `secrets.json`, readable by root alone.

Nodes that serve the same customers carry copies of one file: a nonce or a dialog made by one of them must
be good on the others.
"""

import json
import os
import secrets as entropy
from dataclasses import asdict, dataclass, fields
from pathlib import Path


class SecretsError(Exception):
    """`secrets.json` is there but cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Each is random hex of 32 characters or more; `repr` shows none of them."""

    nonce: str  # keys the digest nonces
    mask: str  # keys the masks of topology hiding
    dialog: str  # keys the MAC that proves a dialog is ours
    dashboard: str  # keys what the dashboard signs

    def __repr__(self) -> str:
        return "Secrets(...)"


def ensure(path: Path) -> Secrets:
    """Read the secrets, making them where there are none. Raises SecretsError."""
    known = _read(path) if path.exists() else {}
    missing = [field.name for field in fields(Secrets) if field.name not in known]
    made = Secrets(**known, **{name: entropy.token_hex(32) for name in missing})
    if missing:
        _write(path, made)
    return made


def _write(path: Path, made: Secrets) -> None:
    # Complete before it has its name: a full disk or a crash must not leave half a file.
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        json.dump(asdict(made), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _read(path: Path) -> dict[str, str]:
    """What is kept; a file from before there was a dashboard lacks its secret, and no other may be missing."""
    text = path.read_text(encoding="ascii", errors="replace")
    try:
        known = json.loads(text)
        Secrets(**({"dashboard": ""} | known))
        if not all(isinstance(value, str) and len(value) >= 32 for value in known.values()):
            raise ValueError("a secret has less than 32 characters")
    except (ValueError, TypeError) as error:
        raise SecretsError(
            f"{path} is damaged ({error}). Put back a copy of it, or delete it to have new secrets made: "
            "calls in progress then cannot be ended from the far side"
        ) from error
    path.chmod(0o600)  # a copy brought from another node may have come with open permissions
    return known

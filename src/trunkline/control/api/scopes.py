"""What a key may do here: its scope bounds it, and through it nothing wider can be had.

A key lies in a PBX's configuration, where more people read it than should. So one of scope `calls` has no business
here; one of scope `manage` has the account's things, but neither its people nor a key that would; and one of scope
`owner`, which has, is no PBX's: the edge does not know it.
"""

from trunkline.control.api.problems import Problem
from trunkline.control.keys.models import MANAGE, OWNER, SCOPES, Key

OWNERS = ("users", "audit")  # the resources that take an owner's key


def needed(resource: str) -> str:
    return OWNER if resource in OWNERS else MANAGE


def check(key: Key, scope: str, what: str = "That") -> None:
    """Raises Problem for a key whose scope is narrower."""
    if SCOPES.index(key.scope) < SCOPES.index(scope):
        raise Problem("scope-too-narrow", f"{what} takes a key of scope {scope!r}, and this one has {key.scope!r}")


def check_not_wider(key: Key, other: Key) -> None:
    """Raises Problem for a key that would change one of a wider scope, or give it another secret."""
    check(key, other.scope, "To change that key")

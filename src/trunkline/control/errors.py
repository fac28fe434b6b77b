"""Errors of the control plane, in words for the person who has to act on them."""

import re

_NAME = re.compile(r"\S+[.:@]\S")  # a host name, an address or a URI in front is written as it is


def sentence(text: object) -> str:
    """The words of an error as a sentence: a capital in front, a full stop at the end; '' stays ''."""
    text = str(text).strip()
    first = text[:1] if _NAME.match(text) else text[:1].upper()
    return first + text[1:].rstrip(".") + "." if text else ""


class ServiceError(Exception):
    """Something cannot be done; the text says why, and what to do instead."""


class DatabaseUnavailable(ServiceError):
    """The database cannot be reached, is locked, or is not ours to use."""


class DatabaseLater(DatabaseUnavailable):
    """A later version has changed its tables."""


class DatabaseAway(DatabaseUnavailable):
    """Another machine's, or process's, that cannot be reached, or lets nobody in: it may be back any moment."""

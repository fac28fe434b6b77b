"""What a broken database is to a node."""

from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.contract.feed import Unavailable
from trunkline.control.database import plain_words
from trunkline.control.errors import DatabaseUnavailable


@contextmanager
def available() -> Iterator[None]:
    """Raise Unavailable for any trouble with the database, whose connection is made afresh next time."""
    try:
        with plain_words():
            yield
    except DatabaseUnavailable as error:
        raise Unavailable(str(error)) from error

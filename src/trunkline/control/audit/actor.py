"""On whose behalf this thread works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

USER, OPERATOR, KEY, COMMAND_LINE, TRUNKLINE = BY = ("user", "operator", "key", "command line", "trunkline")


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is the user's, the API key's or the operating system's; `address` where the request came from, '' when it
    came from no network; `acting_as` the account that an operator acts as."""

    by: str
    name: str = ""
    address: str = ""
    acting_as: str = ""


_current: ContextVar[Callable[[], Actor]] = ContextVar("actor", default=lambda: Actor(TRUNKLINE))


@contextmanager
def acting(actor: Actor | Callable[[], Actor]) -> Iterator[None]:
    """What is written within the block is this one's doing. A function is asked when something is written, for one
    that is not known before."""
    token = _current.set(actor if callable(actor) else lambda: actor)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Actor:
    return _current.get()()

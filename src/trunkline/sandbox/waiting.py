"""Waiting for a condition instead of for a while."""

import asyncio
from collections.abc import Callable

PATIENCE = 15.0  # s; for what comes at once unless something is wrong, on a machine that may be busy


class Changes:
    """Something whose changes others wait for: its owner calls `changed`, they call `until`."""

    def __init__(self):
        self._waiters: set[asyncio.Future] = set()

    def changed(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def until[T](self, condition: Callable[[], T], timeout: float, what: str | Callable[[], str]) -> T:
        """The first true value of `condition`, asked after every change; TimeoutError naming `what` after `timeout` s.

        An exception of the condition goes to the caller.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while not (value := condition()):
            waiter = loop.create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout_at(deadline):
                    await waiter
            except TimeoutError:
                name = what() if callable(what) else what
                raise TimeoutError(f"waited {timeout:g} s for {name}") from None
            finally:
                self._waiters.discard(waiter)
        return value

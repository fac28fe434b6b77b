"""Which endpoints answer OPTIONS from here, and how soon."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from trunkline.contract.endpoints import Endpoint
from trunkline.node import probes

TRIES = 3
AT_ONCE = 32  # questions in the air


@dataclass(frozen=True, slots=True)
class Measured:
    """`seconds` is the shortest round trip to the nearest of its addresses, None when none of them answered 200;
    `problem` then says why."""

    endpoint: Endpoint
    address: str
    seconds: float | None
    problem: str


def measure(endpoints: Iterable[Endpoint], timeout: float = probes.SECONDS) -> list[Measured]:
    """The nearest first; those that do not answer, or take no calls, last."""
    listed = list(endpoints)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda endpoint: _endpoint(endpoint, timeout), listed))
    return sorted(found, key=lambda one: float("inf") if one.seconds is None else one.seconds)


def _endpoint(endpoint: Endpoint, timeout: float) -> Measured:
    found = [_address(endpoint, address, timeout) for address in endpoint.addresses]
    return min(found, key=lambda one: float("inf") if one.seconds is None else one.seconds)


def _address(endpoint: Endpoint, address: str, timeout: float) -> Measured:
    seconds, problem = [], ""
    for _ in range(TRIES):
        try:
            code, took = probes.sip_round_trip(address, endpoint.port, timeout)
        except probes.Silent as error:
            problem = str(error)
            continue
        if code == 200:
            seconds.append(took)
        else:
            problem = f"it answers {code}" + (": it takes no new calls" if code == 503 else "")
    return Measured(endpoint, address, min(seconds, default=None), "" if seconds else problem)

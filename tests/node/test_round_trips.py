"""Round trips of OPTIONS, to user agents that answer late, refuse, or are not there."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest

from trunkline.contract.endpoints import Endpoint
from trunkline.node.nearest import measure


@contextmanager
def answering(address, status, delay):
    """A user agent that answers everything so, until the end of the block; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    request, sender = server.recvfrom(65535)
                except TimeoutError:
                    continue
                time.sleep(delay)
                head, _, rest = request.decode().partition("\r\n")
                assert head.startswith("OPTIONS sip:")
                server.sendto(f"SIP/2.0 {status} Words\r\n{rest}".encode(), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


@pytest.fixture
def taken(addresses):
    held = []

    def take():
        held.append(addresses.take())
        return held[-1]

    yield take
    for address in held:
        addresses.give_back(address)


def endpoint(name, port, *addresses):
    return Endpoint(name, f"{name}.example", "", None, None, "default", addresses, port, 5061, (), (), 10)


def test_the_soonest_answer_is_first_and_who_takes_no_calls_last(taken):
    near, far, draining, silent = (taken() for _ in range(4))
    with answering(near, 200, 0) as a, answering(far, 200, 0.15) as b, answering(draining, 503, 0) as c:
        wanted = [
            endpoint("d", c, draining),
            endpoint("far", b, far),
            endpoint("s", 9, silent),
            endpoint("near", a, near),
        ]
        ordered = measure(wanted, timeout=1.0)
    assert [one.endpoint.name for one in ordered][:2] == ["near", "far"]
    found = {one.endpoint.name: one for one in ordered}
    assert found["far"].seconds >= 0.15 > found["near"].seconds
    assert (found["d"].seconds, found["s"].seconds) == (None, None)
    assert "503: it takes no new calls" in found["d"].problem
    assert "cannot be reached" in found["s"].problem


def test_of_two_addresses_the_one_that_answers_counts(taken):
    dead, alive = taken(), taken()
    with answering(alive, 200, 0) as port:
        [one] = measure([endpoint("one", port, dead, alive)], timeout=1.0)
    assert one.address == alive
    assert one.seconds is not None

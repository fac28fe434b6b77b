"""rtpengine's NG protocol."""

import socket
import threading

import pytest

from trunkline.node.ng import Relay
from trunkline.node.probes import Silent


@pytest.fixture
def engine():
    """A socket in rtpengine's place, and a relay that asks it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        relay = Relay(listening.getsockname()[1], timeout=0.3)
        yield listening, relay
        relay.close()


def answer(listening, *bodies):
    def work():
        question, sender = listening.recvfrom(65535)
        cookie = question.partition(b" ")[0]
        for body in bodies:
            listening.sendto(body.replace(b"COOKIE", cookie), sender)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_late_answer_to_another_question_is_skipped(engine):
    listening, relay = engine
    thread = answer(listening, b'0011 {"result":"other"}', b'COOKIE {"result":"pong"}')
    assert relay.ask("ping") == {"result": "pong"}
    thread.join()


@pytest.mark.parametrize("bodies", [(), (b'COOKIE {"result"',), (b"COOKIE []",), (b"COOKIE \xff",)])
def test_silence_and_nonsense(engine, bodies):
    listening, relay = engine
    thread = answer(listening, *bodies)
    with pytest.raises(Silent):
        relay.ask("ping")
    thread.join()


def test_a_relay_that_is_not_there():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = Relay(port)
    with pytest.raises(Silent):
        relay.ask("ping")
    relay.close()

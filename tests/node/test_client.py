"""Requests to our own edge: each is repeated until it is answered, and nothing is waited for."""

import socket

import pytest

from trunkline.node.bye import Bye
from trunkline.node.client import GIVEN_UP, Client

BYE = Bye("BYE sip:a@192.0.2.1 SIP/2.0", "Call-ID: c\r\n")


class Scene:
    def __init__(self):
        self.edge = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.edge.bind(("127.0.0.1", 0))
        self.edge.settimeout(0.2)
        self.now = 0.0
        self.client = Client(*self.edge.getsockname(), clock=lambda: self.now)

    def received(self) -> list[bytes]:
        found = []
        try:
            while True:
                data, self.sender = self.edge.recvfrom(65535)
                found.append(data)
        except TimeoutError:
            return found

    def at(self, now: float) -> list[bytes]:
        self.now = now
        self.client.repeat()
        return self.received()

    def answer(self, status: str, request: bytes) -> None:
        via = next(line for line in request.split(b"\r\n") if line.startswith(b"Via"))
        self.edge.sendto(f"SIP/2.0 {status}\r\n".encode() + via + b"\r\n\r\n", self.sender)


@pytest.fixture
def scene():
    made = Scene()
    yield made
    made.client.close()
    made.edge.close()


def test_it_is_repeated_ever_more_rarely_and_given_up_in_the_end(scene):
    scene.client.send(BYE)
    (first,) = scene.received()
    assert first.startswith(b"BYE sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:")
    assert first.endswith(b"Call-ID: c\r\n\r\n")
    sent = [now for now in (0.4, 0.5, 1.4, 1.5, 3.4, 3.5, 7.5, 11.5, 15.5) if scene.at(now)]
    assert sent == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5]
    assert scene.at(GIVEN_UP + 1) == []
    assert scene.client.waiting == 0


@pytest.mark.parametrize(("status", "left"), [("100 Trying", 1), ("200 OK", 0), ("481 No", 0), ("503 No", 0)])
def test_a_final_response_ends_it(scene, status, left):
    scene.client.send(BYE)
    scene.client.send(BYE)
    first, _ = scene.received()
    scene.answer(status, first)
    scene.edge.sendto(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK00\r\n\r\n", scene.sender)
    scene.edge.sendto(b"what", scene.sender)
    scene.client.repeat()
    assert scene.client.waiting == 1 + left


def test_what_no_datagram_holds_is_said_once_and_not_repeated(scene, caplog):
    scene.client.send(Bye(BYE.start, f"Route: {'x' * 70_000}\r\n"))
    assert scene.client.waiting == 0
    assert [record.getMessage()[:14] for record in caplog.records] == ["a request of 7"]
    scene.at(0.5)
    assert len(caplog.records) == 1


def test_an_edge_that_is_away_costs_nothing(scene):
    scene.edge.close()
    scene.client.send(BYE)
    for now in (0.5, 1.5):
        scene.now = now
        scene.client.repeat()
    assert scene.client.waiting == 1

"""Digits put into a call by rtpengine's NG protocol."""

import socket
import threading

import pytest

from harness.polling import PATIENCE
from trunkline.edge.injector import Injector

UNKNOWN = b"d12:error-reason15:Unknown call-id6:result5:errore"
EARLY = b"d12:error-reason42:No SSRC context present for DTMF injection6:result5:errore"
PLAYED = b"d6:result2:oke"


@pytest.fixture
def relay():
    """Makes a relay that gives these answers, one to each request: (port, the requests that came)."""
    sockets, threads = [], []

    def make(*answers: bytes):
        opened, came = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), []
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(PATIENCE)

        def serve():
            for answer in answers:
                request, sender = opened.recvfrom(2000)
                came.append(request)
                opened.sendto(request.partition(b" ")[0] + b" " + answer, sender)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        sockets.append(opened)
        return opened.getsockname()[1], came

    yield make
    for thread in threads:
        thread.join()
    for opened in sockets:
        opened.close()


def test_a_digit_is_one_bencoded_datagram(relay):
    port, came = relay(PLAYED, PLAYED)
    injector = Injector((1, port))
    assert injector.play("c@1", "t1", "#", 160) == "played"
    assert injector.play("c@1", "t1", "#", 160) == "played"
    first, second = came
    cookie, _, body = first.partition(b" ")
    assert cookie != second.partition(b" ")[0]  # a cookie that was used before is answered as it was then
    assert body == (
        b"d7:call-id3:c@14:code1:#7:command9:play DTMF8:durationi160e8:from-tag2:t15:pausei100ee"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "fate"), [((UNKNOWN, EARLY), "early"), ((UNKNOWN, PLAYED), "played"), ((UNKNOWN, UNKNOWN), "lost")]
)
def test_the_relay_that_has_the_call_tells_its_fate(relay, answers, fate):
    ports = tuple(relay(answer)[0] for answer in answers)
    assert Injector(ports).play("c@1", "t1", "#", 160) == fate


def test_relays_that_are_silent_have_lost_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        assert Injector((1, silent.getsockname()[1])).play("c@1", "t1", "#", 160) == "lost"

"""Digits put into a call by rtpengine's NG protocol."""

import socket

from trunkline.edge.injector import Injector


def test_a_digit_is_one_bencoded_datagram_to_each_relay():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(2)
        port = relay.getsockname()[1]
        injector = Injector((1, port))
        injector.play("c@1", "t1", "#", 160)
        injector.play("c@1", "t1", "#", 160)
        first, second = relay.recv(2000), relay.recv(2000)
    cookie, _, body = first.partition(b" ")
    assert cookie != second.partition(b" ")[0]  # a cookie that was used before is answered as it was then
    assert body == (
        b"d7:call-id3:c@14:code1:#7:command9:play DTMF8:durationi160e8:from-tag2:t15:pausei100ee"
    )  # fmt: skip

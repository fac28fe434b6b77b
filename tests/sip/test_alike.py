"""Descriptions that differ in session and port alone."""

import pytest

from trunkline.edge import answers, offers
from trunkline.edge.media import Abilities, Writer
from trunkline.sip import alike, sdp

HOME = "203.0.113.9"
PARTY = Writer(HOME, believed=True)
ABLE = Abilities(("PCMA/8000", "PCMU/8000"), "4")


def body(session="17 1", port="4000", address=HOME, origin="pbx", after=""):
    head = f"v=0\r\no={origin} {session} IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    return f"{head}m=audio {port} RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n{after}"


def test_what_is_common_is_the_same_and_what_differs_comes_back():
    one, other = alike.split(body("17 1", "4000")), alike.split(body("4294967296 99", "65535"))
    assert one[0] == other[0]
    assert one[1:] == ("17 1", "4000")
    assert other[1:] == ("4294967296 99", "65535")
    assert alike.split(body(address="203.0.113.10"))[0] != one[0]


@pytest.mark.parametrize(
    "text",
    [
        body(after="m=video 0 RTP/AVP 31\r\n"),
        body(after="a=x\rm=image 4002 udptl t38\r\n"),
        body(after="a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"),
        body(after="a=x:" + "y" * alike.LONGEST),
        body(port="0"),
        body(port="65536"),
        body(session="17 x"),
        body(session="1 " + "1" * 20),
        "",
    ],
)
def test_what_a_reader_must_judge_itself_is_left_to_it(text):
    assert alike.split(text) is None


@pytest.mark.parametrize("session", ["17 1", "1 1", "0 0", "9999999999999999999 007"])
@pytest.mark.parametrize("port", ["9", "1", "4000", "65535"])
@pytest.mark.parametrize("origin", ["pbx", "-", "o=-"])
def test_a_remembered_description_is_read_as_any_other(session, port, origin):
    text = body(session, port, origin=origin)
    assert alike.split(text)
    read = sdp.parse(text)
    made = offers.read(text, PARTY, ABLE)
    assert made.sdp == read.text(read.audio.payloads)
    assert answers.read(text, PARTY, ABLE, made).sdp == made.sdp


def test_what_is_wrong_is_said_in_the_words_of_the_text_itself():
    with pytest.raises(sdp.SdpError, match="loopback"):
        offers.read(body(address="127.0.0.1"), PARTY, ABLE)
    with pytest.raises(sdp.SdpError, match="m=audio 4000 RTP/AVP"):
        offers.read(body().replace("RTP/AVP 8 101", "RTP/AVP \x01"), PARTY, ABLE)


def test_who_writes_it_makes_a_difference():
    text = body(address="203.0.113.77")
    believed = offers.read(text, PARTY, ABLE)
    assert "c=IN IP4 203.0.113.77\r\n" in believed.sdp
    assert f"c=IN IP4 {HOME}\r\n" in offers.read(text, Writer(HOME, believed=False), ABLE).sdp

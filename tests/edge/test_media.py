"""What a description may say, and which part of offer and answer a message holds."""

import pytest

from trunkline.edge.media import anonymous, has_our_codec, reply_step, request_step

TELLING = (
    "v=0\r\no=FreeSWITCH 17 1 IN IP4 192.0.2.1\r\ns=PBX 1\r\ni=The office\r\nu=http://pbx.example\r\ne=a@pbx.example\r\n"
    "p=+44\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=tool:libpbx 1.2\r\nm=audio 4000 RTP/AVP 8\r\n"
    "a=ssrc:1 cname:a@pbx.example\r\na=X-nat:0 full\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
)
PLAIN = (
    "v=0\r\no=- 17 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=ptime:20\r\na=sendrecv\r\n"
)


def test_a_description_loses_the_names_in_it():
    assert anonymous(TELLING) == PLAIN
    assert anonymous(PLAIN) == PLAIN


@pytest.mark.parametrize(
    ("lines", "has"),
    [
        ("m=audio 4000 RTP/AVP 8", True),
        ("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 iLBC/8000", True),
        ("m=audio 4000 RTP/SAVP 96 0", True),
        ("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 SPEEX/16000", True),
        ("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 speex/8000", False),
        ("m=audio 4000 RTP/AVP 96\r\na=rtpmap:0 PCMU/8000", False),
        ("m=audio 4000 RTP/AVP 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000", False),
        ("m=image 4000 udptl t38", False),
        ("m=video 4000 RTP/AVP 8", False),
    ],
)
def test_an_offer_must_have_a_codec_of_ours(lines, has):
    assert has_our_codec(f"v=0\r\n{lines}\r\n") is has


@pytest.mark.parametrize(
    ("method", "invite_offered", "step"),
    [("INVITE", True, "offer"), ("UPDATE", False, "offer"), ("ACK", False, "answer"), ("PRACK", True, "offer"),
     ("PRACK", False, "answer"), ("INFO", True, None), ("BYE", True, None)],
)  # fmt: skip
def test_what_the_sdp_of_a_request_is(method, invite_offered, step):
    assert request_step(method, invite_offered) == step


@pytest.mark.parametrize(
    ("code", "request_offered", "step"),
    [(183, True, "answer"), (200, True, "answer"), (200, False, "offer"), (486, True, None), (100, True, None)],
)
def test_what_the_sdp_of_a_response_is(code, request_offered, step):
    assert reply_step(code, request_offered) == step

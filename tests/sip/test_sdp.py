"""Descriptions, read with suspicion."""

import contextlib

import pytest

from trunkline.sip import sdp
from trunkline.sip.sdp import SdpError, parse

HEAD = "v=0\r\no=- 17 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
TELLING = (
    "v=0\r\no=FreeSWITCH 17 1 IN IP4 192.0.2.9\r\ns=PBX 1\r\ni=The office\r\nu=http://pbx.example\r\ne=a@pbx.example\r\n"
    "p=+44\r\nc=IN IP4 192.0.2.1\r\nb=AS:64\r\nt=0 0\r\na=tool:libpbx 1.2\r\na=sendonly\r\n"
    "m=audio 4000 RTP/AVP 8 0 97 101 13\r\na=ssrc:1 cname:a@pbx.example\r\na=X-nat:0 full\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=candidate:1 1 UDP 1 10.0.0.1 4000 typ host\r\na=rtcp:4001 IN IP4 10.0.0.1\r\na=rtpmap:97 opus/48000/2\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:30\r\na=maxptime:60\r\n"
)
PLAIN = (
    "v=0\r\no=- 17 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
    "a=ptime:30\r\na=maxptime:60\r\na=sendonly\r\n"
)


def again(text):
    description = parse(text)
    return description.text(description.audio.payloads)


def test_all_that_is_not_needed_is_forgotten():
    assert again(TELLING) == PLAIN
    assert again(PLAIN) == PLAIN


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("m=audio 4000 RTP/AVP 18 9 8 0", ["G729/8000", "G722/8000", "PCMA/8000", "PCMU/8000"]),
        ("m=audio 4000 RTP/AVP 96 97\na=rtpmap:96 ILBC/8000\na=rtpmap:97 SPEEX/16000/1", ["iLBC/8000", "speex/16000"]),
        ("m=audio 4000 RTP/SAVP 0 0 0", ["PCMU/8000"]),
        ("m=audio 4000 RTP/AVP 96\na=rtpmap:96 speex/8000", []),
        ("m=audio 4000 RTP/AVP 96\na=rtpmap:0 PCMU/8000", []),
        ("m=audio 4000 RTP/AVP 0\na=rtpmap:0 opus/48000/2", []),
        ("m=audio 4000 RTP/AVP 18 96\na=rtpmap:18 G729a/8000\na=rtpmap:96 G729A/8000/1", ["G729/8000", "G729/8000"]),
        ("m=audio 4000 RTP/AVP 9\na=rtpmap:9 G722/16000", ["G722/8000"]),
        ("m=audio 4000 RTP/AVP 96\na=rtpmap:96 G722/16000", []),
        ("m=audio  4000 RTP/AVP  0  8\na=rtpmap: 0  PCMU/8000", ["PCMU/8000", "PCMA/8000"]),
        ("m=audio 4000 RTP/AVP 200\na=rtpmap:200 PCMA/8000", []),
        ("m=audio 4000 RTP/AVP 72 76 0\na=rtpmap:72 PCMA/8000\na=rtpmap:76 G722/8000", ["PCMU/8000"]),
    ],
)
def test_codecs_are_known_by_number_or_name(lines, names):
    assert parse(HEAD + lines).audio.codecs == names


def test_the_first_usable_audio_is_the_one_and_others_are_refused_in_place():
    lines = (
        "m=video 5000 RTP/AVP 96 97\r\nm=audio 0 RTP/AVP 8\r\nm=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 8\r\n"
        "m=application 9 UDP/BFCP *\r\nm=image 4004 udptl t38\r\n"
    )
    description = parse(HEAD + lines)
    assert description.audio.port == 4000
    assert description.streams == (
        "m=video 0 RTP/AVP 96", "m=audio 0 RTP/AVP 8", "", "m=audio 0 RTP/AVP 8", "m=application 0 UDP/BFCP *",
        "m=image 0 udptl t38",
    )  # fmt: skip


KEY = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}\r\n"
RTP, SRTP, KEYLESS = (
    "m=audio 4000 RTP/AVP 8\r\n",
    f"m=audio 4002 RTP/SAVP 8\r\n{KEY}",
    "m=audio 4004 UDP/TLS/RTP/SAVPF 8\r\n",
)


@pytest.mark.parametrize(
    ("streams", "secure", "port"),
    [
        ((RTP, SRTP), None, 4000),
        ((SRTP, RTP), None, 4002),
        ((RTP, SRTP), True, 4002),
        ((SRTP, RTP), False, 4000),
        ((KEYLESS, RTP), None, 4000),
        ((KEYLESS, SRTP), True, 4002),
        ((KEYLESS, RTP), True, 4004),  # none is what is wanted: the first is refused, in words
        ((RTP,), True, 4000),
    ],
)
def test_of_srtp_and_rtp_in_two_streams_the_one_that_can_be_had_is_taken(streams, secure, port):
    description = parse(HEAD + "".join(streams), secure=secure)
    assert description.audio.port == port
    assert [bool(refused) for refused in description.streams] == [str(port) not in stream for stream in streams]


@pytest.mark.parametrize("profile", ["TCP/RTP/AVP", "TCP/TLS/RTP/SAVP", "udptl", "RTP/AVPX"])
def test_audio_that_is_no_rtp_over_udp_is_not_carried(profile):
    assert parse(f"{HEAD}m=audio 4000 {profile} 0\r\n").audio is None


def test_the_address_and_direction_of_the_stream_win():
    audio = parse(HEAD + "a=sendonly\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.7\r\na=inactive\r\n").audio
    assert audio.address == "192.0.2.7"
    assert audio.attributes == ("a=inactive",)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", 400, "v=0"),
        ("nonsense", 400, "type=value"),
        ("v=1\r\n", 400, "v=0"),
        (HEAD, 400, "no media stream"),
        (HEAD + "m=audio\r\n", 400, "m= line"),
        (HEAD + "m=audio 4000 RTP/AVP\r\n", 400, "m= line"),
        (HEAD + "m=audio -1 RTP/AVP 8\r\n", 400, "m= line"),
        (HEAD + "m=audio 70000 RTP/AVP 8\r\n", 400, "70000"),
        (HEAD + "m=audio 4000 RTP/AVP " + " ".join(map(str, range(2000))), 400, "2000 formats"),
        (HEAD + "m=audio 4000 RTP/AVP 8\r\n" * 17, 400, "17 media streams"),
        (HEAD + "m=audio 4000 RTP/AVP 8\r\na=rtpmap:x y\r\n", 400, "rtpmap"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN"), 400, "no media"),
        (HEAD.replace("c=IN IP4 192.0.2.1", "c=IN") + "m=audio 4000 RTP/AVP 8\r\n", 400, "c= line"),
        (HEAD.replace("c=IN IP4 192.0.2.1\r\n", "") + "m=audio 4000 RTP/AVP 8\r\n", 400, "no connection"),
        (HEAD.replace("o=- 17 1", "o=-") + "m=audio 4000 RTP/AVP 8\r\n", 400, "origin"),
        (HEAD + "a=x\r\n" * 5000, 413, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(text, code, words):
    with pytest.raises(SdpError) as caught:
        parse(text)
    assert caught.value.code == code
    assert words in caught.value.words


def test_odd_but_readable():
    text = (HEAD + "m=audio 4000 RTP/AVP 8\r\na=sendrecv \r\n\r\n").replace("\r\n", "\n")
    text = text.replace("s=-", "s=B\xfcro\x85").replace("17 1", "0x17 2026-01")
    assert parse(text).audio.attributes == ("a=sendrecv",)
    assert parse(text).session == "017 202601"


@pytest.mark.parametrize("line", ["a=ptime:\x0020", "a=ptime:20\x85m=audio 1 RTP/AVP 8", "a=fmtp:8 \u2028x"])
def test_what_is_no_plain_text_does_not_go_on(line):
    stream = f"{HEAD}m=audio 4000 RTP/AVP 8\r\n"
    assert again(f"{stream}{line}\r\n") == f"{stream}a=rtpmap:8 PCMA/8000\r\n"


@pytest.mark.parametrize("value", ["1", "9", "201", "0", "-20", "20.5", "65536000", "020", "abc", ""])
@pytest.mark.parametrize("name", ["ptime", "maxptime"])
def test_a_packet_time_that_no_audio_has_does_not_go_on(name, value):
    stream = f"{HEAD}m=audio 4000 RTP/AVP 8\r\n"
    assert parse(f"{stream}a={name}:{value}\r\n").audio.attributes == ()
    for kept in ("10", "60", "200"):
        assert parse(f"{stream}a={name}:{kept}\r\n").audio.attributes == (f"a={name}:{kept}",)


def test_nothing_that_is_thrown_at_it_is_any_other_error():
    for cut in range(0, len(TELLING), 3):
        for text in (TELLING[:cut], TELLING[cut:], TELLING[:cut] + "\0\xff" + TELLING[cut:]):
            with contextlib.suppress(SdpError):
                sdp.parse(text)


def test_a_crypto_line_is_one_however_it_is_written():
    text = PLAIN.replace("a=ptime:30", "a=CRYPTO:1\tAES_CM_128_HMAC_SHA1_80\tinline:abcd")
    assert "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd" in parse(text).audio.attributes

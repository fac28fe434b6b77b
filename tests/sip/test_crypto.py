from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.sip import srtp

KEY = b64encode(bytes(range(30))).decode()
LINE = f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"


def description(*lines, profile="RTP/SAVP", before="", after=""):
    crypto = "".join(f"a=crypto:{line}\r\n" for line in lines)
    return f"v=0\r\ns=-\r\nt=0 0\r\n{before}m=audio 4000 {profile} 8 101\r\n{crypto}a=sendrecv\r\n{after}"


@pytest.mark.parametrize(
    ("profile", "secure"),
    [
        ("RTP/AVP", False),
        ("RTP/AVPF", False),
        ("RTP/SAVP", True),
        ("rtp/savpf", True),
        ("UDP/TLS/RTP/SAVPF", True),
        ("", False),
    ],
)
def test_the_profile_says_whether_audio_is_encrypted(profile, secure):
    assert srtp.is_secure(description(LINE, profile=profile)) is secure


@pytest.mark.parametrize(
    "lines",
    [
        (LINE,),
        (f"1 aes_cm_128_hmac_sha1_80 inline:{KEY}|2^20|1:4",),
        (f"1 AES_256_CM_HMAC_SHA1_80 inline:{b64encode(bytes(46)).decode()}", f"  2   {LINE[2:]}"),
        ("1 AEAD_AES_128_GCM inline:xx", LINE),
        (f"{LINE} KDR=0 WSH=128",),
    ],
)
def test_what_can_be_used(lines):
    assert srtp.problem(description(*lines)) == ""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((), "without a key"),
        ((LINE.replace("80", "32"),), "no crypto line has the suite AES_CM_128_HMAC_SHA1_80"),
        (("AES_CM_128_HMAC_SHA1_80",), "no crypto line"),
        ((LINE.replace(KEY, KEY[4:]),), "has 27 octets"),
        ((LINE.replace(KEY, KEY + "AAAA"),), "has 33 octets"),
        ((LINE.replace(KEY, KEY[1:]),), "not base64"),
        ((LINE.replace("inline:", "uri:"),), "cannot be read"),
        ((f"{LINE}|2^20|1:4;inline:{KEY}|2^20|2:4",), "cannot be read"),
        ((f"{LINE} UNENCRYPTED_SRTCP",), "asks for UNENCRYPTED_SRTCP"),
        ((f"{LINE} KDR=4",), "asks for KDR,"),
        ((LINE, LINE.replace(KEY, KEY[4:])), "has 27 octets"),
    ],
)
def test_what_cannot_be_used_and_why(lines, words):
    assert words in srtp.problem(description(*lines))


def test_dtls_is_refused_by_its_name():
    assert "DTLS" in srtp.problem(description(LINE, profile="UDP/TLS/RTP/SAVP"))


def test_the_key_of_another_stream_does_not_count():
    video = f"m=video 4002 RTP/SAVP 96\r\na=crypto:{LINE}\r\n"
    assert "without a key" in srtp.problem(description(after=video))
    assert "without a key" in srtp.problem(description(before=video))


@given(st.text(max_size=200))
def test_any_text_is_judged(text):
    assert isinstance(srtp.problem(description(text)), str)
    assert srtp.problem(text)
    assert isinstance(srtp.is_secure(text), bool)

import pytest

from trunkline.sip import header

HEAD = "OPTIONS sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nf: <sip:a@b>;\r\n tag=1\r\nTO : <sip:x@y>\r\ni: 1\r\n"
HEAD += "Contact: <sip:a@192.0.2.1>\r\nCSeq: 1 OPTIONS\r\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("m=audio 40000 RTP/AVP 0", "is not a header field: 'm=audio 40000 RTP/AVP 0'"),
        ("Two words: x", "is not a header field: 'Two words: x'"),
        (": x", "is not a header field"),
        ("", "is not a header field: ''"),
        ("x" * 99, f"is not a header field: '{'x' * 32}'"),
        ("C%6Fntact: x", "not read here: 'C%6Fntact'"),
        ("Content-Length: 1\r\nl: 1", "more than one Content-Length"),
        ("Content-Length: -1", "Content-Length is not a number"),
        ("L : zero", "Content-Length is not a number"),
        ("l: 0\r\nDate: never", "cannot be read"),
    ],
)
def test_why_a_header_cannot_be_read(line, words):
    assert words in header.fault(HEAD + line)


def test_what_a_response_takes_over_stays():
    kept = header.answerable(HEAD + "no field\r\nC%6Fntact: x")
    assert kept == HEAD.replace("Contact: <sip:a@192.0.2.1>\r\n", "") + "Content-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("line", "scheme"),
    [
        ("OPTIONS sip:x@y SIP/2.0", ""),
        ("OPTIONS SIPS:x@y SIP/2.0", ""),
        ("INVITE tel:+447700900000 SIP/2.0", ""),
        ("OPTIONS  soap.beep://192.0.2.1 SIP/2.0", "soap.beep"),
        ("OPTIONS <sip:x@y> SIP/2.0", ""),
        ("OPTIONS x SIP/2.0\r\nTo: mailto:x@y", ""),
    ],
)
def test_the_scheme_of_a_request_uri(line, scheme):
    assert header.foreign_scheme(line) == scheme


def test_what_is_a_token():
    assert header.is_token("100rel")
    assert not any(map(header.is_token, ("", "a b", "a\r\nb", "é")))

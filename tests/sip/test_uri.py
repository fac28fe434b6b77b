"""SIP URIs: what is read, what is refused and why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.sip.uri import SipUri, UriError, parse


def test_the_parts():
    uri = parse("sip:%31234@Example.COM.:5062;transport=TLS;lr")
    assert uri == SipUri("sip", "%31234", "example.com", 5062, (("transport", "TLS"), ("lr", None)))
    assert uri.parameter("lr") == ""
    assert uri.parameter("maddr") is None
    assert str(uri.without("lr")) == "sip:%31234@example.com:5062;transport=TLS"


@pytest.mark.parametrize(
    "text",
    ["sip:1234@example.com", "sip:example.com", "sips:a@[2001:db8::1]:5061", "sip:a;b=c@10.0.0.1;x=%20", "sip:a,b@c.d"],
)
def test_written_back_as_read(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "does not start with 'sip:'"),
        ("1234@example.com", "does not start with 'sip:'"),
        ("http://example.com", "does not start with 'sip:'"),
        ("sip:@example.com", "nothing before the '@'"),
        ("sip:1234@", "no host"),
        ("sip:a b@example.com", "a blank"),
        ('sip:"a"@example.com', "a quote"),
        ("<sip:a@example.com>", "angle bracket"),
        ("sip:ü@example.com", "outside ASCII"),
        ("sip:a@ex_ample.com", "not a host name"),
        ("sip:a@-example.com", "not a host name"),
        ("sip:a@300.1.1.1", "not an IPv4 address"),
        ("sip:a@[::g]", "not of the form"),
        ("sip:a@[1::2::3]", "not an IPv6 address"),
        ("sip:a@example.com:0", "not a port"),
        ("sip:a@example.com:65536", "not a port"),
        ("sip:a@example.com:", "not a port"),
        ("sip:a@example.com;=x", "not a parameter"),
        ("sip:a@example.com;x=1;X=2", "there twice"),
        ("sip:a@example.com?Subject=hi", "header fields"),
        ("sip:a%zz@example.com", "must be written as %XX"),
        ("sip:a@example.com\r\nX: y", "a blank"),
    ],
)
def test_refused_in_words(text, problem):
    with pytest.raises(UriError, match=None) as error:
        parse(text)
    assert problem in str(error.value)


@given(st.text(max_size=80) | st.text(max_size=60).map("sip:".__add__))
def test_any_text_is_read_or_refused(text):
    try:
        uri = parse(text)
    except UriError:
        return
    assert parse(str(uri)) == uri

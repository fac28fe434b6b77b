import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trunkline.sandbox.message import Address, Framer, ParseError, Request, Response, parse, split_list

INVITE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/TCP b;branch=z9hG4bK2\r\n"
    b'f: "A, \\"B\\"" <sip:a@x;user=phone>;tag=t1\r\nt: sip:b@y;tag=t2\r\ni: id\r\nCSeq: 7 INVITE\r\n'
    b"Subject: one\r\n two\r\nl: 4\r\n\r\nbodyrest"
)


def test_lenient_reading():
    message = parse(INVITE)
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.call_id, message.cseq) == (
        "INVITE", "sip:bob@example.com", "id", (7, "INVITE"),
    )  # fmt: skip
    assert [via.split(";")[0] for via in message.values("Via")] == ["SIP/2.0/UDP a", "SIP/2.0/TCP b"]
    assert (message.branch, message.sent_by, message.tag("From"), message.tag("To")) == ("z9hG4bK1", "a", "t1", "t2")
    assert (message.get("subject"), message.body) == ("one two", b"body")
    assert Address.parse(message.get("From")).uri == "sip:a@x;user=phone"


def test_warning_text():
    response = parse(b'SIP/2.0 404 Not Found\r\nWarning: 399 edge "say \\"why\\", please"\r\n\r\n')
    assert isinstance(response, Response)
    assert (response.code, response.reason, response.warning) == (404, "Not Found", 'say "why", please')


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"INVITE sip:a SIP/2.0\r\n", "no empty line"),
        (b"GET / HTTP/1.1\r\n\r\n", "neither a request line"),
        (b"BYE sip:a SIP/2.0\r\nnonsense\r\n\r\n", "not a header"),
        (b"BYE sip:a SIP/2.0\r\nl: x\r\n\r\n", "Content-Length"),
        (b"BYE sip:a SIP/2.0\r\nl: 5\r\n\r\nabc", "the body has 3"),
    ],
)
def test_what_is_no_message(data, problem):
    with pytest.raises(ParseError, match=problem):
        parse(data)


def test_headers_are_written_as_they_are():
    request = Request("OPTIONS", "sip:a", headers=[("vIA", "x"), ("Content-Length", "99")], body=b"short")
    assert bytes(request) == b"OPTIONS sip:a SIP/2.0\r\nvIA: x\r\nContent-Length: 99\r\n\r\nshort"
    request.set("v", "y")
    request.remove("content-length")
    assert bytes(request) == b"OPTIONS sip:a SIP/2.0\r\nv: y\r\nContent-Length: 5\r\n\r\nshort"


@given(st.binary(max_size=300))
@example(INVITE)
@example(b'SIP/2.0 999 \xff\r\nVia: \xfe,<,"\r\nTo: <<>>;;=;tag\r\nWarning: "\\\r\n\r\n')
def test_any_bytes_are_a_message_or_a_parse_error(data):
    try:
        message = parse(data)
    except ParseError:
        return
    for name in ("Via", "To", "Contact", "Warning"):
        message.values(name), message.tag(name)
    assert message.cseq[0] >= 0
    assert bytes(message)


headers = st.lists(
    st.tuples(
        st.sampled_from(["Via", "X-One", "m", "Route"]),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp", "Cf"]), max_size=20),
    )
)


@given(headers, st.binary(max_size=100))
def test_what_was_written_is_read_again(pairs, body):
    message = parse(bytes(Request("INFO", "sip:a@b", headers=list(pairs), body=body)))
    assert message.headers[:-1] == pairs
    assert message.body == body


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4), st.integers(1, 50))
def test_a_stream_is_cut_at_the_same_places_however_it_arrives(bodies, size):
    messages = [bytes(Request("INFO", "sip:a", headers=[("i", str(n))], body=b)) for n, b in enumerate(bodies)]
    stream = b"\r\n\r\n".join(messages)
    framer, found = Framer(), []
    for start in range(0, len(stream), size):
        found += framer.feed(stream[start : start + size])
    assert found == messages


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_any_stream_is_cut_or_refused(pieces):
    framer = Framer()
    try:
        for piece in pieces:
            framer.feed(piece)
    except ParseError:
        return


def test_a_stream_without_end_is_refused():
    with pytest.raises(ParseError, match="more than"):
        Framer().feed(b"a" * (1 << 21))


@given(st.text(max_size=100))
def test_addresses_and_lists_never_raise(text):
    Address.parse(text)
    split_list(text)

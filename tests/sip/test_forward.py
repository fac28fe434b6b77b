"""The *Forward to SIP* text, as the page describes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.sip.forward import ForwardError, ForwardTarget, canonical, parse


def test_the_examples_of_the_page():
    one = ForwardTarget("sip:1234@example.com", "1234", "example.com", 0, "udp", 5000, "")
    assert parse("sip:1234@example.com") == [one]
    hosts = [t.host for t in parse("sip:1234@example.com,sip:1234@example.net,sip:1234@example.org")]
    assert hosts == ["example.com", "example.net", "example.org"]
    assert [t.timeout_ms for t in parse("sip:1234@example.com;timeout=2000,sip:1234@example.net")] == [2000, 5000]
    tls = parse("sip:1234@example.com;transport=tls")[0]
    assert (tls.transport, tls.port, tls.uri) == ("tls", 0, "sip:1234@example.com")
    assert parse("sip:1234@example.com:5062;transport=tls")[0].port == 5062


def test_blanks_beside_commas_and_an_empty_text():
    assert len(parse(" sip:a@b.c , sip:d@e.f ")) == 2
    assert parse("  ") == []


def test_a_comma_in_a_user_part_is_no_separator():
    assert [t.user for t in parse("sip:a,b@c.d,sip:e@f.g")] == ["a,b", "e"]


def test_our_parameters_stay_here_and_others_go_on():
    target = parse("sip:1234@example.com;x=1;timeout=2000;transport=tcp;media=srtp;line=3")[0]
    assert target.uri == "sip:1234@example.com;x=1;line=3"
    assert (target.transport, target.media) == ("tcp", "srtp")


@pytest.mark.parametrize(
    ("setting", "srtp"),
    [("accepted", [False, False, True]), ("offered", [True, False, True]), ("required", [True, True, True])],
)
def test_whether_srtp_is_offered_is_said_by_the_uri_unless_the_account_requires_it(setting, srtp):
    targets = parse("sip:a@b.c,sip:a@b.c;media=rtp,sip:a@b.c;media=srtp")
    assert [target.takes_srtp(setting) for target in targets] == srtp


def test_media_is_kept_as_it_was_written():
    text = "sip:a@b.c,sip:a@b.c;media=rtp,sip:a@b.c;media=srtp"
    assert [target.media for target in parse(text.upper().replace("SIP:", "sip:"))] == ["", "rtp", "srtp"]
    assert canonical(parse(text)) == text


def test_sips_means_tls():
    """RFC 3261 §26.2.2: over TCP, as the URI may say, it is TLS too."""
    for parameter in ("", ";transport=tcp", ";transport=tls"):
        assert parse(f"sips:a@b.c{parameter}")[0].transport == "tls"
    assert canonical(parse("sips:a@b.c")) == "sip:a@b.c;transport=tls"


@pytest.mark.parametrize(
    ("text", "entry", "problem"),
    [
        ("sip:a@b.c,,sip:d@e.f", 0, "comma with no URI"),
        ("sip:a@b.c,", 0, "comma with no URI"),
        (",sip:a@b.c", 0, "comma with no URI"),
        ("sip:a@b.c;timeout=1999", 1, "from 2000 to 20000"),
        ("sip:a@b.c;timeout=20001", 1, "from 2000 to 20000"),
        ("sip:a@b.c;timeout=2s", 1, "from 2000 to 20000"),
        ("sip:a@b.c;timeout=", 1, "not a parameter"),
        ("sip:a@b.c,sip:d@e.f;transport=ws", 2, "write udp, tcp or tls"),
        ("sips:a@b.c;transport=udp", 1, "write udp, tcp or tls"),
        ("sip:a@b.c;media=dtls", 1, "write rtp or srtp"),
        ("sip:a@b.c,nonsense", 1, "'nonsense' after its comma does not start with 'sip:'"),
        ("sip:a@b.c;timeout=2000, d@e.f", 1, "'d@e.f' after its comma does not start with 'sip:'"),
        ("sip:a@b.c,d@e.f;transport=ws", 1, "'d@e.f;transport=ws' after its comma does not start with 'sip:'"),
        ("sip:b.c,e.f,sip:d@e.f", 1, "'e.f' after its comma does not start with 'sip:'"),
        ("sip:a,b@c.d;timeout=1", 1, "from 2000 to 20000"),
        ("nonsense,x", 1, "it does not start with 'sip:'"),
        (",".join(["sip:a@b.c"] * 21), 0, "at most 20"),
    ],
)
def test_refused_with_the_entry_and_the_reason(text, entry, problem):
    with pytest.raises(ForwardError) as error:
        parse(text)
    assert error.value.entry == entry
    assert problem in str(error.value)


def test_the_place_of_the_fault():
    text = "sip:a@b.c, sip:d@e.f;timeout=1"
    with pytest.raises(ForwardError) as error:
        parse(text)
    assert text[error.value.start : error.value.end].strip() == "sip:d@e.f;timeout=1"


@given(st.text(max_size=120) | st.lists(st.text(max_size=30).map("sip:a@".__add__), max_size=4).map(",".join))
def test_what_is_accepted_is_written_back_the_same(text):
    try:
        targets = parse(text)
    except ForwardError:
        return
    assert parse(canonical(targets)) == targets


@pytest.mark.parametrize("host", ["0.0.0.0", "224.1.1.1", "255.255.255.255", "[::]", "[ff02::1]"])
def test_what_no_pbx_can_have_for_an_address_is_refused(host):
    with pytest.raises(ForwardError, match="not an address that a PBX can have"):
        parse(f"sip:1234@{host}")


def test_a_control_character_in_the_user_part_is_refused():
    with pytest.raises(ForwardError, match="control character"):
        parse("sip:a%00b@pbx.example")

import itertools
import re
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contract.hidden import Mask
from trunkline.node.topoh import crashing, uri_parameter, via_prefix

KEYS = [f"{number:064x}" for number in range(4)] + [secrets.token_hex(32)]
LONGEST_LINE = 494  # characters that Kamailio's module regex reads of one
HOSTS = ("192.0.2.1", "192.0.2.1:5060", "a.example:506", "[2001:db8::1]:5060")
PRINTED = string.ascii_letters + string.digits + "-.!%*_+`'~=:@"
OURS = ("{};TH=div;branch=z9hG4bKa", "{};received=192.0.2.1;TH=ucv;rport", "{};TH=xxv;a=;th;branch=TH")
OTHERS = (
    "{};branch=z9hG4bKabTH;rport=5060",
    "{}",
    "{};branch=z9hG4bKth",
    *(f"{{}};branch=z9hG4bK{c}th" for c in PRINTED),
)
CRASHING = ("{};TH", "{};th;branch=z9hG4bKa", "{};a=b;\tTh ;c", "{};TH;TH=dcv", "{} ; tH,SIP/2.0/UDP a;TH=dcv")


def hidden(key: str, via: str) -> str:
    return Mask(key).hide(via)


def response(key: str, value: str) -> str:
    vias = f"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1.0, SIP/2.0/UDP 192.0.2.9;branch={via_prefix(key)}{value}"
    return f"SIP/2.0 200 OK\r\nVia: {vias}\r\nCSeq: 1 INVITE\r\n\r\n"


@pytest.fixture(scope="module")
def expressions():
    """By key; as the engine joins them."""
    return {key: re.compile("|".join(f"({one})" for one in crashing(key))) for key in KEYS}


def test_hidden_is_what_topoh_makes_of_it():
    """As Kamailio has it; that it has it still, every call of the scenarios shows."""
    assert (
        hidden("2b16c4cdeaf8d3534183b9b8e1b5b9701e9b9b51e767b17ead422ea4f8fcd9d8", "SIP/2.0/UDP ") == "Lxiej6Ss2cHRfotC"
    )


def test_they_are_short_enough_for_kamailio():
    assert max(len(one) for key in KEYS for one in crashing(key)) <= LONGEST_LINE


def test_what_topoh_wrote_is_right(expressions):
    for (key, expression), via, host in itertools.product(expressions.items(), OURS + OTHERS, HOSTS):
        assert not expression.search(response(key, hidden(key, f"SIP/2.0/UDP {via.format(host)}"))), (key, via, host)


TOKENS = st.text(PRINTED, min_size=1, max_size=30)


@given(
    st.sampled_from(KEYS), TOKENS, st.lists(st.tuples(TOKENS, TOKENS), max_size=5), st.sampled_from(("", "192.0.2.1"))
)
def test_whatever_a_sender_wrote_is_right(key, host, parameters, received):
    """topoh's own parameter stands before the sender's; Kamailio's may stand before that."""
    ours = f";received={received}" * bool(received) + ";TH=div"
    via = f"SIP/2.0/UDP {host}{ours}" + "".join(f";{name}={value}" for name, value in parameters)
    assert not re.search(crashing(key)[0], response(key, hidden(key, via)))


def test_a_parameter_without_a_value_is_not(expressions):
    for (key, expression), via, host in itertools.product(expressions.items(), CRASHING, HOSTS):
        assert expression.search(response(key, hidden(key, f"SIP/2.0/UDP {via.format(host)}"))), (key, via, host)


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_what_is_not_whole_is_not_right(key, expressions):
    right = hidden(key, "SIP/2.0/UDP 192.0.2.1;TH=div;branch=z9hG4bKa")
    cut = [right[:length] for length in range(1, len(right)) if length % 4]
    for value in [*cut, right + "*" * 4, right[:8] + "*" + right[9:], right[:8] + "\x80" + right[9:], "_" + right[1:]]:
        assert expressions[key].search(response(key, value)), value


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_one_that_is_longer_than_any_is_not_right(key, expressions):
    """Each of the prefixes that a message over TCP has room for would have all that follows for its value."""
    assert expressions[key].search(response(key, hidden(key, "a" * 900)))
    assert not expressions[key].search(response(key, hidden(key, "a" * 700)))


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_what_another_service_hid_is_not_looked_at(key, expressions):
    assert not expressions[key].search(response("f" * 64, "x"))


@pytest.mark.parametrize("rest", ["", ";lr", " ;lr", "\t", "\r\n ", ",", ";{}=sr-a"])
def test_a_uri_whose_parameter_has_no_value_is_none(expressions, rest):
    for key, expression in expressions.items():
        for name in (uri_parameter(key), uri_parameter(key).upper()):
            said = f"SIP/2.0 180 Ringing\r\nRecord-Route: <sip:192.0.2.9;{name}{rest.format(name)}>\r\n\r\n"
            assert expression.search(said), said


def test_a_hidden_uri_is_right(expressions):
    for key, expression in expressions.items():
        for value in ("=sr-abc.-**", " = sr-abc", "="):
            said = f"BYE sip:192.0.2.9;{uri_parameter(key)}{value} SIP/2.0\r\n\r\n"
            assert not expression.search(said), said

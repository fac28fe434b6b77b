import re
import secrets

import pytest

from harness.hidden_via import hidden
from trunkline.node.hidden_via import alphabet, prefix, unlike

KEYS = [f"{number:064x}" for number in range(20)] + [secrets.token_hex(32)]
LONGEST_LINE = 494  # characters that Kamailio's module regex reads of one
HOSTS = ("192.0.2.1", "192.0.2.1:5060", "a.example:506", "[2001:db8::1]:5060")
OURS = ("{};TH=div;branch=z9hG4bKa", "{};received=192.0.2.1;TH=ucv;rport", "{};TH=xxv;a=;th;branch=TH")
OTHERS = ("{};branch=z9hG4bKabTH;rport=5060", "{}", "{};branch=z9hG4bKth")
CRASHING = ("{};TH", "{};th;branch=z9hG4bKa", "{};a=b;\tTh ;c", "{};TH;TH=dcv", "{} ; tH,SIP/2.0/UDP a;TH=dcv")


def response(key: str, value: str) -> str:
    vias = f"SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1.0, SIP/2.0/UDP 192.0.2.9;branch={prefix(key)}{value}"
    return f"SIP/2.0 200 OK\r\nVia: {vias}\r\nCSeq: 1 INVITE\r\n\r\n"


@pytest.fixture(params=KEYS, ids=range(len(KEYS)), scope="module")
def key(request):
    return request.param


@pytest.fixture(scope="module")
def expression(key):
    return re.compile(unlike(key))


def test_topoh_s_alphabet():
    """As Kamailio has it; `tests/scenarios` have every call pass."""
    key = "2b16c4cdeaf8d3534183b9b8e1b5b9701e9b9b51e767b17ead422ea4f8fcd9d8"
    assert alphabet(key) == "tOcP7oE3Sqrj2TaYefG-LRAnkK8XvBmlCuDhdiUMNWbVz9s5.FI6xZp0ygQJ4H1w"
    assert hidden(key, "SIP/2.0/UDP ") == "Lxiej6Ss2cHRfotC"


def test_it_is_short_enough_for_kamailio(expression):
    assert len(expression.pattern) <= LONGEST_LINE


@pytest.mark.parametrize("via", OURS + OTHERS)
def test_what_topoh_wrote_is_right(key, expression, via):
    for host in HOSTS:
        assert not expression.search(response(key, hidden(key, f"SIP/2.0/UDP {via.format(host)}")))


@pytest.mark.parametrize("via", CRASHING)
def test_a_parameter_without_a_value_is_not(key, expression, via):
    for host in HOSTS:
        assert expression.search(response(key, hidden(key, f"SIP/2.0/UDP {via.format(host)}")))


def test_what_is_not_whole_is_not_right(key, expression):
    right = hidden(key, "SIP/2.0/UDP 192.0.2.1;TH=div;branch=z9hG4bKa")
    cut = [right[:length] for length in range(1, len(right)) if length % 4]
    for value in [*cut, right + "*" * 4, right[:8] + "*" + right[9:], right[:8] + "\x80" + right[9:], "_" + right[1:]]:
        assert expression.search(response(key, value)), value


def test_what_another_service_hid_is_not_looked_at(key, expression):
    assert not expression.search(response("f" * 64, "x"))

"""Source addresses that customers list themselves: their own, and nobody else's."""

import time

import pytest


@pytest.fixture
def account(services):
    return services.accounts.create("acme")


@pytest.fixture
def other(services):
    return services.accounts.create("globex")


@pytest.fixture
def add(services, account):
    from trunkline.control.sources import by_customers

    return lambda text: by_customers.add(account, text)


def sources(account):
    return sorted(map(str, account.sources.all()))


@pytest.mark.parametrize("text", ["8.8.8.8", "8.8.8.0/28", "8.8.8.8:5080", "2a00:1450::/64", "[2a00:1450::7]:5060"])
def test_an_address_of_the_internet_is_listed(account, add, text):
    add(text)
    assert sources(account) == [text]
    add(text)
    assert sources(account) == [text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.0.0.0/0", "covers too much of the Internet"),
        ("8.8.0.0/16", "wider than /28"),
        ("2a00:1450::/32", "wider than /64"),
        ("10.0.0.5", "not an Internet address"),
        ("192.168.1.0/28", "not an Internet address"),
        ("100.64.0.1", "not an Internet address"),
        ("127.0.0.1", "not an Internet address"),
        ("169.254.1.1", "not an Internet address"),
        ("224.0.1.75", "not an Internet address"),
        ("203.0.113.5", "not an Internet address"),
        ("240.0.0.1", "not an Internet address"),
        ("fd00::1", "not an Internet address"),
        ("::1", "not an Internet address"),
        ("::ffff:10.0.0.1", "not an Internet address"),
        ("8.8.8.9/28", "bits beyond its /28"),
        ("pbx.example.com", "is not a network"),
        ("8.8.8.8:0", "no port from 1 to 65535"),
        ("", "is not a network"),
    ],
)
def test_what_cannot_be_a_customers_is_refused_in_words(services, account, add, text, said):
    with pytest.raises(services.sources.ServiceError, match=said):
        add(text)
    assert sources(account) == []


@pytest.mark.parametrize("text", ["8.8.8.8", "8.8.8.0/28", "8.8.8.8:5080"])
def test_others_addresses_are_refused_however_they_overlap(services, account, other, add, text):
    services.sources.add(other, "8.8.8.8/29")
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add(text)
    services.sources.remove(other, "8.8.8.8/29")
    services.carriers.create("telco", "sip.telco.example", sources=["8.8.8.8"])
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add(text)
    assert sources(account) == []


@pytest.mark.parametrize("theirs", ["2a00:1450:1:2::7", "2a00:1450:1:2::/64", "2a00:1450:1::/48"])
@pytest.mark.parametrize("text", ["2a00:1450:1:2::7", "2a00:1450:1:2::/64", "[2a00:1450:1:2::7]:5080"])
def test_others_ipv6_addresses_are_refused_however_they_overlap(services, account, other, add, text, theirs):
    services.sources.add(other, theirs)
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add(text)
    add("2a00:1450:2:2::7")
    assert sources(account) == ["2a00:1450:2:2::7"]


def test_where_a_carrier_is_called_is_refused(services, add):
    services.carriers.create("telco", "8.8.4.4")
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add("8.8.4.0/28")


def test_where_another_customers_pbx_is_called_is_refused(services, account, other, add):
    services.numbers.add("+447700900001", other, "sip:1@8.8.8.80,sip:1@pbx.example")
    services.numbers.add("+447700900002", account, "sip:1@9.9.9.9")
    add("8.8.8.8")  # which the other's begins with
    add("9.9.9.9")
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add("8.8.8.80")


def called(uid, whose, source, days):
    """As a node ships it."""
    from trunkline.control.feed import DatabaseSink

    event = {"event": "setup", "time": time.time() - days * 86_400, "node": "n", "call": uid, "direction": "outbound",
             "account": whose.pk, "source": source}  # fmt: skip
    DatabaseSink().store("n", "f", [event], 1)


def test_where_another_customer_calls_from_is_refused_though_it_was_silent_for_a_month(services, account, other, add):
    called("a", other, "tcp:8.8.8.80:5060", days=30)
    called("b", account, "udp:9.9.9.9:5060", days=1)
    add("8.8.8.8")
    add("9.9.9.9")
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add("8.8.8.80")


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("2a00:1450:1:2::7", "2a00:1450:1:2::/64"),
        ("2a00:1450::7", "2a00:1450::/64"),
        ("2a00:0:0:2:3:4:5:6", "2a00:0:0:2::/64"),
        ("2a00:1450:1:2::7", "2a00:1450:1:2::6/127"),
    ],
)
def test_others_are_found_in_a_network_of_ipv6_too(services, account, other, add, address, wanted):
    add("2a00:1450:9::/64")  # where nobody is
    services.numbers.add("+447700900001", other, f"sip:1@[{address}]")
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add(wanted)
    services.numbers.remove(services.numbers.get("+447700900001"))
    called("a", other, f"udp:{address}:5060", days=30)
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add(wanted)
    assert len(sources(account)) == 1


def test_our_own_address_is_refused(services, add, monkeypatch):
    from django.conf import settings

    sip = settings.TRUNKLINE.sip.model_copy(update={"address": "1.1.1.1"})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"sip": sip}))
    with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
        add("1.1.1.1")


def test_the_addresses_of_other_nodes_and_of_endpoints_are_refused(services, add):
    from trunkline.control.endpoints.models import Endpoint
    from trunkline.control.nodes.models import Node

    Node.objects.create(name="n2", addresses=["1.1.1.1"])
    Endpoint.objects.create(name="eu", host="eu.example", addresses=["1.0.0.1"], sources=["8.8.4.0/30"])
    for text in ("1.1.1.1", "1.0.0.1", "8.8.4.2"):
        with pytest.raises(services.sources.ServiceError, match="belongs to somebody else here"):
            add(text)


def test_there_is_an_end(services, account, add):
    for n in range(20):
        add(f"8.8.8.{n}")
    with pytest.raises(services.sources.ServiceError, match="may have no more"):
        add("8.8.8.20")
    add("8.8.8.3")  # has it already
    assert account.sources.count() == 20

import pytest

from trunkline.control import ServiceError


@pytest.mark.parametrize(
    ("text", "network", "port"),
    [
        ("192.0.2.7", "192.0.2.7/32", 0),
        (" 192.0.2.0/24 ", "192.0.2.0/24", 0),
        ("192.0.2.7:5080", "192.0.2.7/32", 5080),
        ("192.0.2.0/24:5080", "192.0.2.0/24", 5080),
        ("2001:DB8::7", "2001:db8::7/128", 0),
        ("[2001:db8::7]:5080", "2001:db8::7/128", 5080),
        ("2001:db8::/32", "2001:db8::/32", 0),
    ],
)
def test_a_network_is_kept_in_one_form(services, text, network, port):
    assert services.sources.parse(text) == (network, port)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("192.0.2.7/24", "192.0.2.0/24 for the whole network, or 192.0.2.7/32"),
        ("2001:db8::7/64", "or 2001:db8::7/128"),
        ("192.0.2.300", "CIDR like"),
        ("sip.example", "CIDR like"),
        ("192.0.2.7:0", "port from 1"),
        ("192.0.2.7:99999", "port from 1"),
        ("192.0.2.7:x", "port from 1"),
        ("0.0.0.0/0", "at least /8"),
        ("2000::/3", "at least /16"),
        ("", "CIDR like"),
    ],
)
def test_what_is_no_network_is_refused(services, text, hint):
    with pytest.raises(ServiceError, match=hint):
        services.sources.parse(text)


def test_a_network_is_an_accounts_or_a_carriers_but_not_both(cast, services):
    services.sources.add(cast.owner, "192.0.2.7")
    with pytest.raises(ServiceError, match="account 'owner'"):
        services.sources.add(cast.telco, "192.0.2.7")
    with pytest.raises(ServiceError, match="carrier 'telco'"):
        services.sources.add(cast.owner, "198.51.100.0/28:5060")
    with pytest.raises(ServiceError, match="account 'owner'"):
        services.sources.add(cast.stranger, "192.0.2.7")


def test_different_ports_of_one_address_can_be_different_peoples(cast, services):
    services.sources.add(cast.owner, "192.0.2.7:5060")
    services.sources.add(cast.telco, "192.0.2.7:5080")
    assert services.accounts.as_dict(cast.owner)["sources"] == ["192.0.2.7:5060"]


def test_two_carriers_may_share_a_network(cast, services):
    services.sources.add(cast.backup, "198.51.100.0/28")
    assert services.carriers.as_dict(cast.backup)["sources"] == ["198.51.100.0/28"]


def test_adding_twice_is_harmless_and_removing_what_is_not_there_is_explained(cast, services):
    services.sources.add(cast.telco, "198.51.100.0/28")
    assert cast.telco.sources.count() == 1
    with pytest.raises(ServiceError, match="it has 198.51.100.0/28"):
        services.sources.remove(cast.telco, "198.51.100.1")
    services.sources.remove(cast.telco, "198.51.100.0/28")
    assert cast.telco.sources.count() == 0


def test_a_list_that_replaces_another_is_all_there_is(services, cast):
    services.sources.replace(cast.telco, ["198.51.100.0/28", "192.0.2.5:5080"])
    services.sources.replace(cast.telco, ["192.0.2.5:5080", "2001:db8::7"])
    there = {services.sources.parse(str(source)) for source in cast.telco.sources.all()}
    assert there == {("192.0.2.5/32", 5080), ("2001:db8::7/128", 0)}

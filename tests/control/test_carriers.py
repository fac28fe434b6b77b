import pytest

from trunkline.control import ServiceError


def test_a_carrier_keeps_its_password_to_itself(services):
    carrier = services.carriers.create("telco", "SIP.Telco.Example", username="u", password="hush", strip=2, prefix="+")
    shown = services.carriers.as_dict(carrier)
    assert shown["host"] == "sip.telco.example"
    assert shown["has_password"] is True
    assert "hush" not in str(shown)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"name": "Big Telco"}, "write 1 to 63 of a-z"),
        ({"name": "telco"}, "choose another name"),
        ({"host": ""}, "write its name as DNS has it"),
        ({"host": "müller.example"}, "write its name as DNS has it"),
        ({"host": "sip telco.example"}, "write its name as DNS has it"),
        ({"host": "<telco.example>"}, "write its name as DNS has it"),
        ({"host": "telco.example:5080"}, "write 'telco.example'"),
        ({"host": "sip:telco.example"}, "without 'sip:'"),
        ({"host": "user@telco.example"}, "more than a host"),
        ({"host": "192.0.2.300"}, "not an IPv4 address"),
        ({"port": 65536}, "from 0 to 65535"),
        ({"transport": "sctp"}, "udp, tcp or tls"),
        ({"strip": 15}, "strip 15 leaves no digit of any number.*at most 14"),
        ({"strip": -1}, "from 0 to 14"),
        ({"prefix": "+44 "}, "cannot be dialled"),
        ({"password": 'a"b'}, "the password has a quote"),
        ({"username": "a\r\nb"}, "the username has a quote"),
        ({"sources": ["192.0.2.7/24"]}, "bits beyond"),
        ({"speed": 9}, "no 'speed'"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do_and_nothing_is_written(cast, services, wrong, hint):
    with pytest.raises(ServiceError, match=hint):
        services.carriers.create(**({"name": "other", "host": "192.0.2.1"} | wrong))
    assert services.carriers.everyone().count() == 2


def test_ipv6_is_a_host(services):
    assert services.carriers.create("six", "2001:DB8::1").host == "2001:db8::1"


def test_only_what_is_given_changes(cast, services):
    services.carriers.change(cast.telco, port=5080, password=None, enabled=False)
    carrier = services.carriers.get("telco")
    assert (carrier.port, carrier.host, carrier.enabled) == (5080, "198.51.100.1", False)


def test_a_carrier_in_a_route_cannot_be_removed(cast, services):
    route = services.routes.add("44", cast.telco)
    with pytest.raises(ServiceError, match=rf"route remove ID` \({route.pk}\)"):
        services.carriers.remove(cast.telco)
    services.routes.remove(route)
    services.carriers.remove(cast.telco)
    with pytest.raises(ServiceError, match="no carrier 'telco'"):
        services.carriers.get("telco")

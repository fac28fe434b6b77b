import pytest

from trunkline.control import ServiceError

DOMAIN = "sip.trunk.example"


def test_a_number_may_be_written_in_any_way_sip_has(services):
    number = services.numbers.add("+44 (7700) 900-123")
    assert services.numbers.get("00447700900123") == services.numbers.get("447700900123") == number
    assert services.numbers.as_dict(number)["number"] == "+447700900123"


def test_forward_is_kept_in_canonical_form(cast, services):
    text = "sip:1234@Example.com;timeout=5000 , sip:1234@example.net:5062;transport=TLS"
    services.numbers.forward(cast.number, text)
    number = services.numbers.get(cast.number.e164)
    assert number.forward == "sip:1234@example.com,sip:1234@example.net:5062;transport=tls"
    assert [target["transport"] for target in services.numbers.as_dict(number)["targets"]] == ["udp", "tls"]


def test_a_wrong_forward_is_refused_with_the_entry_and_the_old_one_stays(cast, services):
    with pytest.raises(ServiceError, match=r"'sip:b@c.example;timeout=1': entry 2: timeout=1"):
        services.numbers.forward(cast.number, "sip:a@b.example,sip:b@c.example;timeout=1")
    assert services.numbers.get(cast.number.e164).forward == "sip:owner@pbx.example"


@pytest.mark.parametrize(
    ("setting", "forward", "words"),
    [
        ("accepted", "sip:a@b.example", ""),
        ("accepted", "sip:a@b.example,sip:a@c.example;media=srtp", "entry 2: its SRTP keys can be read"),
        ("accepted", "sip:a@b.example;transport=tls;media=srtp", ""),
        ("offered", "sip:a@b.example;transport=tcp", "entry 1: its SRTP keys"),
        ("offered", "sip:a@b.example;media=rtp", ""),
        ("required", "sip:a@b.example;transport=tls;media=rtp", "entry 1: its account requires SRTP"),
    ],
)
def test_srtp_whose_keys_can_be_read_is_warned_about(cast, services, setting, forward, words):
    services.accounts.change(cast.owner, srtp=setting)
    services.numbers.forward(cast.number, forward)
    warnings = services.numbers.as_dict(services.numbers.get(cast.number.e164))["warnings"]
    assert len(warnings) == bool(words)
    assert words in "".join(warnings)


def test_an_empty_forward_ends_it(cast, services):
    services.numbers.forward(cast.number, " ")
    assert services.numbers.get(cast.number.e164).forward == ""


@pytest.mark.parametrize("text", ["07700900000", "alice", "", "+1234", "1" * 16])
def test_what_is_no_number_is_refused(services, text):
    with pytest.raises(ServiceError, match="not an E.164 number"):
        services.numbers.add(text)


def test_a_number_is_there_once_and_the_error_says_whose(cast, services):
    with pytest.raises(ServiceError, match="account 'owner' has it"):
        services.numbers.add(cast.number.e164, cast.stranger)
    services.numbers.add("+33123456789")
    with pytest.raises(ServiceError, match="in the inventory"):
        services.numbers.add("+33123456789", cast.owner)


def test_a_number_that_changes_hands_does_not_go_on_to_the_former_pbx(cast, services):
    services.numbers.assign(cast.number, cast.stranger)
    number = services.numbers.get(cast.number.e164)
    assert (number.account, number.forward) == (cast.stranger, "")
    services.numbers.assign(number, None)
    assert services.numbers.get(number.e164).account is None


def test_numbers_are_listed_by_account_prefix_and_inventory(cast, services):
    spare = services.numbers.add("+33123456789")
    assert list(services.numbers.listing(cast.stranger)) == [cast.stranger_number]
    assert list(services.numbers.listing(unassigned=True)) == [spare]
    assert list(services.numbers.listing(prefix="+3312")) == [spare]
    assert list(services.numbers.listing(prefix="447700900001")) == [cast.number]
    assert list(services.numbers.listing(prefix="4477009000011")) == []


def test_a_removed_number_is_gone(cast, services):
    services.numbers.remove(cast.number)
    with pytest.raises(ServiceError, match=r"no number '\+447700900001'"):
        services.numbers.get("+447700900001")


def test_a_registered_pbx_must_have_a_key_of_the_numbers_own_account(cast, services):
    own, _ = services.keys.create(cast.owner)
    foreign, _ = services.keys.create(cast.stranger)
    services.numbers.forward(cast.number, f"sip:{own.name}@{DOMAIN}")
    for name in (foreign.name, "nobody"):
        with pytest.raises(ServiceError, match=rf"account 'owner' has no key '{name}'.*trunkline key list"):
            services.numbers.forward(cast.number, f"sip:{name}@{DOMAIN}")
    with pytest.raises(ServiceError, match="has no account"):
        services.numbers.add("+33123456789", None, f"sip:{own.name}@{DOMAIN}")
    assert services.numbers.get(cast.number.e164).forward == f"sip:{own.name}@{DOMAIN}"


def test_a_number_that_was_given_away_meanwhile_is_not_forwarded_by_its_former_owner(services, cast):
    before = services.numbers.get("+447700900001")
    services.numbers.assign(services.numbers.get("+447700900001"), cast.stranger)
    with pytest.raises(ServiceError, match="given to another account meanwhile"):
        services.numbers.forward(before, "sip:taken@evil.example")
    assert services.numbers.get("+447700900001").forward == ""


def test_a_forward_to_this_machine_is_refused_with_the_entry_and_what_to_do(services, cast, monkeypatch):
    from django.conf import settings

    def listening_at(address, **more):
        sip = settings.TRUNKLINE.sip.model_copy(update={"address": address, **more})
        monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"sip": sip}))

    listening_at("198.51.100.20")
    for host, what in (
        ("127.0.0.1:5432;transport=tcp", "a loopback address"),
        ("[::1]", "a loopback address"),
        ("169.254.169.254", "a link-local address"),
        ("198.51.100.20:22;transport=tcp", "an address of this service itself"),
    ):
        text = f"sip:a@b.example,sip:1@{host}"
        with pytest.raises(services.numbers.ForwardRefused, match=f"{what}.*sip.local_targets = true") as refused:
            services.numbers.forward(cast.number, text)
        assert refused.value.entry == 2
        assert text[refused.value.start : refused.value.end] in host
        assert what in refused.value.problem
        assert "local_targets" not in refused.value.problem  # what a customer reads, who has no such file
    assert services.numbers.get(cast.number.e164).forward == "sip:owner@pbx.example"
    listening_at("198.51.100.20", local_targets=True)
    services.numbers.forward(cast.number, "sip:1@127.0.0.1:5070")
    assert services.numbers.as_dict(cast.number)["warnings"] == []
    listening_at("198.51.100.20", local_targets=False)
    [warning] = services.numbers.as_dict(cast.number)["warnings"]
    assert warning == "entry 1: calls skip it, as 127.0.0.1 is a loopback address"
    listening_at("127.0.0.1", local_targets=False)
    services.numbers.forward(cast.number, "sip:1@127.0.0.1:5070")


def test_who_forwards_to_the_other_ip_version_is_warned(services, cast, local):
    services.numbers.forward(cast.number, "sip:1@192.0.2.9,sip:1@[2001:db8::9]")
    [warning] = services.numbers.as_dict(cast.number)["warnings"]
    assert warning == "entry 2: nodes that have only IPv4, like this one, skip it"


@pytest.mark.parametrize(
    "back",
    [
        "198.51.100.20",
        "198.51.100.20:5060;transport=tcp",
        "198.51.100.20;transport=tls",
        "[2001:db8::7]:5070",
        "203.0.113.4:5071;transport=tls",
        "edge.example.com",
        "edge.example.com:5070",
        f"default.{DOMAIN}",
        f"default.{DOMAIN};transport=tls",
    ],
)
def test_a_way_back_to_this_service_is_refused_with_the_entry_and_what_to_do(services, cast, local, back):
    text = f"sip:a@b.example,sip:1@{back}"
    with pytest.raises(
        services.numbers.ForwardRefused, match="the call would only come back: write the address"
    ) as said:
        services.numbers.forward(cast.number, text)
    assert said.value.entry == 2
    assert text[said.value.start : said.value.end] in back.lower()
    assert f"sip:KEY@{DOMAIN}" in said.value.problem
    assert services.numbers.get(cast.number.e164).forward == "sip:owner@pbx.example"


def test_what_else_is_on_the_same_machine_is_no_way_back(services, cast, local):
    for other in ("198.51.100.20:5062", "198.51.100.20:5061", "edge.example.com:5062", "pbx.edge.example.com"):
        services.numbers.forward(cast.number, f"sip:1@{other}")


@pytest.fixture
def local(services, monkeypatch):
    """A node whose own machine may be called, beside another one and an endpoint."""
    from django.conf import settings

    from trunkline.control.nodes.models import Node

    sip = settings.TRUNKLINE.sip.model_copy(update={"address": "198.51.100.20", "local_targets": True})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"sip": sip}))
    Node.objects.create(name="n2", instance="b", region="eu", addresses=["2001:db8::7"], port=5070)
    services.endpoints.add("e1", "edge.example.com", addresses=["203.0.113.4"], port=5070, tls_port=5071)

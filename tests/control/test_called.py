"""Which addresses are known to be somebody's: those to which its numbers are forwarded."""

import ipaddress

import pytest

from trunkline.control import ServiceError

TAKEN = "belongs to somebody else here"


@pytest.fixture
def add(services, cast):
    from trunkline.control.sources import by_customers

    return lambda text: by_customers.add(cast.owner, text)


def theirs(account, network):
    from trunkline.control.sources import called

    return called.by_others(account, ipaddress.ip_network(network))


@pytest.mark.parametrize("network", ["8.8.8.8", "8.8.8.0/28", "2a00:0:0:2::/64", "2a00:0:0:2:3:4:5:6"])
def test_where_anothers_numbers_lead_is_known(cast, services, network):
    assert not theirs(cast.owner, network)
    services.numbers.forward(cast.stranger_number, "sip:1@8.8.8.8,sip:1@[2a00::2:3:4:5:6],sip:1@pbx.example")
    assert theirs(cast.owner, network)
    assert not theirs(cast.stranger, network)


@pytest.mark.parametrize("network", ["8.8.8.9", "8.8.8.80", "2a00:0:0:3::/64"])
def test_what_is_beside_it_is_nobodys(cast, services, network):
    services.numbers.forward(cast.stranger_number, "sip:1@8.8.8.8,sip:1@[2a00::2:3:4:5:6]")
    assert not theirs(cast.owner, network)


def test_an_import_tells_it_too_and_the_inventory_is_nobodys(cast, services):
    from trunkline.control.numbers.importing import Row

    rows = [Row(2, "+442071234567", "stranger", "sip:1@8.8.8.8"), Row(3, "+442071234568", "", "sip:1@8.8.4.4"),
            Row(4, cast.stranger_number.e164, "stranger", "sip:1@1.1.1.1")]  # fmt: skip
    assert services.importing.carry_out(rows, update=True).problems == []
    assert [theirs(cast.owner, ip) for ip in ("8.8.8.8", "8.8.4.4", "1.1.1.1")] == [True, False, True]


def test_where_no_number_leads_any_more_is_nobodys_as_soon_as_somebody_asks(cast, services, add):
    services.numbers.forward(cast.stranger_number, "sip:1@8.8.8.8")
    services.numbers.forward(cast.stranger_number, "sip:1@8.8.8.80")
    with pytest.raises(ServiceError, match=TAKEN):
        add("8.8.8.80")
    add("8.8.8.8")
    services.numbers.assign(cast.stranger_number, None)
    add("8.8.8.80")
    assert sorted(map(str, cast.owner.sources.all())) == ["8.8.8.8", "8.8.8.80"]


def test_others_numbers_and_sources_are_not_looked_through(cast, services, add):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    services.sources.add(cast.stranger, "8.8.4.4")
    with CaptureQueriesContext(connection) as captured:
        add("8.8.8.8")
    said = [query["sql"] for query in captured]
    assert not any("numbers_number" in sql for sql in said)
    [theirs] = [sql for sql in said if "sources_sourcenetwork" in sql and "8.0.0.0/8" in sql]
    assert "8.8.8.8/32" in theirs


@pytest.mark.parametrize("own", ["2a00:1450::/64", "2a00:1450::7"])
@pytest.mark.parametrize(
    "others", ["2a00::/16", "2a00:1450::/32", "2a00:1450::/64", "2a00:1450::7", "[2a00:1450::7]:5"]
)
def test_sources_of_others_are_found_in_ipv6_however_they_overlap(cast, services, add, own, others):
    services.sources.add(cast.stranger, others)
    with pytest.raises(ServiceError, match=TAKEN):
        add(own)
    add("2a00:1451::/64" if others != "2a00::/16" else "2a01::/64")


def test_the_migration_takes_what_the_lists_say(cast, services, database):
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from trunkline.control.numbers.models import Number
    from trunkline.control.sources.models import CalledAddress

    MigrationExecutor(connection).migrate([("sources", "0002_heardaddress")])
    Number.objects.filter(pk=cast.number.pk).update(forward="sip:1@8.8.8.8,sip:2@pbx.example,sip:3@[2a00::7]:5070")
    Number.objects.create(e164="442071234567", account=cast.owner, forward="sip:2@8.8.8.8")
    Number.objects.create(e164="442071234568", forward="sip:2@8.8.4.4")
    MigrationExecutor(connection).migrate([("sources", "0003_calledaddress")])
    found = {(row.account.name, row.address) for row in CalledAddress.objects.all()}
    assert found == {("owner", "8.8.8.8"), ("owner", "2a00:0000:0000:0000:0000:0000:0000:0007")}

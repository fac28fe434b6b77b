"""The inventory: what is for sale, who may buy it, and what a number's digits say."""

import threading
import time

import pytest

from trunkline.control import ServiceError
from trunkline.control.numbers import numbering
from trunkline.control.numbers.numbering import country_and_kind


@pytest.fixture
def shop(cast, services):
    """Numbers for sale, beside those that the cast have."""
    for number, cost in (
        ("+442079460001", "1.25"),
        ("+442079460002", "0"),
        ("+447400123456", "0.90"),
        ("+448081570001", "3"),
        ("+12025550101", "0.67"),
    ):
        services.numbers.add(number, monthly_cost=cost)
    return services.inventory


@pytest.mark.parametrize(
    ("digits", "country", "kind"),
    [
        ("442079460001", "GB", "landline"),
        ("447400123456", "GB", "mobile-lvn"),
        ("447781123456", "GG", "mobile-lvn"),
        ("448081570001", "GB", "landline-toll-free"),
        ("447700900000", "GB", "landline"),  # for films: in nobody's plan
        ("12025550101", "US", "mobile-lvn"),
        ("14165550101", "CA", "mobile-lvn"),
        ("18002345678", "US", "landline-toll-free"),
        ("33123456789", "FR", "landline"),
        ("80012345678", "ZZ", "landline-toll-free"),
        ("9991000001", "ZZ", "landline"),
    ],
)
def test_digits_tell_country_and_kind(digits, country, kind):
    assert country_and_kind(digits) == (country, kind)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, 5),
        ({"country": "gb"}, 4),
        ({"country": "GB", "kind": "landline"}, 2),
        ({"kind": "mobile-lvn"}, 2),
        ({"pattern": "+4420"}, 2),
        ({"pattern": "4420", "country": "US"}, 0),
        ({"pattern": "946", "place": "contains"}, 2),
        ({"pattern": "946", "place": "starts"}, 0),
        ({"pattern": "01", "place": "ends"}, 3),
        ({"country": "FR"}, 0),
    ],
)
def test_the_inventory_is_searched(shop, cast, wanted, found):
    numbers = list(shop.available(cast.owner, **wanted))
    assert len(numbers) == found
    assert [n.e164 for n in numbers] == sorted(n.e164 for n in numbers)
    assert not {n.e164 for n in numbers} & {cast.number.e164, cast.stranger_number.e164}


@pytest.mark.parametrize(
    "wanted",
    [{"country": "GBR"}, {"country": "4"}, {"kind": "fax"}, {"pattern": "x"}, {"pattern": "1", "place": "somewhere"}],
)
def test_a_search_that_makes_no_sense_is_refused(shop, wanted):
    with pytest.raises(ServiceError, match="write"):
        shop.available(**wanted)


@pytest.mark.parametrize(("written", "meant"), [("uk", "GB"), ("EL", "GR"), ("en", "GB"), ("ja", "JP")])
def test_a_country_by_another_code_is_answered_with_its_own(shop, written, meant):
    assert not numbering.has_numbers(written.upper())
    with pytest.raises(
        ServiceError, match=f"^'{written}' is not the code of a country with numbers: write {meant}, its code"
    ):
        shop.available(country=written)
    assert not shop.available(country=meant, pattern="999").exists()


@pytest.mark.parametrize("written", ["XX", "QQ", "AQ", "001", "", " "])
def test_a_code_that_no_number_has_is_no_country(shop, written):
    with pytest.raises(ServiceError, match="write two letters of ISO 3166, like GB$"):
        shop.check_country(written)


def test_numbers_of_no_country_are_found(shop, cast, services):
    services.numbers.add("+9991000009")
    assert [str(number) for number in shop.available(cast.owner, country="zz")] == ["+9991000009"]


def test_what_is_bought_is_had_and_buying_it_again_changes_nothing(shop, cast, services):
    services.numbers.forward(services.numbers.get("442079460001"), "sip:nobody@pbx.example")
    number = shop.buy(cast.owner, "+442079460001")
    assert (number.account, number.forward) == (cast.owner, "")
    services.numbers.forward(number, "sip:owner@pbx.example")
    assert shop.buy(cast.owner, "+442079460001").forward == "sip:owner@pbx.example"
    assert "442079460001" not in [n.e164 for n in shop.available()]


def test_what_is_not_for_sale_does_not_tell_why(shop, cast):
    words = []
    for number in (cast.stranger_number.e164, "447700900999"):
        with pytest.raises(shop.NotForSale) as refused:
            shop.buy(cast.owner, number)
        words.append(str(refused.value).replace(number, "N"))
    assert words[0] == words[1]


def test_a_released_number_is_for_sale_and_releasing_it_again_is_no_error(shop, cast, services):
    shop.release(cast.owner, cast.number.e164)
    shop.release(cast.owner, cast.number.e164)
    assert services.numbers.get(cast.number.e164).forward == ""
    shop.buy(cast.stranger, cast.number.e164)
    shop.release(cast.owner, cast.number.e164)  # a repetition that comes late
    assert services.numbers.get(cast.number.e164).account == cast.stranger


def test_nobody_releases_what_it_never_had(shop, cast, services):
    for number in (cast.stranger_number.e164, "442079460001", "447700900999"):
        with pytest.raises(shop.NotHad, match="has no number"):
            shop.release(cast.owner, number)
    assert services.numbers.get(cast.stranger_number.e164).account == cast.stranger


def test_an_account_buys_no_more_than_it_may(shop, cast, services):
    services.accounts.change(cast.owner, numbers_at_most=2)
    shop.buy(cast.owner, "442079460001")
    with pytest.raises(shop.BuyingRefused, match="while it has 2 or more"):
        shop.buy(cast.owner, "442079460002")
    shop.buy(cast.owner, "442079460001")
    shop.release(cast.owner, "442079460001")
    shop.buy(cast.owner, "442079460002")


def test_an_account_that_may_buy_nothing_sees_nothing_and_keeps_what_it_has(shop, cast, services):
    services.accounts.change(cast.owner, numbers_at_most=0)
    assert not shop.available(cast.owner).exists()
    with pytest.raises(shop.BuyingRefused, match="only the operator can give"):
        shop.buy(cast.owner, "442079460001")
    with pytest.raises(shop.BuyingRefused, match="only the operator can take number"):
        shop.release(cast.owner, cast.number.e164)


def test_a_disabled_account_buys_nothing(shop, cast, services):
    services.accounts.change(cast.owner, enabled=False)
    with pytest.raises(shop.BuyingRefused, match="disabled"):
        shop.buy(cast.owner, "442079460001")


def test_one_of_many_who_want_the_same_number_gets_it(shop, cast, services):
    from trunkline.control.database import close

    start, outcomes = threading.Barrier(6), []

    def want(account):
        start.wait(10)
        try:
            outcomes.append((account.name, shop.buy(account, "442079460001").account.name))
        except shop.NotForSale:
            outcomes.append((account.name, None))
        finally:
            close()

    threads = [threading.Thread(target=want, args=[a]) for a in (cast.owner, cast.stranger) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    owner = services.numbers.get("442079460001").account.name
    expected = [(name, name if name == owner else None) for name in ("owner", "stranger")]
    assert sorted(outcomes, key=str) == sorted(expected * 3, key=str)


@pytest.mark.parametrize("cost", ["x", "-1", "1.234", "1e9", "NaN", "Infinity", ""])
def test_what_is_no_price_is_refused(services, cost):
    with pytest.raises(
        ServiceError, match=r"euros a month, like 1\.25, with two decimals at most, and less than 1,000,000$"
    ):
        services.numbers.add("+33123456789", monthly_cost=cost)


def test_a_price_is_set(cast, services):
    services.numbers.change(cast.number, monthly_cost="1.5")
    assert services.numbers.as_dict(services.numbers.get(cast.number.e164))["monthly_cost"] == "1.50"


def test_an_import_brings_prices_and_leaves_those_that_it_does_not_name(cast, services):
    row = services.importing.Row
    services.importing.carry_out([row(2, "442079460001", "", "", "", "1.25"), row(3, "12025550101", "", "")])
    number = services.numbers.get("442079460001")
    assert (number.country, number.kind, str(number.monthly_cost)) == ("GB", "landline", "1.25")
    assert services.numbers.get("12025550101").country == "US"
    services.importing.carry_out([row(2, "442079460001", "owner", "")], update=True)
    assert str(services.numbers.get("442079460001").monthly_cost) == "1.25"
    [problem] = services.importing.plan([row(2, "442079460009", "", "", "", "dear")]).problems
    assert "euros a month" in problem.problem


def test_many_are_imported_and_searched_quickly(sqlite):
    """By the time of our CPU, SQLite's included: other tests run at the same time."""
    from trunkline.control import services

    rows = [services.importing.Row(n, f"4420{70000000 + n}", "", "") for n in range(20_000)]
    began = time.process_time()
    services.importing.carry_out(rows)
    assert time.process_time() - began < 15  # 1.5 s on two cores; 100,000 take 8 s
    for wanted in ({"kind": "landline"}, {"pattern": "99", "place": "ends"}, {"pattern": "442070019"}):
        began = time.process_time()
        found = services.inventory.available(country="GB", **wanted)
        assert len(found[:100]) == 100
        assert found.count() >= 200
        assert time.process_time() - began < 1  # 0.01 s


@pytest.mark.parametrize("wanted", [{"country": "GB"}, {"country": "GB", "kind": "landline"}])
def test_a_search_reads_the_inventory_alone_and_in_order(sqlite, wanted):
    from trunkline.control import services

    plan = services.inventory.available(**wanted)[:10].explain()
    assert "USING INDEX number_" in plan
    assert "TEMP B-TREE" not in plan


def test_who_gave_a_number_back_is_found_without_reading_all_numbers(database, services):
    """As the database does to remove an account: 0.5 s of a million numbers, in which nobody else writes."""
    from django.db import connection

    from trunkline.control.numbers.models import Number

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")  # there are few numbers
    assert "number_released_by" in Number.objects.filter(released_by=1).explain()


def test_numbers_of_before_get_their_country_and_kind(database):
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.migrate([("numbers", "0001_initial")])
    before = executor.loader.project_state([("numbers", "0001_initial")]).apps.get_model("numbers", "Number")
    for digits in ("442079460001", "12025550101", "9991000001"):
        before.objects.create(e164=digits)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("numbers"))
    from trunkline.control import services

    found = {n.e164: (n.country, n.kind) for n in services.numbers.listing()}
    assert found == {digits: country_and_kind(digits) for digits in found}
    assert len(found) == 3

"""Products > Numbers > Buy, and Release: the operator's inventory, as customers see it."""

import pytest

LONDON = "442071230001"


@pytest.fixture
def stock(services, cast):
    """Numbers for sale, and what the account `owner` has for itself."""
    services.numbers.add(f"+{LONDON}", monthly_cost="1.25")
    services.numbers.add("+447911000001")
    services.numbers.add("+33123456701", monthly_cost="2")
    return services.numbers


def buy(browser, digits=LONDON, cost="1.25", **query):
    return browser.post(f"/numbers/buy/{digits}", {"cost": cost}, query_params=query)


def owner_of(services, digits):
    account = services.numbers.get(digits).account
    return account and account.name


def test_a_number_is_found_bought_forwarded_and_released(owner, services, stock):
    page = owner.get("/numbers/buy", {"country": "GB", "kind": "landline", "digits": "+44 20"}).content.decode()
    assert "+44\u00a020\u00a07123\u00a00001" in page
    assert "€ 1.25 a month" in page
    assert "7911" not in page
    answer = buy(owner)
    assert answer.headers["Location"] == f"/numbers/{LONDON}?bought=1"
    assert "It is yours." in owner.get(answer.headers["Location"]).content.decode()
    assert owner_of(services, LONDON) == "owner"
    owner.post(f"/numbers/{LONDON}/forward", {"forward": "sip:1@pbx.example"})
    assert f"/numbers/{LONDON}/release" in owner.get(f"/numbers/{LONDON}/forward").content.decode()
    question = owner.get(f"/numbers/{LONDON}/release").content.decode()
    assert "until somebody else buys it" in question
    assert "sip:1@pbx.example" in question
    assert owner_of(services, LONDON) == "owner"
    assert owner.post(f"/numbers/{LONDON}/release").headers["Location"] == "/numbers/"
    assert owner_of(services, LONDON) is None
    assert owner.get(f"/numbers/{LONDON}").status_code == 404


def test_the_first_country_is_shown_and_the_others_can_be_chosen(owner, stock):
    page = owner.get("/numbers/buy").content.decode()
    assert "33\u00a01\u00a023" in page
    assert "GB +44" in page
    page = owner.get("/numbers/buy", {"country": "DE"}).content.decode()
    assert "No such number is for sale" in page
    assert '<option value="DE" selected>' in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"country": "<b>"}, "is not the code of a country"),
        ({"kind": "fax"}, "is not a kind of number"),
        ({"digits": "x" * 200}, "is not part of a number"),
        ({"place": "anywhere"}, "cannot be looked for"),
        ({"digits": "٤٤"}, "is not part of a number"),
    ],
)
def test_what_cannot_be_looked_for_is_said(owner, stock, query, said):
    answer = owner.get("/numbers/buy", {"country": "GB"} | query)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "<b>" not in answer.content.decode()


@pytest.mark.parametrize("digits", ["447700900002", "447700900999", "x", "9" * 400])
def test_somebody_elses_number_is_not_for_sale_as_one_that_is_none(owner, services, stock, digits):
    answer = buy(owner, digits)
    assert answer.status_code == 422
    assert owner_of(services, "447700900002") == "stranger"


def test_what_costs_more_than_the_page_said_is_not_bought_unseen(owner, services, stock):
    services.numbers.change(services.numbers.get(LONDON), monthly_cost="80")
    for cost in ("1.25", "", "NaN"):
        assert buy(owner, cost=cost).status_code == 422
    page = buy(owner, country="GB", kind="landline").content.decode()
    assert "costs 80.00 euros a month now" in page
    assert 'name="cost" value="80.00"' in page
    assert "7911" not in page  # the search is still the one that was made
    assert owner_of(services, LONDON) is None
    assert buy(owner, cost="80.00").status_code == 302


def test_an_account_has_so_many_at_most(owner, services, stock, cast):
    services.accounts.change(cast.owner, numbers_at_most=1)
    answer = buy(owner)
    assert answer.status_code == 422
    assert "can buy no number while it has 1 or more" in answer.content.decode()


def test_one_that_may_buy_none_sees_none_and_releases_none(owner, services, stock, cast):
    services.accounts.change(cast.owner, numbers_at_most=0)
    assert "Buy a number" not in owner.get("/numbers/").content.decode()
    page = owner.get("/numbers/buy").content.decode()
    assert "Ask for a number" in page
    assert "7123" not in page
    assert owner.post("/numbers/447700900001/release").status_code == 422
    assert owner_of(services, "447700900001") == "owner"


def test_a_member_buys_and_releases_nothing(member, services, stock):
    assert "Buy a number" not in member.get("/numbers/").content.decode()
    assert "/release" not in member.get("/numbers/447700900001/forward").content.decode()
    assert member.get("/numbers/buy").status_code == 403
    assert buy(member).status_code == 403
    assert owner_of(services, LONDON) is None


def test_an_operator_buys_as_the_account_that_it_acts_as(operator, services, stock):
    assert operator.get("/numbers/buy").status_code == 404
    assert buy(operator).status_code == 404
    operator.post("/accounts/owner/act")
    buy(operator)
    assert owner_of(services, LONDON) == "owner"

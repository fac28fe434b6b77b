"""How many requests a minute somebody has who is signed in."""

import pytest

from dashboard.conftest import HOST


@pytest.fixture
def few(monkeypatch):
    """Three a minute, which does not end meanwhile."""
    from django.conf import settings

    from trunkline.control.api import usage

    web = settings.TRUNKLINE.web.model_copy(update={"requests_per_minute": 3})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"web": web}))
    monkeypatch.setattr(usage.time, "time", lambda: 1_800_000_018.5)


def test_who_asks_too_much_is_told_when_to_go_on(owner, member, few, monkeypatch, services):
    assert [owner.get("/numbers/").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = owner.post("/numbers/447700900001/forward", {"forward": "sip:late@pbx.example"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "42")
    assert "Wait 42 seconds; programs use the API." in answer.content.decode()
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"
    assert member.get("/numbers/").status_code == 200, "another user of the account is another person"
    from trunkline.control.api import usage

    monkeypatch.setattr(usage.time, "time", lambda: 1_800_000_060.5)
    assert owner.get("/numbers/").status_code == 200


def test_what_takes_no_sign_in_is_not_counted(anybody, few):
    for _ in range(5):
        assert anybody().get("/alive").status_code == 200
        assert anybody().get("/api/v1/openapi.json", SERVER_NAME=HOST).status_code == 200


def test_an_account_and_a_user_of_the_same_id_are_counted_apart(services, few):
    from trunkline.control.api import usage

    assert [usage.count_user(7).left for _ in range(3)] == [2, 1, 0]
    assert usage.count(7).left == 599
    assert usage.count_user(8).left == 2

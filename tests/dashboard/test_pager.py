"""The links between the pages of a list: where they lead, and what they keep."""

from html import unescape

import pytest


def following(answer) -> str:
    """Where `Next` leads."""
    return unescape(answer.content.decode().partition('rel="next" href="')[2].partition('"')[0])


def test_a_list_that_answers_a_form_leads_back_to_its_own_address(owner, monkeypatch):
    from trunkline.control.dashboard.users import views

    monkeypatch.setattr(views, "PAGE", 1)
    path = following(owner.post("/users/add", {"name": "dora", "role": "member"}))
    assert path == "/users/?page=2"
    assert "Page 2 of 3" in owner.get(path).content.decode()


@pytest.mark.parametrize("part", [{}, {"HTTP_HX_REQUEST": "true"}])
def test_what_was_searched_for_stays(owner, services, cast, monkeypatch, part):
    from trunkline.control.dashboard.numbers import views

    monkeypatch.setattr(views, "PAGE", 1)
    services.numbers.add("+447700900077", cast.owner)
    path = following(owner.get("/numbers/", {"q": "+44 77"}, **part))
    page = owner.get(path).content.decode()
    assert "2 numbers with +44 77" in page
    assert "Page 2 of 2" in page


def test_the_routes_of_one_carrier_stay_so(operator, services, cast, monkeypatch):
    from trunkline.control.dashboard.routes import views

    monkeypatch.setattr(views, "PAGE", 1)
    services.routes.add("33", cast.telco)
    services.routes.add("4420", services.carriers.create("backup", "sip.backup.example"))
    path = following(operator.get("/routes/", {"carrier": "telco"}))
    page = operator.get(path).content.decode()
    assert "Routes of telco" in page
    assert "Page 2 of 2" in page

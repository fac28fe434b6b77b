"""A POST that is sent again is not done again."""

from datetime import timedelta

import pytest

from api.conftest import Program, basic, problem

KEY = {"Idempotency-Key": "0f8b1a2c"}


def test_what_is_sent_again_is_done_once_and_answered_the_same(owner, cast, services):
    first = owner.ask("POST", "keys", headers=KEY)
    again = owner.ask("POST", "keys", headers=KEY)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert services.keys.listing(cast.owner).count() == 2
    assert owner.ask("POST", "keys", headers={"Idempotency-Key": "another"}).json()["key"] != first.json()["key"]


def test_a_secret_is_not_to_be_read_in_the_database(owner, cast):
    from trunkline.control.api.models import Answer

    secret = owner.ask("POST", "keys", headers=KEY).json()["secret"]
    [kept] = Answer.objects.all()
    assert secret.encode() not in bytes(kept.sealed)
    assert len(kept.sealed) > 100


def test_with_another_secret_it_is_not_done_again_either(owner, cast, services):
    second = services.keys.rotate(cast.key)
    owner.ask("POST", "keys", headers=KEY)
    problem(Program(basic(cast.key.name, second)).ask("POST", "keys", headers=KEY), 409, "conflict")
    assert services.keys.listing(cast.owner).count() == 2


def test_the_same_key_for_something_else_is_refused(owner):
    owner.ask("POST", "numbers", {"number": "+442079460001"}, headers=KEY)
    for path, body in (
        ("numbers", {"number": "+12025550101"}),
        ("sources", {"network": "5.10.112.122"}),
        ("keys", None),
    ):
        problem(owner.ask("POST", path, body, headers=KEY), 422, "idempotency-key-reused")


def test_each_account_has_its_own(owner, stranger, services):
    owner.ask("POST", "numbers", {"number": "+442079460001"}, headers=KEY)
    assert stranger.ask("POST", "numbers", {"number": "+12025550101"}, headers=KEY).status_code == 201


def test_what_was_refused_may_be_tried_again(owner, services, cast):
    services.accounts.change(cast.owner, numbers_at_most=1)
    wanted = {"number": "+442079460001"}
    assert owner.ask("POST", "numbers", wanted, headers=KEY).status_code == 403
    services.accounts.change(cast.owner, numbers_at_most=2)
    assert owner.ask("POST", "numbers", wanted, headers=KEY).status_code == 201


def test_after_a_day_it_is_forgotten(owner):
    from trunkline.control.api.models import Answer

    first = owner.ask("POST", "keys", headers=KEY).json()
    for kept in Answer.objects.all():
        Answer.objects.filter(pk=kept.pk).update(created=kept.created - timedelta(hours=25))
    assert owner.ask("POST", "keys", headers=KEY).json()["key"] != first["key"]


def test_the_longest_key_is_one(owner):
    longest = {"Idempotency-Key": "~ " + "x" * 253}
    first = owner.ask("POST", "keys", headers=longest)
    assert first.status_code == 201
    assert owner.ask("POST", "keys", headers=longest).json() == first.json()


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb", "a\x7fb", "cl\u00e9"])
def test_what_is_no_key_is_refused(owner, cast, services, name):
    problem(owner.ask("POST", "keys", headers={"Idempotency-Key": name}), 422, "invalid")
    assert services.keys.listing(cast.owner).count() == 1


def test_other_methods_need_none(owner):
    assert owner.ask("GET", "account", headers=KEY).status_code == 200
    assert owner.ask("GET", "keys", headers=KEY).status_code == 200

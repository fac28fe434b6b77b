import pytest

from trunkline.control import ServiceError


def test_an_account_has_sane_limits(services):
    account = services.accounts.create("acme")
    assert services.accounts.as_dict(account) | {"created": None} == {
        "name": "acme",
        "enabled": True,
        "caller_id": "any",
        "calls_per_second": 10,
        "calls_at_once": 100,
        "destinations": [],
        "srtp": "accepted",
        "numbers_at_most": 100,
        "latitude": None,
        "longitude": None,
        "sources": [],
        "created": None,
    }


def test_limits_can_be_given_and_changed_one_by_one(services):
    account = services.accounts.create("acme", calls_per_second=0, destinations=["+44", "1", "44"])
    services.accounts.change(account, caller_id="owned", enabled=False)
    account = services.accounts.get("acme")
    assert (account.calls_per_second, account.destinations, account.caller_id) == (0, ["1", "44"], "owned")
    assert not account.enabled


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"name": "Acme Ltd"}, "write 1 to 63 of a-z"),
        ({"name": ""}, "write 1 to 63 of a-z"),
        ({"name": "owner"}, "choose another name"),
        ({"calls_per_second": -1}, "whole number from 0"),
        ({"calls_at_once": True}, "whole number from 0"),
        ({"caller_id": "mine"}, "'any'"),
        ({"srtp": "never"}, "'accepted'"),
        ({"destinations": ["44x"]}, "digits only"),
        ({"destinations": ["0044"]}, "digits only"),
        ({"destinations": [""]}, "leave the list itself empty"),
        ({"speed": 1}, "no 'speed'"),
        ({"sources": ["nowhere"]}, "not a network"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do_and_nothing_is_written(cast, services, wrong, hint):
    before = services.accounts.everyone().count()
    with pytest.raises(ServiceError, match=hint):
        services.accounts.create(**({"name": "other"} | wrong))
    assert services.accounts.everyone().count() == before


def test_an_unknown_account_is_not_found(services):
    with pytest.raises(ServiceError, match="account list"):
        services.accounts.get("nobody")


def test_only_an_account_that_never_had_anything_can_be_removed(cast, services):
    with pytest.raises(ServiceError, match="account disable owner"):
        services.accounts.remove(cast.owner)
    services.accounts.remove(services.accounts.create("empty", sources=["192.0.2.1"]))
    assert [account.name for account in services.accounts.everyone()] == ["owner", "stranger"]


def test_several_services_can_be_one_transaction(cast, services):
    def change_both():
        with services.together():
            services.accounts.change(cast.owner, calls_at_once=5)
            services.sources.remove(cast.owner, "192.0.2.1")

    with pytest.raises(ServiceError, match="has no source"):
        change_both()
    assert services.accounts.get("owner").calls_at_once == 100

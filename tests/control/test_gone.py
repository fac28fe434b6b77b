"""Two operators at once: what one has removed, the other is told of, and nothing of it is written down as done."""

from copy import copy

import pytest

from trunkline.control import DatabaseUnavailable, ServiceError


@pytest.fixture
def things(cast, services):
    """A thing of each kind that can be removed, and how."""
    return {
        "number": (services.numbers.add("+442071234567"), services.numbers.remove),
        "carrier": (cast.backup, services.carriers.remove),
        "route": (services.routes.add("44", cast.telco), services.routes.remove),
        "endpoint": (services.endpoints.add("eu1", "192.0.2.1"), services.endpoints.remove),
        "user": (services.users.create("alice", cast.owner)[0], services.users.remove),
        "account": (services.accounts.create("short"), services.accounts.remove),
    }


DONE = [
    ("number", "numbers.change", {"monthly_cost": "1"}),
    ("number", "numbers.assign", {"account": None}),
    ("number", "numbers.remove", {}),
    ("carrier", "carriers.change", {"enabled": False}),
    ("carrier", "carriers.remove", {}),
    ("route", "routes.change", {"weight": 1}),
    ("route", "routes.remove", {}),
    ("endpoint", "endpoints.change", {"city": "London"}),
    ("endpoint", "endpoints.remove", {}),
    ("user", "users.change", {"enabled": False}),
    ("user", "users.set_password", {}),
    ("user", "users.remove", {}),
    ("user", "second_factor.end", {}),
    ("account", "accounts.change", {"calls_at_once": 1}),
    ("account", "accounts.place", {"latitude": 1.0, "longitude": 1.0}),
    ("account", "accounts.remove", {}),
]


@pytest.mark.parametrize(("kind", "what", "how"), DONE, ids=[what for _, what, _ in DONE])
def test_what_is_gone_is_told_to_be(services, things, kind, what, how):
    from trunkline.control.audit.models import Entry

    thing, remove = things[kind]
    seen = copy(thing)  # as the other operator's page or command has it
    remove(thing)
    entries, sequence = Entry.objects.count(), services.backups._present().sequence
    service, _, operation = what.partition(".")
    with pytest.raises(ServiceError, match="somebody else has removed it meanwhile") as told:
        getattr(getattr(services, service), operation)(seen, **how)
    assert not isinstance(told.value, DatabaseUnavailable)
    assert (Entry.objects.count(), services.backups._present().sequence) == (entries, sequence)


def test_who_is_disabled_by_two_at_once_is_signed_out_each_time(services, cast):
    user, _ = services.users.create("alice", cast.owner)
    seen = copy(user)
    services.users.change(user, enabled=False)
    services.users.change(user, enabled=True)
    services.users.change(seen, enabled=False)
    assert services.users.get("alice").disabled_times == 2  # each of which ends the sessions of before

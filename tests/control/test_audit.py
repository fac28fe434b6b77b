"""The audit log: what is written down of what services do, and what is not."""

import pytest

from trunkline.control import ServiceError


@pytest.fixture
def log(cast, services):
    """Entries since the fixture, the oldest first, as (who, kind, name, did, changes in words)."""
    from trunkline.control.audit.models import Entry

    first = Entry.objects.order_by("-pk").first().pk

    def entries():
        found = Entry.objects.filter(pk__gt=first).order_by("pk")
        return [(e.who, e.kind, e.name, e.did, [services.audit.in_words(c) for c in e.changes]) for e in found]

    return entries


@pytest.fixture
def acting():
    from trunkline.control.audit.actor import USER, Actor, acting

    with acting(Actor(USER, "alice", "192.0.2.1")):
        yield


def test_a_change_has_who_what_and_the_old_and_the_new_value(services, cast, log, acting):
    services.numbers.forward(cast.number, "sip:other@pbx.example")
    services.accounts.change(cast.owner, calls_at_once=7, destinations=["44", "33"], caller_id="any")
    assert log() == [
        ("alice", "number", "+447700900001", "changed",
         ["Forward to SIP: sip:owner@pbx.example → sip:other@pbx.example"]),
        ("alice", "account", "owner", "changed", ["calls at once: 100 → 7", "destinations: none → 33, 44"]),
    ]  # fmt: skip
    [newest] = services.audit.find(limit=1)
    assert (newest.by, newest.address, newest.account, newest.account_name) == (
        "user", "192.0.2.1", cast.owner, "owner"
    )  # fmt: skip


def test_what_changes_nothing_is_no_entry(services, cast, log):
    services.numbers.forward(cast.number, "sip:owner@pbx.example")
    services.accounts.change(cast.owner, calls_at_once=100)
    services.keys.enable(cast.key)
    assert log() == []


def test_what_is_refused_is_no_entry(services, cast, log):
    with pytest.raises(ServiceError):
        services.accounts.create("third", sources=["198.51.100.0/28"])  # a carrier's
    assert log() == []


def test_no_secret_is_ever_in_it(services, cast, log):
    from trunkline.control.audit.models import Entry

    secret = services.keys.rotate(cast.key)
    services.keys.retire(cast.key, 1)
    services.carriers.change(cast.telco, username="us", password="carrier-secret")
    user, password = services.users.create("alice", cast.owner, "member")
    again = services.users.set_password(user)
    assert [entry[1:] for entry in log()] == [
        ("secret", f"2 of key {cast.key.name}", "made by rotation", []),
        ("secret", f"1 of key {cast.key.name}", "ended", []),
        ("carrier", "telco", "changed", ["password (not shown)", "username: none → us"]),
        ("user", "alice", "made", ["account: owner", "password (not shown)"]),
        ("user", "alice", "given another password", ["password (not shown)"]),
    ]
    text = str(list(Entry.objects.values()))
    user.refresh_from_db()
    digests = [value for row in cast.key.secrets.values("ha1_md5", "ha1_sha256") for value in row.values()]
    for hidden in (secret, cast.secret, "carrier-secret", password, again, user.password, *digests):
        assert hidden not in text


def test_every_service_is_in_it(services, cast, log):
    route = services.routes.add("44", cast.telco)
    services.routes.remove(route)
    services.sources.add(cast.owner, "192.0.2.9")
    services.sources.remove(cast.owner, "192.0.2.9")
    services.carriers.change(cast.backup, enabled=False)
    services.carriers.remove(cast.backup)
    services.accounts.change(cast.stranger, enabled=False)
    services.numbers.add("+447700900003")
    services.inventory.buy(cast.owner, "+447700900003")
    services.inventory.release(cast.owner, "+447700900003")
    services.numbers.change(services.numbers.get("+447700900003"), monthly_cost="1.50")
    services.numbers.assign(cast.number, None)
    services.numbers.remove(cast.number)
    assert [entry[1:] for entry in log()] == [
        ("route", "44 by telco", "made", ["priority: 10", "weight: 10"]),
        ("route", "44 by telco", "removed", ["priority: 10", "weight: 10"]),
        ("source", "192.0.2.9", "added", ["account: owner"]),
        ("source", "192.0.2.9", "removed", ["account: owner"]),
        ("carrier", "backup", "disabled", ["enabled: yes → no"]),
        ("carrier", "backup", "removed", ["enabled: no", "host: backup.example", "transport: tls"]),
        ("account", "stranger", "disabled", ["enabled: yes → no"]),
        ("number", "+447700900003", "made", []),
        ("number", "+447700900003", "bought", ["account: none → owner"]),
        ("number", "+447700900003", "released", ["account: owner → none"]),
        ("number", "+447700900003", "changed", ["monthly cost: 0.00 → 1.50"]),
        (
            "number",
            "+447700900001",
            "taken back",
            ["Forward to SIP: sip:owner@pbx.example → none", "account: owner → none"],
        ),
        ("number", "+447700900001", "removed", []),
    ]


def test_an_import_is_one_entry_for_each_account(services, cast, log):
    from trunkline.control.audit.models import Entry
    from trunkline.control.numbers.importing import Row

    rows = [Row(n, f"+4420712{n:05}", "owner" if n % 3 else "", "") for n in range(300)]
    assert services.importing.carry_out(rows).problems == []
    assert sorted((kind, name, did) for _, kind, name, did, _ in log()) == [
        ("number", "100 numbers", "imported"),
        ("number", "200 numbers", "imported"),
    ]
    assert Entry.objects.get(name="200 numbers").account == cast.owner
    changed = [row._replace(forward="sip:a@pbx.example") for row in rows if row.account]
    services.importing.carry_out(changed, update=True)
    assert log()[2:][0][1:4] == ("number", "200 numbers", "imported")
    assert Entry.objects.get(name="200 numbers", pk__gt=Entry.objects.order_by("-pk")[1].pk).count == 200


def test_many_accounts_at_once_are_one_entry(services, cast, log):
    from trunkline.control.numbers.importing import Row

    for n in range(25):
        services.accounts.create(f"a{n}")
    before = len(log())
    services.importing.carry_out([Row(n, f"+4420712{n:05}", f"a{n}", "") for n in range(25)])
    [entry] = log()[before:]
    assert entry[1:4] == ("number", "25 numbers", "imported")
    assert "+442071200000, +442071200001" in entry[4][0]


def test_an_import_that_gives_numbers_to_another_account_says_so(services, cast, log):
    from trunkline.control.numbers.importing import Row

    rows = [Row(2, cast.number.e164, "stranger", "sip:owner@pbx.example"), Row(3, cast.stranger_number.e164, "", "")]
    services.importing.carry_out(rows, update=True)
    assert [entry[1:] for entry in log()] == [
        ("number", "+447700900001", "taken back", ["Forward to SIP: sip:owner@pbx.example", "account: owner"]),
        ("number", "+447700900001", "given", ["Forward to SIP: sip:owner@pbx.example", "account: stranger"]),
        (
            "number",
            "+447700900002",
            "imported",
            ["Forward to SIP: sip:stranger@pbx.example → none", "account: stranger → none"],
        ),
    ]


def test_a_number_between_two_customers_names_neither_to_the_other(services, cast):
    services.numbers.assign(cast.number, cast.stranger)
    services.numbers.forward(cast.number, "sip:theirs@pbx.example")
    ours, theirs = (services.audit.find(account=a, kind="number") for a in (cast.owner, cast.stranger))
    assert (ours[0].did, theirs[1].did) == ("taken back", "given")
    for entries, hidden in ((ours, "stranger"), (theirs, "owner")):
        assert hidden not in str([(entry.name, entry.changes) for entry in entries])


def test_a_removed_account_is_still_named(services, cast, log):
    services.accounts.remove(services.accounts.create("short"))
    assert [entry[1:4] for entry in log()] == [("account", "short", "made"), ("account", "short", "removed")]
    again = services.accounts.create("short")
    [entry] = services.audit.find(account=again)
    assert entry.did == "made"  # and not what was another's of that name


def test_entries_are_found_by_who_what_name_account_and_time(services, cast, acting):
    services.numbers.forward(cast.number, "sip:other@pbx.example")
    [entry] = services.audit.find(who="LIC")
    for conditions in ({"kind": "number"}, {"name": "900001"}, {"name": "owner"}, {"account": cast.owner}):
        assert services.audit.find(**conditions)[0] == entry
    everything = services.audit.find(limit=100)
    assert entry not in services.audit.find(until=entry.time)
    assert services.audit.find(since=entry.time) == [entry]
    paged, before = [], None
    while page := services.audit.find(before=before, limit=3):
        paged += page
        before = (page[-1].time, page[-1].pk)
    assert paged == everything
    with pytest.raises(ServiceError, match="write 1 or more"):
        services.audit.find(limit=0)


def test_an_owner_does_not_see_who_works_for_the_operator(services, cast):
    from trunkline.control.audit.actor import OPERATOR, Actor, acting

    with acting(Actor(OPERATOR, "olga", "192.0.2.99", acting_as="owner")):
        services.accounts.change(cast.owner, calls_at_once=5)
    [entry] = services.audit.seen(cast.owner, services.audit.find(account=cast.owner, limit=1))
    assert services.audit.who(entry) == "whoever runs this service"
    assert "192.0.2.99" not in str(services.audit.as_row(entry))
    [entry] = services.audit.seen(None, services.audit.find(limit=1))
    assert (services.audit.who(entry), entry.address, entry.acting_as) == ("olga (operator)", "192.0.2.99", "owner")


def test_every_model_that_people_change_is_audited(sqlite):
    """Those of the apps below are written by programs alone, or say what nobody needs to know later."""
    from django.apps import apps

    from trunkline.control.audit.audited import Audited

    programs = {"api", "audit", "calls", "changes", "imports", "jobs", "nodes", "registrations", "trials"}
    unaudited = {
        model._meta.label for model in apps.get_models()
        if model.__module__.startswith("trunkline") and not issubclass(model, Audited)
    }  # fmt: skip
    assert {label for label in unaudited if label.partition(".")[0] not in programs} == {
        "users.SignIn", "users.SecondFactor", "users.RecoveryCode",  # a factor is told of as its user's
        "users.Letter",  # what became of the last mail to a user
        "sources.HeardAddress",  # by the shipper of records
        "sources.CalledAddress",  # it follows from numbers
        "endpoints.Distance",  # nodes measure it
    }  # fmt: skip


def test_entries_go_when_they_are_too_old_and_some_at_a_time(services, cast, monkeypatch):
    from datetime import timedelta

    from django.conf import settings

    from trunkline.control.audit import recording
    from trunkline.control.audit.models import Entry

    def age(days):
        Entry.objects.update(time=Entry.objects.first().time - timedelta(days=days))

    age(40)
    services.accounts.change(cast.owner, calls_at_once=5)
    assert Entry.objects.count() > 8, "nothing goes unless the settings say so"
    audit = settings.TRUNKLINE.audit.model_copy(update={"keep_days": 30})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"audit": audit}))
    monkeypatch.setattr(recording, "PRUNED", 3)
    before = Entry.objects.count()
    services.accounts.change(cast.owner, calls_at_once=6)
    assert Entry.objects.count() == before + 1 - 3
    monkeypatch.setattr(recording, "PRUNED", 500)
    services.accounts.change(cast.owner, calls_at_once=7)
    assert [entry.changes for entry in services.audit.find(limit=9)] == [
        [["calls at once", 6, 7]], [["calls at once", 5, 6]], [["calls at once", 100, 5]],
    ]  # fmt: skip

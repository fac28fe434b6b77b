"""The sequence that nodes follow: no gap, in the order of the commits, whatever the writers do."""

import threading

import pytest

from trunkline.control import ServiceError


@pytest.fixture
def feed(database):
    from trunkline.control.feed import DatabaseFeed

    return DatabaseFeed()


def _kinds(feed, after=0):
    return [change.kind for change in feed.changes(after, 100)]


def _seen_by_edges(feed):
    """What an edge is told of each entity: rows by (kind, id)."""
    found = {}
    for portion in feed.snapshot().portions:
        for table, rows in portion.items():
            for row in rows:
                if table == "source":
                    entity = (row["owner_kind"], row["owner_id"])
                else:
                    entity = ("key", row["key_id"]) if table == "credential" else (table, row["id"])
                found.setdefault(entity, []).append((table, sorted(row.items())))
    return {entity: sorted(rows) for entity, rows in found.items()}


def test_whatever_is_written_for_the_edges_is_noted(services, feed):
    """Else they would not hear of it: a bought number would not ring, and a disabled key go on calling."""
    account = services.accounts.create("acme", sources=["192.0.2.1"])
    key, _ = services.keys.create(account)
    carrier = services.carriers.create("telco", "192.0.2.9")
    route = services.routes.add("44", carrier)
    number = services.numbers.add("+447700900000")
    row = services.importing.Row(1, "447700900009", "acme", "sip:a@b.example")
    writes = [
        ("account", lambda: services.accounts.create("other")),
        ("account", lambda: services.accounts.change(account, calls_at_once=1)),
        ("account", lambda: services.accounts.change(account, enabled=False)),
        ("account", lambda: services.accounts.change(account, enabled=True)),
        ("account", lambda: services.sources.add(account, "192.0.2.2")),
        ("account", lambda: services.sources.remove(account, "192.0.2.2")),
        ("account", lambda: services.accounts.remove(services.accounts.get("other"))),
        ("key", lambda: services.keys.create(account)),
        ("key", lambda: services.keys.rotate(key)),
        ("key", lambda: services.keys.retire(key, 1)),
        ("key", lambda: services.keys.enable(key, False)),
        ("key", lambda: services.keys.enable(key)),
        ("carrier", lambda: services.carriers.create("another", "192.0.2.10")),
        ("carrier", lambda: services.carriers.change(carrier, port=5080)),
        ("carrier", lambda: services.carriers.change(carrier, enabled=False)),
        ("carrier", lambda: services.sources.add(carrier, "192.0.2.9")),
        ("number", lambda: services.inventory.buy(account, "+447700900000")),
        ("number", lambda: services.numbers.forward(services.numbers.get("447700900000"), "sip:a@b.example")),
        ("number", lambda: services.inventory.release(account, "+447700900000")),
        ("number", lambda: services.numbers.assign(number, account)),
        ("number", lambda: services.numbers.remove(number)),
        ("number", lambda: services.numbers.add("+447700900001", account)),
        ("number", lambda: services.importing.carry_out([row])),
        ("route", lambda: services.routes.refuse("4470")),
        ("route", lambda: services.routes.change(route, weight=7)),
        ("route", lambda: services.routes.remove(route)),
        ("carrier", lambda: services.carriers.remove(carrier)),
    ]
    for kind, write in writes:
        before, there = feed.head(), _seen_by_edges(feed)
        write()
        now = _seen_by_edges(feed)
        changed = {entity for entity in {**there, **now} if there.get(entity) != now.get(entity)}
        assert changed == {(change.kind, change.entity_id) for change in feed.changes(before, 100)}
        assert [one for one, _ in changed] == [kind]


def test_sequences_have_no_gap_and_a_refused_write_takes_none(cast, services, feed):
    before = feed.head()
    with pytest.raises(ServiceError):
        services.accounts.create("owner")
    services.accounts.create("acme")
    assert [change.sequence for change in feed.changes(0, 100)] == list(range(1, before + 2))
    assert feed.head() == before + 1


def test_a_part_of_the_changes_can_be_asked_for(cast, feed):
    assert [change.sequence for change in feed.changes(2, 3)] == [3, 4, 5]
    assert feed.changes(feed.head(), 3) == []


def test_very_many_changes_leave_a_gap_so_that_nodes_take_a_snapshot(cast, services, feed, monkeypatch):
    from trunkline.control.changes import services as changes

    monkeypatch.setattr(changes, "MANY", 10)
    before = feed.head()
    services.importing.carry_out([services.importing.Row(n, str(33100000000 + n), "owner", "") for n in range(10)])
    for after in range(before + 1):
        assert feed.changes(after, 100)[0].sequence != after + 1
    assert feed.changes(feed.head(), 100) == []
    services.accounts.create("later")
    assert _kinds(feed, feed.head() - 1) == ["account"]


def test_old_changes_are_pruned(services, feed, monkeypatch):
    from trunkline.control.changes import services as changes

    monkeypatch.setattr(changes, "KEPT", 3)
    monkeypatch.setattr(changes, "PRUNE_EVERY", 5)
    for n in range(5):
        services.accounts.create(f"a{n}")
    assert [change.sequence for change in feed.changes(0, 100)] == [3, 4, 5]


def test_concurrent_writers_leave_no_gap_and_a_follower_never_sees_one(services, feed):
    """A follower that once saw sequence n must find that every number up to n was visible then."""
    writers, each = 8, 12
    failures, seen = [], []
    done = threading.Event()

    def write(writer):
        from trunkline.control.database import close

        try:
            for n in range(each):
                services.accounts.create(f"w{writer}-{n}", sources=[f"10.{writer}.{n}.1"])
        except Exception as error:  # noqa: BLE001 - reported by the test itself
            failures.append(error)
        finally:
            close()

    def follow():
        from trunkline.control.database import close

        last = 0
        while not done.is_set() or feed.head() > last:
            for change in feed.changes(last, 1000):
                seen.append(change.sequence)
                last = change.sequence
        close()

    follower = threading.Thread(target=follow)
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in (follower, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    follower.join()
    assert failures == []
    assert seen == list(range(1, 2 * writers * each + 1))

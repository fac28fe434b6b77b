"""A control plane in memory for the follower to follow, and what then is in the store."""

from trunkline.contract.feed import Change, Database, Snapshot


class Control:
    """A `contract.feed.Feed` of numbers and carriers, in memory. `meddle` runs before each question."""

    def __init__(self):
        self.entities: dict[tuple[str, int], dict] = {}
        self.log: list[Change] = []
        self.sequence = 0
        self.meddle = lambda: None
        self.snapshots = 0
        self.identity = "first"

    def set(self, kind: str, entity_id: int, value: str | None):
        """Give an entity a value (a number's digits, a carrier's name), or remove it: one change."""
        if kind == "number" and value:  # the control plane, too, keeps a number once only
            for key, held in list(self.entities.items()):
                if key[0] == "number" and key[1] != entity_id and held == value:
                    self.set(*key, None)
        if value is None:
            self.entities.pop((kind, entity_id), None)
        else:
            self.entities[kind, entity_id] = value
        self.sequence += 1
        self.log.append(Change(self.sequence, kind, entity_id))

    def prune(self):
        self.log.clear()

    def database(self):
        self.meddle()
        return Database(self.identity, "the database control.db")

    def head(self):
        self.meddle()
        return self.sequence

    def changes(self, after, limit):
        self.meddle()
        return [change for change in self.log if change.sequence > after][:limit]

    def entity(self, kind, entity_id):
        self.meddle()
        value = self.entities.get((kind, entity_id))
        return rows(kind, entity_id, value) if value else {}

    def snapshot(self):
        self.snapshots += 1
        entities = dict(self.entities)
        return Snapshot(self.sequence, (rows(*key, value) for key, value in entities.items()), self.identity)


def rows(kind, entity_id, value):
    if kind == "number":
        return {"number": [{"id": entity_id, "e164": value, "account_id": 1, "forward": "[]"}]}
    names = ("enabled", "port", "strip")
    row = {"id": entity_id, "name": value, "host": "192.0.2.1", "transport": "udp", "username": "", "password": ""}
    source = {"network": f"192.0.2.{entity_id}/32", "port": 0, "owner_kind": "carrier", "owner_id": entity_id}
    return {"carrier": [row | dict.fromkeys(names, 0) | {"prefix": ""}], "source": [source]}


def contents(connection):
    numbers = connection.execute("SELECT id, e164 FROM number").fetchall()
    carriers = connection.execute("SELECT id, name FROM carrier").fetchall()
    sources = connection.execute("SELECT owner_id FROM source").fetchall()
    assert {row["owner_id"] for row in sources} == {row["id"] for row in carriers}
    return {("number", row["id"]): row["e164"] for row in numbers} | {
        ("carrier", row["id"]): row["name"] for row in carriers
    }


def settle(follower):
    while follower.step():
        continue

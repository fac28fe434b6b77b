"""The part that ends calls, driven by a journal, a relay and a clock of the test."""

from trunkline.contract import journal
from trunkline.node.calls import Calls
from trunkline.node.clear import Clearer, Names
from trunkline.node.ping import Pinger
from trunkline.node.silence import Patience

RING_SECONDS = 120.0
OURS = "<sip:198.51.100.1;lr;ftag=a1;tl=0011223344556677.1.ep.aa>"

SETUP = {"event": "setup", "caller": "447700900000", "called": "442071234567", "source": "udp:203.0.113.9:5060"}

DIALOG = {
    "tags": ["a1", "b2"],
    "contacts": ["<sip:a@203.0.113.9>", "<sip:b@198.51.100.9>"],
    "source": "udp:198.51.100.9:5060",
    "routes": [OURS],
}


class FakeRelays:
    """`last`: when both parties were heard; None when no relay knows the call. `away`: what is raised instead. `tags`:
    those that it knows."""

    def __init__(self):
        self.last, self.away, self.asked, self.tags = None, None, [], ("a1", "b2")

    def ask(self, command, call_id):
        self.asked.append((command, call_id))
        if self.away:
            raise self.away
        if self.last is None:
            return None
        stream = {"last packet": self.last, "stats": {"packets": 9}, "ingress SSRCs": []}
        party = {"medias": [{"flags": ["send", "recv"], "streams": [stream]}]}
        return {"created": 1000, "tags": dict.fromkeys(self.tags, party)}


class FakeClient:
    def __init__(self):
        self.sent = []

    def send(self, request):
        self.sent.append(request)

    def repeat(self):
        return


class FakeKamailio:
    """`hangs`: it takes what it is told, and says nothing."""

    def __init__(self):
        self.cancelled, self.released, self.progressed, self.hangs = [], [], [], False

    def cancel(self, setup):
        self.cancelled.append(setup)

    def release(self, *call):
        self.released.append(call)

    def progress(self, setup):
        self.progressed.append(setup)
        return not self.hangs


class Scene:
    def __init__(self, folder):
        self.path, self.state, self.now = folder / "edge.jsonl", folder / "calls.json", 1000.0
        self.endings = folder / "endings"
        self.set_by = 0.0  # by how much somebody has set the clock
        self.relays, self.client, self.kamailio = FakeRelays(), FakeClient(), FakeKamailio()
        self.start()

    def start(self):
        patience = Patience(dead=60, one_way=600, hold=3600, longest=14_400)
        calls, names = Calls(self.path, self.state), Names("sip.example", "secret", "node1")
        pinger = Pinger(self.path.with_name("no-kamailio"))
        self.clearer = Clearer(
            calls,
            self.relays,
            pinger,
            self.kamailio,
            self.client,
            self.path,
            self.endings,
            names,
            patience,
            RING_SECONDS,
            lambda: self.now + self.set_by,
            lambda: self.now,
        )

    def write(self, *events, call="0011223344556677"):
        with open(self.path, "ab") as file:
            for event in events:
                file.write(
                    journal.encode({"time": self.now, "node": "node1", "call": call, "call_id": "c@pbx"} | event)
                )

    def answered(self):
        self.write(SETUP, {"event": "answer", "dialog": DIALOG})
        self.step()

    def step(self, until=None):
        self.now = until or self.now
        while self.clearer.step():
            continue

    def lines(self, kind):
        return [e for line in self.path.read_bytes().splitlines() if (e := journal.decode(line))["event"] == kind]

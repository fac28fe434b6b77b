"""Where a node keeps its state: every path under `TRUNKLINE_HOME`, in one place."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """`node/` and `store/` are rendered or rebuilt at will (`location.db` by the PBXs as they register again);
    `journal/`, `control.db`, `tls/` and `secrets.json` are not."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "trunkline.toml"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def dns_key(self) -> Path:
        """The TSIG key that signs updates of the zone."""
        return self.root / "dns.key"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    @property
    def node(self) -> Path:
        """The engines' configuration."""
        return self.root / "node"

    @property
    def stores(self) -> Path:
        """The SQLite files that Kamailio reads, and beside which it writes."""
        return self.root / "store"

    @property
    def store(self) -> Path:
        return self.stores / "edge.db"

    @property
    def locations(self) -> Path:
        """Kamailio's registered contacts."""
        return self.stores / "location.db"

    @property
    def journal(self) -> Path:
        """The folder of journal files; the edge appends to `edge.jsonl` in it."""
        return self.root / "journal"

    @property
    def journal_file(self) -> Path:
        return self.journal / "edge.jsonl"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def run(self) -> Path:
        """Sockets and process ids; worth nothing after a reboot."""
        return self.root / "run"

    @property
    def ports(self) -> Path:
        return self.node / "ports.json"

    @property
    def supervisor(self) -> Path:
        """The process manager's control, a Unix stream socket."""
        return self.run / "supervisor.sock"

    @property
    def open_calls(self) -> Path:
        """The calls that are up, as the part `clear` knows them."""
        return self.root / "calls.json"

    @property
    def endings(self) -> Path:
        """The calls that are to be ended, a file for each: node/orders.py."""
        return self.run / "endings"

    def status(self, part: str) -> Path:
        """What a part of the node (`follow`, `resolve`, `ship`, `clear`) says of itself, JSON."""
        return self.run / f"{part}.status.json"

    def staged(self, part: str) -> Path:
        """Copies of what a part reads (`web`, `jobs`) that does not run as root: node/staging.py."""
        return self.run / part

    @property
    def kamailio_run(self) -> Path:
        """Where Kamailio makes its sockets; the rest of `run` is root's."""
        return self.run / "kamailio"

    @property
    def kamailio_rpc(self) -> Path:
        """Kamailio's JSON-RPC, a Unix datagram socket."""
        return self.kamailio_run / "rpc.sock"

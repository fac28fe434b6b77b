"""The three nodes of deploy/examples/three-nodes, at the addresses that its files name, and what they lean on."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.postgresql import postgresql

from fleet import zone
from fleet.given import Given
from fleet.internet import Internet, Machine
from harness.node import Node

FOLDER = Path(__file__).parents[2] / "deploy" / "examples" / "three-nodes"
PUBLIC = {"ams1": "198.51.100.11", "ams2": "198.51.100.12", "sin1": "203.0.113.11"}
OWN = {"ams1": "10.0.0.11", "ams2": "10.0.0.12", "sin1": "10.0.0.13"}
CARRIER, PBX = "192.0.2.10", "192.0.2.20"  # where the tests' user agents are


class ExampleNode(Node):
    """Nothing is set but by its file: no variable of its environment says anything but where its home is."""

    def __init__(self, internet: Internet, lan: Internet, name: str):
        self.machine: Machine = internet.machine(name, PUBLIC[name])
        self.machine.plug_into(lan, OWN[name], "eth1")
        given = Given(PUBLIC[name], "127.0.0.70", "127.0.0.80", CARRIER, PBX)
        super().__init__(given, node={"name": name}, sip={"domain": zone.DOMAIN})
        self.name, self.enter, self.environment = name, self.machine.enter, self.bare_environment()

    def write_example(self) -> None:
        """As who writes the files by hand does."""
        shutil.copy(FOLDER / f"{self.name}.toml", self.home.settings)

    def take_secrets_of(self, other: Node) -> None:
        self.home.tls.mkdir()
        for path in (other.home.secrets, other.home.tls / "ca.crt", other.home.tls / "ca.key"):
            shutil.copy(path, self.home.root / path.relative_to(other.home.root))

    def serves(self) -> bool:
        return self.machine.inside(super().serves)


@contextlib.contextmanager
def database(lan: Internet) -> Iterator[None]:
    """A PostgreSQL at 10.0.0.5, made ready as docs/scaling.md says."""
    machine = lan.machine("db", "10.0.0.5")
    with postgresql(machine.address, machine.enter) as server:
        server.query("CREATE ROLE trunkline LOGIN PASSWORD 'PASSWORD'")
        server.query("CREATE DATABASE trunkline OWNER trunkline")
        yield

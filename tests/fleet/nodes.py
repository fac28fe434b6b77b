"""A node on a machine of its own."""

import shutil
import subprocess

from fleet import zone
from fleet.given import Given
from fleet.internet import Machine
from harness.node import Node, NodeError

DISK_MB = 260  # of memory, as far as it is written to


class FleetNode(Node):
    """`carrier` and `pbx`: addresses where the tests' user agents are. Its home is a disk of its own.

    All that a node has runs, each as few times as it can: with six nodes on a small machine, one worker of each kind.
    """

    def __init__(self, machine: Machine, carrier: str, pbx: str, region: str, database: str, dns: dict[str, object]):
        addresses = Given(machine.address, "127.0.0.70", "127.0.0.80", carrier, pbx)
        super().__init__(
            addresses,
            node={"name": machine.name, "region": region},
            database={"url": database},
            dns=dns,
            sip={"domain": zone.DOMAIN, "workers": 1},
            media={"relays": 1, "redis": True},
        )
        self.machine, self.name, self.enter = machine, machine.name, machine.enter
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=711", "tmpfs", str(self.home.root)], check=True
        )

        zone.write_key(self.home)

    def do_with(self, *words: str, text: str) -> None:
        """A command that reads text, and must succeed. Raises NodeError."""
        ran = self.run(*words, input=text)
        if ran.returncode:
            raise NodeError(f"trunkline {' '.join(words)}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}")

    def serves(self) -> bool:
        return self.machine.inside(super().serves)

    def take_secrets_of(self, other: Node) -> None:
        """Both serve the same customers, so a nonce or a dialog of one is good at the other."""
        shutil.copy(other.home.secrets, self.home.secrets)

    def fill_disk(self) -> None:
        with (self.home.root / "ballast").open("wb", buffering=0) as file:
            try:
                while file.write(bytes(65536)):
                    pass
            except OSError:
                return

    def free_disk(self) -> None:
        (self.home.root / "ballast").unlink()

    def discard(self) -> None:
        self.end()
        subprocess.run(["umount", "--lazy", str(self.home.root)], check=True)
        super().discard()

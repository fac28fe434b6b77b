"""An Internet of our own: a network namespace for each machine, joined by a bridge in one more, where the tests' user
agents live. Packets between two machines are real ones, and links can be cut."""

import ipaddress
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

NAMED = Path("/run/netns")


class Machine:
    """`enter` is what to put before a command that shall run there."""

    def __init__(self, internet: "Internet", name: str, address: str):
        self.name, self.address = name, address
        self._internet, self._namespace = internet, f"{internet.name}-{name}"
        self.enter = ("nsenter", f"--net={NAMED / self._namespace}")
        self._inside = ("ip", "-n", self._namespace)
        self._port = f"v-{name}"
        _run("ip", "netns", "add", self._namespace)
        _run(*self._inside, "link", "set", "lo", "up")
        self.plug_into(internet, address, "eth0")
        if not internet.is_everything:
            _run(*self._inside, "route", "add", "default", "via", internet.address)

    def plug_into(self, network: "Internet", address: str, device: str) -> None:
        """Have an address in one more network."""
        pair = ("type", "veth", "peer", device, "netns", self._namespace)
        _run("ip", "-n", network.name, "link", "add", self._port, *pair)
        _run("ip", "-n", network.name, "link", "set", self._port, "master", "bridge", "up")
        _run(*self._inside, "link", "set", device, "up")
        _run(*self._inside, "addr", "add", f"{address}/{network.size}", "dev", device)
        if network.is_everything:
            _run(*self._inside, "route", "replace", "default", "dev", device)

    def cut(self) -> None:
        """Pull its cable: nothing comes or goes, and nobody is told."""
        _run("ip", "-n", self._internet.name, "link", "set", self._port, "nomaster")

    def mend(self) -> None:
        _run("ip", "-n", self._internet.name, "link", "set", self._port, "master", "bridge")

    def part_from(self, *others: "Machine") -> None:
        """Lose the way between this machine and others, both ways, while each still reaches the rest."""
        for other in others:
            _run(*self._inside, "route", "add", "blackhole", f"{other.address}/32")
            _run(*other._inside, "route", "add", "blackhole", f"{self.address}/32")

    def meet(self, *others: "Machine") -> None:
        for other in others:
            _run(*self._inside, "route", "del", "blackhole", f"{other.address}/32")
            _run(*other._inside, "route", "del", "blackhole", f"{self.address}/32")

    def inside[T](self, function: Callable[[], T]) -> T:
        """What a function returns, or raises, when it runs there."""
        return _in_namespace(self._namespace, function)

    def remove(self) -> None:
        _run("ip", "netns", "del", self._namespace)


class Internet:
    """`network` is like "198.18.4.0/24", whose first address is the bridge's; those that nobody chose are given out
    from the next one on. In "0.0.0.0/0" everybody is everybody's neighbour, and the bridge is at `address`."""

    def __init__(self, network: str, name: str, address: str = ""):
        self._hosts, self.network = ipaddress.ip_network(network).hosts(), network
        self.name, self.size = f"tl{os.getpid()}{name}", ipaddress.ip_network(network).prefixlen
        self.address = address or str(next(self._hosts))
        self._machines: list[Machine] = []

    @property
    def is_everything(self) -> bool:
        return self.size == 0

    def __enter__(self):
        _run("ip", "netns", "add", self.name)
        _run("ip", "-n", self.name, "link", "set", "lo", "up")
        # With an address of its own: it would take that of a port, and change it when the port is cut.
        _run("ip", "-n", self.name, "link", "add", "bridge", "address", "02:00:00:00:00:01", "type", "bridge")
        _run("ip", "-n", self.name, "link", "set", "bridge", "up")
        _run("ip", "-n", self.name, "addr", "add", f"{self.address}/{self.size}", "dev", "bridge")
        if self.is_everything:
            _run("ip", "-n", self.name, "route", "add", "default", "dev", "bridge")
        return self

    def __exit__(self, *_):
        for machine in self._machines:
            machine.remove()
        _run("ip", "netns", "del", self.name)

    def machine(self, name: str, address: str = "") -> Machine:
        self._machines.append(Machine(self, name, address or str(next(self._hosts))))
        return self._machines[-1]

    def visitor(self, address: str = "") -> str:
        """An address for a user agent of the tests."""
        address = address or str(next(self._hosts))
        _run("ip", "-n", self.name, "addr", "add", f"{address}/{self.size}", "dev", "bridge")
        return address

    def inside[T](self, function: Callable[[], T]) -> T:
        """As `Machine.inside`, where the user agents are."""
        return _in_namespace(self.name, function)


def _in_namespace[T](name: str, function: Callable[[], T]) -> T:
    """In a thread of its own: a namespace is entered by a thread, and its children are born there."""
    outcome: list = []

    def enter() -> None:
        descriptor = os.open(NAMED / name, os.O_RDONLY)
        try:
            os.setns(descriptor, os.CLONE_NEWNET)
        finally:
            os.close(descriptor)
        try:
            outcome.append((function(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again below
            outcome.append((None, error))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error is not None:
        raise error
    return value


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=30)

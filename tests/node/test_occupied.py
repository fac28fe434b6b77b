"""Ports that are taken, and addresses that are not there."""

import os
import socket

import pytest

from trunkline.node import occupied
from trunkline.node.occupied import Endpoint
from trunkline.node.ports import Ports
from trunkline.settings import Settings


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("wildcard", [False, True])
def test_a_taken_port_is_named_with_the_process_that_has_it(addresses, transport, wildcard):
    address = addresses.take()
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("0.0.0.0" if wildcard else address, 0))
        if transport == "tcp":
            holder.listen()
        port = holder.getsockname()[1]
        [problem] = occupied.problems([Endpoint(transport, address, port, "sip.port")])
    name = open("/proc/self/comm").read().strip()  # noqa: SIM115 - a proc file
    assert problem == (
        f"{transport.upper()} port {port} on {address} is taken by {name} (process {os.getpid()}). "
        "End that, or set sip.port to another port"
    )
    assert occupied.problems([Endpoint(transport, address, port, "sip.port")]) == []


def test_a_listener_on_ipv6_is_found():
    with socket.socket(socket.AF_INET6) as holder:
        try:
            holder.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        holder.listen()
        port = holder.getsockname()[1]
        [problem] = occupied.problems([Endpoint("tcp", "::1", port, "sip.port")])
    assert f"(process {os.getpid()})" in problem


def test_an_address_of_another_machine_is_said_to_be_one():
    behind_nat = "sip.address to one that is; behind a NAT, the one that others see is sip.advertised"
    for setting, words in (("sip.tls_port", behind_nat), ("sandbox.pbx_port", "sandbox.pbx_address to one that is")):
        [problem] = occupied.problems([Endpoint("udp", "192.0.2.77", 5060, setting)])
        assert problem == f"192.0.2.77 is not an address of this machine. Set {words}"


def test_an_address_that_is_not_there_is_said_once():
    settings = Settings(sip={"address": "192.0.2.77"}, sandbox={"enabled": False})
    [problem] = occupied.problems(occupied.endpoints(settings, Ports((1, 2))))
    assert "Set sip.address to one that is" in problem


def test_connections_in_time_wait_are_no_obstacle(addresses):
    address = addresses.take()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the engines do
        listener.bind((address, 0))
        listener.listen()
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        accepted.close()  # the side that closes first keeps the port in TIME_WAIT
        client.recv(1)
        client.close()
        port = listener.getsockname()[1]
    assert occupied.problems([Endpoint("tcp", address, port, "sip.port")]) == []


def test_everything_that_listens_is_looked_at():
    sip = {"address": "127.0.0.9", "port": 5070, "tls_port": 5071}
    settings = Settings(sip=sip, sandbox={"enabled": True, "pbx_port": 6000})
    found = {(e.transport, e.address, e.port) for e in occupied.endpoints(settings, Ports((2223,)))}
    assert {("udp", "127.0.0.9", 5070), ("tcp", "127.0.0.9", 5070), ("tcp", "127.0.0.9", 5071)} < found
    assert ("udp", "127.0.0.1", 2223) in found
    assert ("tcp", "127.0.0.80", 6001) in found
    without = Settings(sip=sip, sandbox={"enabled": False})
    assert not any(e.setting.startswith("sandbox") for e in occupied.endpoints(without, Ports((2223,))))


@pytest.mark.parametrize(
    ("changed", "settings"),
    [
        ({"sip": {"address": "127.0.0.1", "port": 5061}}, "sip.port and sip.tls_port"),
        ({"sip": {"address": "127.0.0.70"}}, "sip.port and sandbox.carrier_port"),
    ],
)
def test_two_parts_that_want_the_same_port_are_refused(changed, settings):
    listed = occupied.endpoints(Settings(**changed), Ports((0,)))
    assert all(settings in problem for problem in occupied.problems(listed))
    assert occupied.problems(listed)

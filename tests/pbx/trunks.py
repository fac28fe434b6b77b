"""A trunk as a customer has it."""

import dataclasses

from trunkline.pbx.system import System
from trunkline.pbx.trunk import Endpoint, MediaRange, Options, Trunk

PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
ENDPOINTS = tuple(
    Endpoint(f"sip-{name}.example.net", (address,), PORTS)
    for name, address in (("eu1", "192.0.2.1"), ("eu2", "192.0.2.2"), ("us1", "198.51.100.1"))
)
TRUNK = Trunk(
    domain="sip.example.net",
    key="a1b2c3d4",
    secret="Zk3vQ9sT7uXw2yB5nM8pL4aE",
    numbers=("447700900000", "447700900001"),
    caller_id="447700900000",
    endpoints=ENDPOINTS,
    sources=("192.0.2.1", "192.0.2.2", "198.51.100.1"),
    srv="eu.sip.example.net",
    media=(MediaRange("192.0.2.0/28", 30000, 39999), MediaRange("198.51.100.0/28", 30000, 39999)),
)
CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
AT_HOME = Options(address="203.0.113.9")
# By the name of a folder in golden/NAME: what a PBX is asked for.
VARIANTS = {
    "udp": (TRUNK, AT_HOME),
    "tls-srtp": (dataclasses.replace(TRUNK, ca=CA), dataclasses.replace(AT_HOME, transport="tls", srtp=True)),
    "nat": (dataclasses.replace(TRUNK, secret=""), Options(address="10.1.2.3", public_address="203.0.113.9")),
    "one-endpoint": (
        dataclasses.replace(TRUNK, endpoints=ENDPOINTS[:1], caller_name="O'Brien & Sons"),
        Options(transport="tcp", extension="reception"),
    ),
    "srv": (TRUNK, dataclasses.replace(AT_HOME, transport="tcp", srv=True)),
}


def fits(system: System, asked: Options) -> bool:
    """Whether a PBX can have what a variant asks for."""
    can = asked.transport in system.transports and (system.srtp or not asked.srtp)
    return can and (not asked.srv or asked.transport in system.srv)


def trunk(**changes) -> Trunk:
    return dataclasses.replace(TRUNK, **changes)


def options(**changes) -> Options:
    return dataclasses.replace(AT_HOME, **changes)

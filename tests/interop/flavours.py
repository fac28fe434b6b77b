"""The ways in which a real Asterisk is put on the trunk."""

import contextlib
import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from harness import asterisk
from harness.addresses import Block
from harness.asterisk import Asterisk
from harness.edge import Edge
from harness.knot import NameServer
from interop import freepbx
from trunkline.pbx import registry
from trunkline.pbx.trunk import Endpoint, MediaRange, Options, Trunk

PHONE_PORT = 5060
EXTENSION = "1000"
NEAR = "eu"  # the region that the trunk's SRV name is of
SECRET = 's;e"c:r@e/t\\#;=>[x](!)'  # all that Asterisk's files give a meaning to
NAME = 'O\'Brien, "Sons" & Co; (UK)'
CERTIFICATE = (
    "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=pbx -keyout asterisk.key -out asterisk.crt"
)
_numbers = itertools.count(99947000001)

# The phone, and how it dials; everything of the trunk is in the generated files.
PHONE = """
[phones]
type = transport
protocol = udp
bind = {address}:{port}

[1000]
type = endpoint
transport = phones
context = phones
disallow = all
allow = alaw,ulaw
aors = 1000
direct_media = no
identify_by = ip

[1000]
type = aor
contact = sip:1000@{phone}:{phone_port}

[1000]
type = identify
endpoint = 1000
match = {phone}
"""


@dataclass
class Flavour:
    """An Asterisk on the trunk of an edge, whose first endpoint is dead. `phone` is the address of its phone 1000;
    `number` is forwarded as the configuration says, `registered` to where it registered."""

    asterisk: Asterisk
    trunk: Trunk
    options: Options
    edge: Edge
    phone: str
    phones_port: int
    number: str
    registered: str
    inbound: str = "from-trunk"  # the context of its numbers
    # What its log has of each order in which it may go through its endpoints.
    orders: tuple[str, ...] = ('"0?Set(ORDER=2-1)"', '"1?Set(ORDER=2-1)"')

    def dialled(self, number: str) -> str:
        """What the phone dials."""
        return f"sip:{number}@{asterisk.ADDRESS}:{self.phones_port}"


@contextlib.contextmanager
def plain(
    edge: Edge, addresses: Block, transport: str = "udp", srtp: bool = False, name_server: NameServer | None = None
) -> Iterator[Flavour]:
    """Asterisk's own files, as docs/pbx/asterisk.md says. With a name server, its endpoints are found by SRV."""
    with _flavour("asterisk", edge, addresses, transport, srtp, srv=bool(name_server)) as (flavour, made):

        def prepare(started: Asterisk) -> None:
            started.drop_in(made)
            _add_phone(started, flavour)
            started.append("pjsip.conf", "#include pjsip_trunk_transport.conf\n#include pjsip_trunk.conf")
            if name_server:
                started.resolve_by(name_server)
            started.append("extensions.conf", "#include extensions_trunk.conf\n[phones]\ninclude => to-trunk")

        with asterisk.running(prepare) as flavour.asterisk:
            yield flavour


@contextlib.contextmanager
def typed(
    edge: Edge, addresses: Block, transport: str = "tcp", srtp: bool = False, name_server: NameServer | None = None
) -> Iterator[Flavour]:
    """FreePBX, whose screens somebody has filled in."""
    secret, name = "Zk3:Q9@T7/X\\#", "O'Brien & Co"
    with _flavour("freepbx", edge, addresses, transport, srtp, secret, name, srv=bool(name_server)) as (flavour, made):
        flavour.inbound, flavour.orders = "from-pstn", ("@trunk1,300",)

        def prepare(started: Asterisk) -> None:
            _add_phone(started, flavour)
            freepbx.write(started, made)
            if name_server:
                started.resolve_by(name_server)

        with asterisk.running(prepare) as flavour.asterisk:
            yield flavour


@contextlib.contextmanager
def _flavour(
    system: str, edge: Edge, addresses: Block, transport: str, srtp: bool, secret: str = SECRET, name: str = NAME,
    srv: bool = False,
):  # fmt: skip
    """The trunk in the edge's store and what is generated for it."""
    phone, dead = addresses.take(), addresses.take()
    key, number, registered = edge.key(secret=secret), str(next(_numbers)), str(next(_numbers))
    trunk = Trunk(
        domain=edge.domain,
        key=key.name,
        secret=secret,
        numbers=(number, registered),
        caller_id=number,
        caller_name=name,
        endpoints=tuple(_endpoint(edge, address) for address in (dead, edge.address)),
        sources=(edge.address, asterisk.ADDRESS),  # what loopback makes of connections that the edge opens
        media=(MediaRange(edge.address, edge.settings.media.port_min, edge.settings.media.port_max),),
        ca=(edge.home.tls / "ca.crt").read_text(),
        keepalive_seconds=10,
        srv=f"{NEAR}.{edge.domain}",
    )
    own = {"port": asterisk.free_port(), "extension": EXTENSION}
    options = Options(asterisk.ADDRESS, transport=transport, srtp=srtp, srv=srv, **own)
    made = registry.generate(system, trunk, options)
    edge.number(dict(made.forward)[number], key.account_id, e164=number)
    edge.number(f"sip:{key.name}@{edge.domain}{';media=srtp' if srtp else ''}", key.account_id, e164=registered)
    yield Flavour(None, trunk, options, edge, phone, asterisk.free_port(), number, registered), made
    for address in (phone, dead):
        addresses.give_back(address)


def _endpoint(edge: Edge, address: str) -> Endpoint:
    sip = edge.settings.sip
    return Endpoint(address, (address,), {"udp": sip.port, "tcp": sip.port, "tls": sip.tls_port})


def _add_phone(started: Asterisk, flavour: Flavour) -> None:
    places = {"address": asterisk.ADDRESS, "port": flavour.phones_port}
    started.append("pjsip.conf", PHONE.format(phone=flavour.phone, phone_port=PHONE_PORT, **places))
    if flavour.options.transport == "tls":
        (started.etc / "keys").mkdir(exist_ok=True)
        subprocess.run(CERTIFICATE.split(), cwd=started.etc / "keys", check=True, capture_output=True)

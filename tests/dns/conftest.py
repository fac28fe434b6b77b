"""Six endpoints that answer, and a real name server that has their zone."""

import pytest

from harness.answering import Answering
from harness.knot import knot
from harness.peers import free_port
from harness.six import KEY, SECRET, START, ZONE, write
from trunkline.contract.endpoints import Endpoint
from trunkline.dns.server import Server, read_key


@pytest.fixture(scope="module")
def six(addresses):
    """Six endpoints as the page has them, on six loopback addresses; what answers on these."""
    held = [addresses.take() for _ in range(6)]
    port = free_port(held[0])
    names = (("ap1", 10), ("ap2", 10), ("eu1", 10), ("eu2", 10), ("us-2-1", 20), ("us-2-2", 20))
    endpoints = [
        Endpoint(name, f"sip-{name}.{ZONE}", "", None, None, name[:2], (address,), port, 5061, (), (), weight)
        for (name, weight), address in zip(names, held, strict=True)
    ]
    answering = Answering(held, port)
    yield endpoints, answering
    answering.close()
    for address in held:
        addresses.give_back(address)


@pytest.fixture(scope="module")
def name_server(addresses, tmp_path_factory):
    """Knot at port 53, where Kamailio asks."""
    address = addresses.take()
    with knot(address, tmp_path_factory.mktemp("knot"), {f"{ZONE}.": START}, port=53, key=(KEY, SECRET)) as started:
        yield started
    addresses.give_back(address)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "dns.key"
    path.write_text(f"# hmac-sha256:{KEY}:{SECRET}\nkey:\n  - id: {KEY}\n")  # as keymgr -t prints it
    path.chmod(0o600)
    return path


@pytest.fixture
def server(name_server, key_file):
    return Server(name_server.address, name_server.port, ZONE, read_key(key_file))


@pytest.fixture
def written(server, six):
    return write(server, six[0])

"""TLS servers as PBXs and carriers have them: one of many at an address, or older than what OpenSSL expects."""

import ssl

import pytest

from harness.legacy_tls import legacy_server
from scenarios.parties import answered_by, failures, inbound
from trunkline.node import certificates
from trunkline.sandbox.certificate import self_signed
from trunkline.sandbox.message import parse

pytestmark = pytest.mark.engines
NAMED = pytest.mark.parametrize("name", ["Pbx.example", ""], ids=["a name", "an address"])


class Shared:
    """A TLS server that notes which name its clients ask for (None: none)."""

    def __init__(self, address: str):
        self.address, self.asked = address, []
        self.context = self_signed(address)
        self.context.sni_callback = self._note

    def _note(self, _socket: ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        self.asked.append(name)

    async def open(self, agent):
        return await agent("tls", address=self.address, tls=self.context, name="pbx")

    def place(self, edge, port: int, name: str) -> str:
        """Host and port as they are written, by a name that leads there or by the address."""
        if name:
            edge.resolution(name.lower(), [[self.address, port, 0, 0]], port=port, transport="tls")
        return f"{name or self.address}:{port}"


@NAMED
async def test_a_pbx_is_named_to_its_server(edge, agent, name):
    shared, second = Shared(agent.address()), await agent(name="second")
    pbx = await shared.open(agent)
    there = shared.place(edge, pbx.port(), name)
    scene = await inbound(edge, agent, f"sip:1@{second.address}:{second.port()},sip:1@{there};transport=tls")
    call = await scene.dial()
    (await second.next_call()).refuse(503)
    await answered_by(pbx, call)
    await scene.events("end")
    assert shared.asked == [name.lower() or None]


async def test_the_next_server_is_not_called_by_the_name_of_the_one_before(edge, agent):
    first, second = Shared(agent.address()), Shared(agent.address())
    busy, pbx = await first.open(agent), await second.open(agent)
    places = first.place(edge, busy.port(), "first.example"), second.place(edge, pbx.port(), "")
    scene = await inbound(edge, agent, ",".join(f"sip:1@{place};transport=tls" for place in places))
    call = await scene.dial()
    (await busy.next_call()).refuse(503)
    await answered_by(pbx, call)
    await scene.events("end")
    assert (first.asked, second.asked) == (["first.example"], [None])


@pytest.mark.parametrize("version", ["TLS1.0", "TLS1.1", "TLS1.2"])
async def test_a_server_older_than_rfc_5746_gets_the_call(edge, agent, tmp_path, version):
    certificates.ensure(tmp_path, "pbx.example", ["192.0.2.1"])
    address = agent.address()
    with legacy_server(address, tmp_path / "node.crt", tmp_path / "node.key", version) as old:
        scene = await inbound(edge, agent, f"sip:1@{address}:{old.port};transport=tls")

        def busy(record: bytes) -> bytes:
            request = parse(record)
            return bytes(scene.trunk.response(request, 486)) if request.method == "INVITE" else b""

        old.answer = busy
        assert (await (await scene.dial()).final()).code == 486
        assert failures(await scene.events("finish")) == [(1, "reply", 486)]

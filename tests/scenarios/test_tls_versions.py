"""TLS 1.0 and later, as the page says; a setting raises the floor; nobody's certificate is validated."""

import ssl

import pytest

from trunkline.node import certificates
from trunkline.sandbox.certificate import self_signed

VERSIONS = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
# The standard library warns of just what is tested here.
pytestmark = [pytest.mark.engines, pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")]


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """The context with no other version; below TLS 1.2 OpenSSL wants security level 0."""
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def client(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = only(ssl.create_default_context(), version)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
async def test_a_pbx_may_use_any_version(edge, agent, version):
    ua = await agent("tls", client_tls=client(version))
    assert (await ua.options(edge.uri("ping"), edge.tls)).code == 200


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: v.name)
async def test_a_pbx_is_reached_by_any_version(edge, agent, version):
    address = agent.address()
    pbx = await agent("tls", address=address, tls=only(self_signed(address), version))
    trunk = await agent()
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(f"sip:1234@{pbx.address}:{pbx.port()};transport=tls")
    call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller="<sip:+447700900001@carrier.example>")
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    await edge.events("end", called=number)


async def test_the_floor_can_be_raised(own_edge, agent):
    edge = own_edge(sip={"tls_floor": "TLSv1.2"})
    accepted = await agent("tls", client_tls=client(ssl.TLSVersion.TLSv1_2))
    assert (await accepted.options(edge.uri("ping"), edge.tls)).code == 200
    refused = await agent("tls", client_tls=client(ssl.TLSVersion.TLSv1_1))
    with pytest.raises(ssl.SSLError):
        await refused.options(edge.uri("ping"), edge.tls)


async def test_a_pbxs_own_certificate_is_not_validated(edge, agent, tmp_path):
    """As the page says: a PBX may bring a certificate that nobody vouches for."""
    certificates.ensure(tmp_path, "pbx.example", ["192.0.2.1"])
    context = client(ssl.TLSVersion.TLSv1_2)
    context.load_cert_chain(tmp_path / "node.crt", tmp_path / "node.key")
    ua = await agent("tls", client_tls=context)
    assert (await ua.options(edge.uri("ping"), edge.tls)).code == 200

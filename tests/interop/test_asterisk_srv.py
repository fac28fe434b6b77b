"""A real Asterisk that finds the endpoints by what `trunkline dns zone` prints, from a real name server: the first is
dead. It registers at the two closest by address, of which the first is dead too."""

import contextlib

import pytest

from harness.knot import knot
from interop import flavours
from interop.flavours import NEAR
from interop.test_asterisk import call_in, carrier_of, phone_of, registered, talk
from trunkline.contract.endpoints import Endpoint
from trunkline.dns import zone

pytestmark = pytest.mark.engines


def listed(edge, name: str, region: str, address: str) -> Endpoint:
    sip = edge.settings.sip
    return Endpoint(
        name=name, host=f"{name}.{edge.domain}", city="", latitude=None, longitude=None, region=region,
        addresses=(address,), port=sip.port, tls_port=sip.tls_port, sources=(address,), media=(), weight=10,
    )  # fmt: skip


@contextlib.contextmanager
def name_server(edge, addresses, folder):
    """The dead endpoint is in the region that is asked for, the edge in another, which is its backup."""
    dead, where = addresses.take(), addresses.take()
    endpoints = [listed(edge, "dead", NEAR, dead), listed(edge, "alive", "us", edge.address)]
    above = edge.settings.dns_zone
    text = f"{above}. 1 SOA ns.{above}. x.{above}. 1 60 60 60 1\n"
    for (name, kind), records in zone.records(endpoints, edge.domain, above, ttl=1).items():
        text += "".join(f"{name} 1 IN {kind.name} {record}\n" for record in records)
    with knot(where, folder, {f"{above}.": text}) as server:
        yield server
    addresses.give_back(dead)
    addresses.give_back(where)


FLAVOURS = {
    "tcp": lambda *where, **by: flavours.plain(*where, "tcp", **by),
    "freepbx": flavours.typed,
}


@pytest.fixture(scope="module", params=FLAVOURS)
def pbx(request, edge, addresses, tmp_path_factory):
    folder = tmp_path_factory.mktemp("knot")
    with (
        name_server(edge, addresses, folder) as server,
        FLAVOURS[request.param](edge, addresses, name_server=server) as flavour,
    ):
        yield flavour


async def reachable(pbx) -> None:
    await pbx.asterisk.until("pjsip show contacts", lambda said: " NonQual " in said)


async def test_every_call_is_answered_though_the_endpoint_that_comes_first_is_dead(pbx, agent):
    await reachable(pbx)
    phone, (carrier, number) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    for _ in range(6):
        near = await phone.dial(pbx.dialled(f"+{number}"))
        far = await carrier.next_call(20)
        assert far.caller.uri == f"sip:+{pbx.number}@{pbx.edge.domain}"
        await far.answer()
        assert (await near.final()).code == 200
        await far.confirmed()
        await talk(near, far)
        assert (await near.bye()).code == 200
        await far.hung_up()


async def test_a_busy_call_is_not_placed_twice(pbx, agent):
    await reachable(pbx)
    phone, (carrier, number) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    near = await phone.dial(pbx.dialled(number))
    (await carrier.next_call(20)).refuse(486)
    assert (await near.final()).code == 486
    with pytest.raises(TimeoutError):
        await carrier.next_call(1)


async def test_it_registers_and_is_called_there(pbx, agent):
    await registered(pbx)
    near, far = await call_in(pbx, agent, pbx.registered, reachable)
    await talk(near, far)
    await near.bye()
    await far.hung_up()

"""A real Asterisk with the files that are generated for it, unchanged, against a real edge."""

import asyncio

import pytest

from interop import flavours
from interop.flavours import Flavour
from trunkline.sandbox.incoming import IncomingCall
from trunkline.sandbox.outgoing import OutgoingCall
from trunkline.sandbox.ua import Agent

pytestmark = pytest.mark.engines

FLAVOURS = {
    "udp": lambda edge, addresses: flavours.plain(edge, addresses),
    "tls-srtp": lambda edge, addresses: flavours.plain(edge, addresses, "tls", srtp=True),
    "freepbx": flavours.typed,
}


@pytest.fixture(scope="module", params=FLAVOURS)
def pbx(request, edge, addresses):
    """One Asterisk for all tests of a flavour."""
    with FLAVOURS[request.param](edge, addresses) as flavour:
        yield flavour


async def phone_of(pbx: Flavour, agent) -> Agent:
    return await agent("udp", address=pbx.phone, port=flavours.PHONE_PORT, name="1000")


async def carrier_of(pbx: Flavour, agent) -> tuple[Agent, str]:
    """A carrier, and a number that is routed to it."""
    carrier = await agent("udp", name="carrier")
    prefix = pbx.edge.route(pbx.edge.carrier(carrier.address, carrier.port()))
    return carrier, f"{prefix}001"


async def call_out(pbx: Flavour, agent, headers=None) -> tuple[OutgoingCall, IncomingCall]:
    """The phone calls a number of the carrier's, which answers, with these headers."""
    await reachable(pbx)
    phone, (carrier, number) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    near = await phone.dial(pbx.dialled(f"+{number}"))
    far = await carrier.next_call(20)
    await far.answer(headers=headers)
    await near.final()
    await far.confirmed()
    return near, far


async def call_in(pbx: Flavour, agent, number: str, ready=None) -> tuple[OutgoingCall, IncomingCall]:
    """The carrier calls a number of the PBX, whose phone answers; `ready` waits for the PBX to be so."""
    await (ready or reachable)(pbx)
    phone, (carrier, _) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    near = await carrier.dial(pbx.edge.uri(f"+{number}"), pbx.edge.udp, caller="<sip:+447700900001@carrier.example>")
    far = await phone.next_call(20)
    await far.answer()
    await near.final()
    await far.confirmed()
    return near, far


async def talk(one, other) -> None:
    one.audio.play(440)
    other.audio.play(600)
    await other.audio.hear(440)
    await one.audio.hear(600)


async def reachable(pbx: Flavour) -> None:
    """Until Asterisk knows which of its endpoints lives."""
    await pbx.asterisk.until("pjsip show contacts", lambda said: "Avail" in said and "Unavail" in said)


async def test_it_calls_with_its_number_and_name(pbx, agent):
    near, far = await call_out(pbx, agent)
    assert far.caller.uri == f"sip:+{pbx.number}@{pbx.edge.domain}"
    assert pbx.trunk.caller_name in pbx.asterisk.said()
    await talk(near, far)
    await near.bye()
    await far.hung_up()


async def test_it_is_called_at_its_address(pbx, agent):
    near, far = await call_in(pbx, agent, pbx.number)
    await talk(near, far)
    await far.bye()
    await near.hung_up()


async def test_digits_go_both_ways(pbx, agent):
    near, far = await call_out(pbx, agent)
    near.audio.dial("159#")
    far.audio.dial("*260")
    await until(lambda: "".join(far.audio.digits) == "159#" and "".join(near.audio.digits) == "*260")


async def test_a_hold_from_the_trunk_and_one_of_the_phone(pbx, agent):
    near, far = await call_out(pbx, agent)
    await talk(near, far)
    for side, other in ((far, near), (near, far)):
        assert (await side.reinvite("sendonly")).code == 200
        await side.audio.hear_silence()
        assert (await side.reinvite("sendrecv")).code == 200
        await talk(side, other)


async def test_a_session_is_timed_and_refreshed(pbx, agent):
    """Asterisk asks for half an hour, and agrees to each refresh of the far side."""
    near, far = await call_out(pbx, agent)
    assert far.request.get("Session-Expires").startswith("1800")
    assert far.request.get("Min-SE") == "90"
    for refresh in (far.reinvite, far.update):
        assert (await refresh("sendrecv")).code == 200
    await talk(near, far)


async def test_a_busy_call_is_not_placed_twice(pbx, agent):
    await reachable(pbx)
    phone, (carrier, number) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    near = await phone.dial(pbx.dialled(number))
    (await carrier.next_call(20)).refuse(486)
    assert (await near.final()).code == 486
    with pytest.raises(TimeoutError):
        await carrier.next_call(1)


async def test_a_dead_endpoint_costs_no_call(pbx, agent):
    """Whichever comes first: until each order was taken, every call is answered."""
    await reachable(pbx)
    phone, (carrier, number) = await phone_of(pbx, agent), await carrier_of(pbx, agent)
    for _ in range(20):
        near = await phone.dial(pbx.dialled(f"00{number}"))
        far = await carrier.next_call(20)
        await far.answer()
        assert (await near.final()).code == 200
        await near.bye()
        await far.hung_up()
        if all(order in pbx.asterisk.said() for order in pbx.orders):
            return
    pytest.fail(f"20 calls, and not each of {pbx.orders}")


async def registered(pbx) -> None:
    """What fails at first, as the machine is busy, is tried again after 30 s (`retry_interval`)."""
    await pbx.asterisk.until("pjsip show registrations", lambda said: "Registered" in said, timeout=60)


async def test_it_registers(pbx, agent):
    """With a secret that has all that its files give a meaning to."""
    await registered(pbx)


async def test_it_is_called_where_it_registered_and_finds_the_number(pbx, agent):
    await registered(pbx)
    near, far = await call_in(pbx, agent, pbx.registered)
    await talk(near, far)
    await near.bye()
    await far.hung_up()
    assert f"[{pbx.registered}@{pbx.inbound}:" in pbx.asterisk.said()


async def until(condition, timeout: float = 10.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.02)

"""A PBX's connection, when the network between swallows everything: for some seconds, or after an idle while."""

import pytest

from harness.node import eventually
from scenarios.parties import CARRIER
from scenarios.silence_on_the_way import keeps_alive_within, swallowed, tries

pytestmark = [pytest.mark.engines, pytest.mark.long, pytest.mark.parametrize("transport", ["tcp", "tls"])]

TRIES = 5  # of the kernel: by then the network was away for six seconds
OPEN_FOR = 60.0  # s; the most idle time that NATs and firewalls are known to allow a connection is hardly ever less


async def registered(edge, agent, transport):
    """(PBX, its key, the edge's hop): registered over a connection of its own, as behind NAT."""
    key, pbx, hop = edge.key(), await agent(transport, name="pbx"), getattr(edge, transport)
    assert (await pbx.register(f"sip:{edge.domain}", key.name, key.secret, hop, expires=3600)).code == 200
    return pbx, key, hop


async def test_a_connection_survives_some_seconds_without_a_network(edge, agent, transport):
    pbx, key, hop = await registered(edge, agent, transport)
    trunk = await agent(name="trunk")
    edge.carrier(trunk.address, trunk.port())
    number = edge.number(f"sip:{key.name}@{edge.domain};timeout=20000", key.account_id)
    with swallowed(pbx):
        call = await trunk.dial(edge.uri(f"+{number}"), edge.udp, caller=CARRIER)

        def sent_again() -> bool:
            assert (found := tries(edge, hop, pbx)) is not None, "the edge has closed the connection"
            return found >= TRIES

        await eventually(sent_again, what="the INVITE is sent again and again")
    incoming = await pbx.next_call()
    await incoming.answer()
    assert (await call.final()).code == 200
    await call.bye()
    await incoming.hung_up()


async def test_an_idle_connection_is_kept_open(edge, agent, transport):
    """By something that passes it: a NAT or firewall on the way forgets one that nothing passes."""
    pbx, _, hop = await registered(edge, agent, transport)
    assert await eventually(lambda: keeps_alive_within(edge, hop, pbx)) < OPEN_FOR


async def test_a_connection_stays_as_long_as_its_registration(edge, agent, transport):
    pbx, *_ = await registered(edge, agent, transport)

    def stays() -> int:  # seconds; few while it is watched by the process that has just read from it
        return next(c["timeout"] for c in edge.rpc("core.tcp_list") if c["src_ip"] == pbx.address)

    await eventually(lambda: stays() > 3600)

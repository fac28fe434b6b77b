"""Each of the six codecs against each, in both directions, judged by what is heard."""

import pytest

from harness import placing
from scenarios.parties import CARRIER
from trunkline.sandbox import carrier, matrix, pbx
from trunkline.sandbox.codecs import CODECS

pytestmark = pytest.mark.engines


def check(cells):
    """All is well, and what cannot be carried is exactly iLBC against another."""
    assert all(cell.ok for cell in cells), "\n" + matrix.table(cells)
    refused = {(cell.caller, cell.callee) for cell in cells if cell.text == "488"}
    assert refused == {(a, b) for a in CODECS for b in CODECS if a != b and "iLBC" in (a, b)}


async def test_from_a_pbx_to_a_carrier(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent.carrier()
    edge.route(edge.carrier(far.address, far.port()), prefix=carrier.PREFIX + "1")

    async def dial(callee, offered):
        call = await placing.dial(edge, ua, key, f"+{carrier.CODEC_NUMBERS[callee]}", codecs=offered)
        await call.final(10)
        return call

    check(await matrix.measure(dial, carrier.TONE))


async def test_from_a_carrier_to_a_pbx(edge, agent):
    trunk, far = await agent(), await agent.pbx()
    edge.carrier(trunk.address, trunk.port())
    numbers = {name: edge.number(f"sip:{name.lower()}@{far.address}:{far.port()}") for name in CODECS}

    async def dial(callee, offered):
        call = await trunk.dial(edge.uri(f"+{numbers[callee]}"), edge.udp, caller=CARRIER, codecs=offered)
        await call.final(10)
        return call

    check(await matrix.measure(dial, pbx.TONE))

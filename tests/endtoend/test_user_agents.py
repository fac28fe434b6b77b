"""User agents that share no code with us, SIPp and baresip, as PBXs of a customer."""

import asyncio
from pathlib import Path

import pytest

from chaos.calling import carrier, dial_carrier, fresh_number
from harness.node import NUMBER, SIP_PORT, eventually
from harness.peers import Baresip, free_port, sipp
from trunkline.sandbox import carrier as test_carrier

SCENARIO = Path(__file__).parents[2] / "bench" / "scenarios" / "caller.xml"
TRANSPORTS = ("udp", "tcp", "tls")


# Not TLS: SIPp 3.7 repeats a write without end when TLS 1.3 has it read first, and gives up TLS 1.2.
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_sipp_calls_the_echo(node, agent, tmp_path, transport):
    """With the key and secret that `sandbox show` prints: digest, answer, BYE; five calls at once."""
    shown = await asyncio.to_thread(node.ask, "sandbox", "show")
    numbers = tmp_path / "numbers.csv"
    numbers.write_text(f"SEQUENTIAL\n+{test_carrier.ECHO}\n")
    hop, address = getattr(node, transport), agent.address()
    arguments = (
        f"{hop.host}:{hop.port}", "-sf", str(SCENARIO), "-inf", str(numbers), "-au", shown["key"],
        "-ap", shown["secret"], "-m", "5", "-r", "20", "-t", {"udp": "u1", "tcp": "t1"}[transport],
    )  # fmt: skip
    async with sipp(*arguments, address=address, port=free_port(address)) as done:
        await done(20)

    def recorded() -> list[dict]:
        source = f"{transport}:{address}:"
        found = [call for call in node.records(test_carrier.ECHO) if call["source"].startswith(source)]
        return found if len(found) == 5 and all(call["ended"] for call in found) else []

    found = await eventually(recorded, what="five records")
    assert {(call["outcome"], call["hung_up_by"]) for call in found} == {("answered", "caller")}


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_baresip_calls_with_audio(node, agent, transport):
    """What the carrier plays comes back through baresip's decoder and encoder, and through the node twice."""
    far, hop = await carrier(node, agent), getattr(node, transport)
    parameters = (
        f";auth_user={node.key.name};auth_pass={node.key.secret}"
        f';outbound="sip:{hop.host}:{hop.port};transport={transport}"'
    )
    number = fresh_number()
    async with Baresip.run(agent.address(), user="+447700900000", parameters=parameters) as baresip:
        baresip.command("dial", f"{node.uri('+' + number)}")
        incoming = await far.next_call()
        assert incoming.user.lstrip("+") == number
        await incoming.answer()
        await baresip.event("CALL_ESTABLISHED")
        incoming.audio.play(600)
        await incoming.audio.hear(600)
        baresip.command("hangup")
        await incoming.hung_up()

    def recorded() -> dict | None:
        found = node.records(number)
        return found[0] if found and found[0]["ended"] else None

    record = await eventually(recorded, what="the record")
    assert record["source"].startswith(f"{transport}:")
    assert (record["outcome"], record["hung_up_by"]) == ("answered", "caller")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_baresip_registers_and_is_called(node, agent, transport):
    """Through `sip:KEY@DOMAIN` in Forward to SIP; the carrier hears its own tone from baresip."""
    far, hop = await carrier(node, agent), getattr(node, transport)
    await asyncio.to_thread(node.do, "number", "forward", NUMBER, node.uri(node.key.name))
    await asyncio.to_thread(node.caught_up)
    parameters = (
        f";auth_user={node.key.name};auth_pass={node.key.secret};answermode=auto;regint=60"
        f';outbound="sip:{hop.host}:{hop.port};transport={transport}"'
    )
    try:
        async with Baresip.run(agent.address(), user=node.key.name, parameters=parameters) as baresip:
            await eventually(lambda: baresip.is_registered, what="baresip is registered")
            call = await dial_carrier(node, far, f"+{NUMBER}")
            assert (await call.final()).code == 200, call.warning
            call.audio.play(523)
            await call.audio.hear(523)
            await call.bye()
            await baresip.event("CALL_CLOSED")
    finally:
        await asyncio.to_thread(node.do, "number", "forward", NUMBER, f"sip:pbx@{node.pbx_address}:{SIP_PORT}")
        await asyncio.to_thread(node.caught_up)

"""A change by command is in force at the edge within 2 s of the command's return: seen by the calls themselves."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from chaos.calling import answer_quickly, carrier, dial_carrier, fresh_number, pbx, quick, record
from harness.node import NUMBER, SIP_PORT, Key
from harness.placing import answered, dial
from trunkline.sandbox import sdp
from trunkline.sandbox.behaviour import refuse

SECONDS = 2.0


async def in_force(condition: Callable[[], Awaitable[bool]]) -> None:
    """Place calls until one shows the change."""
    began = time.monotonic()
    while not await condition():
        assert time.monotonic() - began <= SECONDS, "the change is not in force"
        await asyncio.sleep(0.05)


async def command(node, *words: str):
    return await asyncio.to_thread(node.ask, *words)


async def code(node, ua, number: str, key: Key | None = None) -> int:
    """What an outbound call comes to."""
    headers = [("Content-Type", "application/sdp")]
    call = await dial(node, ua, key or node.key, number, sdp=quick(ua.address), headers=headers)
    found = (await call.final()).code
    if found == 200:
        await call.bye()
    return found


async def test_number_forward(node, agent):
    far, other, before = await carrier(node, agent), await agent(), await pbx(node, agent)
    other.on_call = answer_quickly
    before.on_call = refuse(404)
    await command(node, "number", "forward", NUMBER, f"sip:other@{other.address}:{other.port()}")

    async def forwarded() -> bool:
        call = await dial_carrier(node, far, f"+{NUMBER}")
        answered = (await call.final()).code == 200
        if answered:
            await call.bye()
        return answered

    await in_force(forwarded)
    await command(node, "number", "forward", NUMBER, f"sip:pbx@{node.pbx_address}:{SIP_PORT}")


async def test_account_disable(node, agent):
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    assert await code(node, ua, "99951111111") == 200
    await command(node, "account", "disable", "customer")

    async def refused() -> bool:
        return await code(node, ua, "99951111111") != 200

    await in_force(refused)
    await command(node, "account", "enable", "customer")

    async def accepted() -> bool:
        return await code(node, ua, "99951111111") == 200

    await in_force(accepted)


async def test_key_rotate_and_retire(node, agent):
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    key = await command(node, "key", "add", "customer")
    first = Key(key["key"], key["secret"])
    rotated = await command(node, "key", "rotate", first.name)
    second = Key(first.name, rotated["secret"])

    async def both() -> bool:
        return [await code(node, ua, "99951111111", k) for k in (first, second)] == [200, 200]

    await in_force(both)
    await command(node, "key", "retire", first.name, "1")

    async def only_the_second() -> bool:
        return [await code(node, ua, "99951111111", k) for k in (first, second)] == [407, 200]

    await in_force(only_the_second)


async def test_carrier_disable(node, agent):
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    assert await code(node, ua, "99951111111") == 200
    await command(node, "carrier", "disable", "telco")

    async def refused() -> bool:
        return await code(node, ua, "99951111111") >= 400

    await in_force(refused)
    await command(node, "carrier", "enable", "telco")

    async def accepted() -> bool:
        return await code(node, ua, "99951111111") == 200

    await in_force(accepted)


async def test_route_add(node, agent):
    far, ua = await carrier(node, agent), await agent()
    far.on_call = answer_quickly
    assert await code(node, ua, "99981111111") >= 400
    await command(node, "route", "add", "9998", "telco")

    async def accepted() -> bool:
        return await code(node, ua, "99981111111") == 200

    await in_force(accepted)


async def test_account_srtp(node, agent):
    """From the command to the calls both ways, and to what their records say of them."""
    far, ua, its_pbx = await carrier(node, agent), await agent(), await pbx(node, agent)
    far.on_call = answer_quickly
    assert "have its PBX use TLS" in await asyncio.to_thread(
        node.do, "account", "set", "customer", "--srtp", "required"
    )

    async def required() -> bool:
        return await code(node, ua, "99951111111") == 488

    await in_force(required)
    far.on_call = None
    ua.srtp = True
    number = fresh_number()
    call, incoming = await answered(node, ua, far, node.key, number)
    assert sdp.parse(incoming.request.body).profile == "RTP/AVP"
    call.audio.play(440)
    await incoming.audio.hear(440)
    await call.bye()
    found = await record(node, number)
    assert found["media"] == "srtp"
    assert "keys anyone on the way could read" in await asyncio.to_thread(node.do, "calls", "show", found["uid"])

    call = await dial_carrier(node, far, f"+{NUMBER}")
    incoming = await its_pbx.next_call()
    assert sdp.parse(incoming.request.body).profile == "RTP/SAVP"
    incoming.refuse(486)
    await call.final()
    await command(node, "account", "set", "customer", "--srtp", "accepted")

    async def accepted() -> bool:
        ua.srtp = False
        far.on_call = answer_quickly
        return await code(node, ua, "99951111111") == 200

    await in_force(accepted)

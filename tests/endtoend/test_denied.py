"""Whose wrong secrets are told to the owner of a key, on a whole node."""

import asyncio

from harness.node import Key, eventually


def denied(node, key):
    [found] = [one for one in node.ask("key", "list") if one["key"] == key]
    return found["denied"]


async def test_the_check_of_the_node_itself_is_no_news_and_a_pbx_on_the_same_machine_is(node, agent):
    shown = await asyncio.to_thread(node.ask, "sandbox", "show")
    key, before = Key(shown["key"], "wrong"), len(await asyncio.to_thread(node.records))
    ran = await asyncio.to_thread(node.run, "check")
    assert "a wrong secret is refused" in ran.stdout
    await eventually(lambda: len(node.records()) > before + 5, what="the records of the check's calls")
    assert await asyncio.to_thread(denied, node, key.name) is None
    pbx = await agent()
    assert (await pbx.register(node.uri(), key.name, key.secret, via=node.udp)).code == 401
    said = await eventually(lambda: denied(node, key.name), what="the key has it")
    assert said["source"].startswith(f"udp:{pbx.address}:")

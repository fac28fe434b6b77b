"""What the owner of a key is told of its PBX, on a whole node."""

import asyncio
from functools import partial

import pytest

from endtoend.test_changes import in_force
from harness.node import Key, eventually


def denied(node, key):
    return told(node, key)["denied"]


def told(node, key):
    [found] = [one for one in node.ask("key", "list") if one["key"] == key]
    return found


@pytest.mark.long
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


@pytest.mark.long
async def test_a_registration_and_its_end_are_told_within_seconds(node, agent):
    made = await asyncio.to_thread(node.ask, "key", "add", "sandbox")
    key, pbx = Key(made["key"], made["secret"]), await agent("tcp")

    async def state_becomes(state):
        def is_told():
            found = told(node, key.name)["registration"]
            return found["state"] == state and found

        return await eventually(is_told, what=f"the key is told to be {state}")

    async def registers(expires):
        return (await pbx.register(node.uri(), key.name, key.secret, via=node.tcp, expires=expires)).code == 200

    await state_becomes("never")
    for expires, state in ((300, "registered"), (0, "ended"), (60, "registered")):
        await in_force(partial(registers, expires))
        said = await state_becomes(state)
        assert (said["source"].startswith(f"tcp:{pbx.address}:"), said["node"]) == (True, node.settings.node.name)

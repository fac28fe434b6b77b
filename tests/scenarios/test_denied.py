"""Credentials that are not right: the journal tells the owner of the key, once a minute, and strangers nothing."""

import pytest

from harness import placing
from harness.node import eventually

pytestmark = pytest.mark.engines


def denials(edge, key):
    return edge.journal(event="denied", key=key.name)


async def test_a_call_with_a_wrong_secret(edge, agent):
    key, ua = edge.key(), await agent()
    for _ in range(3):
        assert (await placing.refused(edge, ua, key, "+99950000001", secret="wrong")).code == 407
    await eventually(lambda: denials(edge, key), what="the journal has it")
    [said] = denials(edge, key)
    assert (said["denial"], said["method"], said["source"]) == ("secret", "INVITE", f"udp:{ua.address}:{ua.port()}")
    assert said["call"] == ""
    assert edge.journal(event="reject", key=key.name) == []


async def test_a_registration_with_a_wrong_secret(edge, agent):
    key, ua = edge.key(), await agent("tcp")
    assert (await ua.register(f"sip:{edge.domain}", key.name, "wrong", edge.tcp)).code == 401
    await eventually(lambda: denials(edge, key), what="the journal has it")
    [said] = denials(edge, key)
    assert (said["denial"], said["method"]) == ("secret", "REGISTER")
    assert said["source"].startswith(f"tcp:{ua.address}:")


async def test_a_key_that_there_is_none_of_fills_no_journal(edge, agent):
    key, ua = edge.key(), await agent()
    before = len(edge.journal(event="denied"))
    for n in range(3):
        assert (await ua.register(f"sip:{edge.domain}", f"nobody{n}", "wrong", edge.udp)).code == 401
    assert (await placing.refused(edge, ua, key, "+99950000001", secret="wrong")).code == 407
    await eventually(lambda: denials(edge, key), what="what came last is there")
    assert len(edge.journal(event="denied")) == before + 1


async def test_right_credentials_are_told_to_nobody(edge, agent):
    key, ua = edge.key(), await agent()
    assert (await ua.register(f"sip:{edge.domain}", key.name, key.secret, edge.udp)).code == 200
    assert (await placing.refused(edge, ua, key, "+99950000001")).code == 404
    assert denials(edge, key) == []

"""SRTP between two agents, and what happens without the right key."""

import pytest

from trunkline.sandbox import sdp
from trunkline.sandbox.rtp import AudioError
from trunkline.sandbox.srtp import Cipher, new_key

PACKET = b"\x80\x08\x00\x01\x00\x00\x00\xa0\x00\x00\x00\x07" + bytes(160)


async def call_with_srtp(agent):
    callee, caller = await agent(name="callee"), await agent(name="caller")
    caller.srtp = True
    call = await caller.dial("sip:bob@example.com", f"{callee.address}:{callee.port()}")
    return call, await callee.next_call()


async def test_a_call_whose_audio_is_encrypted(agent):
    call, incoming = await call_with_srtp(agent)
    await incoming.answer()
    await call.final()
    assert [sdp.parse(c.local_sdp).profile for c in (call, incoming)] == ["RTP/SAVP", "RTP/SAVP"]
    assert call.key != incoming.key
    call.audio.play(440)
    incoming.audio.play(600)
    await incoming.audio.hear(440)
    await call.audio.hear(600)
    call.audio.dial("7")
    await incoming.audio.until(lambda: incoming.audio.digits == "7", 30, "the digit")
    assert (await call.reinvite()).code == 200
    incoming.audio.forget()
    await incoming.audio.hear(440)
    assert call.audio.undecipherable == incoming.audio.undecipherable == 0
    await call.bye()


async def test_plain_audio_is_not_taken_for_encrypted(agent):
    call, incoming = await call_with_srtp(agent)
    await incoming.answer()
    await call.final()
    incoming.audio.secure(None)
    incoming.audio.play(600)
    call.audio.forget()
    with pytest.raises(AudioError):
        await call.audio.hear(600, timeout=0.5)
    assert call.audio.undecipherable
    await call.bye()


def test_an_offer_of_srtp_without_a_key_is_refused():
    body = sdp.offer("192.0.2.7", 4000, key=new_key()).replace(b"SHA1_80", b"SHA1_32")
    with pytest.raises(sdp.SdpError, match="no key"):
        sdp.answer(sdp.parse(body), "192.0.2.8", 4002, key=new_key())


def test_a_packet_is_taken_once_and_with_its_key():
    one, other = new_key(), new_key()
    near, far, stranger = Cipher(one, other), Cipher(other, one), Cipher(other, new_key())
    protected = near.protect(PACKET)
    assert protected[12:] != PACKET[12:]
    assert len(protected) == len(PACKET) + 10
    assert stranger.unprotect(protected) is None
    assert far.unprotect(protected) == PACKET
    assert far.unprotect(protected) is None
    assert far.unprotect(PACKET) is None

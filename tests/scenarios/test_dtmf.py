"""Digits: each way of sending them arrives in the way the far side has, in order, none lost or doubled."""

import asyncio
import re

import pytest

from scenarios.parties import RINGING, talking
from trunkline.sandbox.sdp import EVENT, SdpError

pytestmark = pytest.mark.engines

FAST = f"{EVENT}/16000"
DIGITS = "0123456789*#ABCD0099"
TEN_A_SECOND = 60  # ms of tone; what follows makes it 100

DIRECTIONS = pytest.mark.parametrize("direction", ["in", "out"])


async def connect(edge, agent, near, far, direction="out"):
    """An answered call between ends with these codecs, which may be offered to the far end in two steps."""
    pair = await RINGING[direction](edge, agent, codecs=near)
    pair.far.codecs = pair.far.agent.codecs = far
    try:
        await pair.far.answer()
    except SdpError:
        pair.far = await pair.far.agent.next_call()
        await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    return pair


async def arrived(end, digits=DIGITS):
    await end.audio.until(lambda: len(end.audio.digits) >= len(digits), 30, lambda: f"digits; came {end.audio.digits}")
    await asyncio.sleep(0.2)  # a digit too many would come now
    assert end.audio.digits == digits


@pytest.mark.parametrize(
    ("near", "far"),
    [
        (("PCMA", EVENT), ("PCMA", EVENT)),
        (("G729", EVENT), ("PCMU", EVENT)),
        (("G722", EVENT), ("G729", EVENT)),
        (("iLBC", EVENT), ("iLBC", EVENT)),
        (("speex", EVENT, FAST), ("speex", EVENT, FAST)),
        (("speex", EVENT, FAST), ("PCMA", EVENT, FAST)),
        (("PCMA", EVENT), ("speex", EVENT, FAST)),
        (("speex", EVENT), ("PCMU", EVENT)),
        (("speex", "G729", EVENT), ("PCMU", EVENT)),
    ],
    ids=lambda names: "-".join(names).replace(EVENT, "te"),
)
async def test_events_at_ten_a_second_both_ways(edge, agent, near, far):
    pair = await connect(edge, agent, near, far)
    for end in (pair.near, pair.far):
        end.audio.play(440)
    for end in (pair.near, pair.far):
        await end.audio.hear(440)
        end.audio.dial(DIGITS, TEN_A_SECOND)
    await asyncio.gather(arrived(pair.near), arrived(pair.far))
    await pair.near.bye()


async def test_events_keep_the_payload_type_that_was_offered(edge, agent):
    def renumber(request):
        request.body = request.body.replace(b" 101\r\n", b" 120\r\n").replace(b":101 ", b":120 ")

    pair = await talking(edge, agent, "out", edit=renumber)
    assert pair.near.remote_audio.event.number == 120
    assert pair.far.remote_audio.event.number == 120
    for end in (pair.near, pair.far):
        end.audio.dial(DIGITS, TEN_A_SECOND)
    await asyncio.gather(arrived(pair.near), arrived(pair.far))


def renumbered(body, old, new):
    """A description in which another payload type has this codec."""
    body = re.sub(rb"(m=audio .*?) %d\b" % old, rb"\1 %d" % new, body)
    return re.sub(rb"(a=rtpmap|a=fmtp):%d " % old, rb"\1:%d " % new, body)


def receive_as(audio, comes, sent):
    """Have what comes with one payload type be heard as what is sent with another: the agent has one for both."""
    receive = audio.datagram_received

    def renumber(data, addr):
        kind = data[1] & 0x80 | sent if data[1] & 0x7F == comes else data[1]
        receive(data[:1] + bytes([kind]) + data[2:], addr)

    audio.datagram_received = renumber


@pytest.mark.parametrize(
    ("near", "far", "offered", "own"),
    [
        (("PCMA", EVENT), "PCMA", 101, 96),
        (("iLBC", EVENT), "iLBC", 101, 120),
        (("iLBC", EVENT), "iLBC", 97, 120),
        (("speex", EVENT, FAST), "speex", 102, 120),
        (("speex", EVENT, FAST), "speex", 98, 120),
    ],
)
async def test_who_answers_with_a_payload_type_of_its_own(edge, agent, near, far, offered, own):
    """Each receives with its own, and sends with the other's (RFC 3264 §6.1)."""
    pair = await RINGING["out"](edge, agent, codecs=near)
    pair.far.codecs = (far, EVENT, FAST)
    await pair.far.open_audio()
    answer = pair.far.take_offer(pair.far.request.body)
    receive_as(pair.far.audio, own, offered)
    receive_as(pair.near.audio, offered, own)
    await pair.far.answer(renumbered(answer, offered, own))
    assert (await pair.near.final()).code == 200
    for end in (pair.near, pair.far):
        end.audio.play(440)
    for end in (pair.near, pair.far):
        await end.audio.hear(440)
        end.audio.dial(DIGITS, TEN_A_SECOND)
    await asyncio.gather(arrived(pair.near), arrived(pair.far))
    await pair.near.bye()


@DIRECTIONS
@pytest.mark.parametrize(
    ("near", "far"),
    [("PCMA", "PCMA"), ("PCMA", "PCMU"), ("PCMU", "G729"), ("G722", "PCMA"), ("G729", "PCMA"), ("speex", "G722")],
)
async def test_tones_of_a_caller_without_events_become_events(edge, agent, direction, near, far):
    pair = await connect(edge, agent, (near,), (far, EVENT), direction)
    pair.near.audio.play(0)
    pair.near.audio.dial_in_band(DIGITS)
    await arrived(pair.far)
    pair.near.audio.listen_in_band()
    pair.far.audio.dial("147*", 100)  # and events become tones toward that caller
    await pair.near.audio.until(lambda: pair.near.audio.in_band == "147*", 30, lambda: pair.near.audio.in_band)
    await pair.near.bye()


@DIRECTIONS
@pytest.mark.parametrize(
    ("near", "far"),
    [(("PCMA", EVENT), "PCMA"), (("PCMU", EVENT), "G722"), (("G722", EVENT), "PCMA"), (("G729", EVENT), "speex"),
     (("speex", EVENT, FAST), "G729")],
)  # fmt: skip
async def test_tones_of_a_callee_without_events_become_events(edge, agent, direction, near, far):
    pair = await connect(edge, agent, near, (far,), direction)
    pair.far.audio.play(0)
    pair.far.audio.dial_in_band(DIGITS)
    await arrived(pair.near)
    pair.far.audio.listen_in_band()
    pair.near.audio.dial("147*", 100)  # and events become tones toward that callee
    await pair.far.audio.until(lambda: pair.far.audio.in_band == "147*", 30, lambda: pair.far.audio.in_band)
    await pair.near.bye()


@pytest.mark.parametrize(
    ("kind", "form"), [("application/dtmf-relay", "Signal={}\r\nDuration=100\r\n"), ("application/dtmf", "{}")]
)
@pytest.mark.parametrize("caller", [("PCMA",), ("PCMA", EVENT)], ids=["caller", "callee"])
async def test_info_of_a_side_without_events_becomes_events(edge, agent, kind, form, caller):
    callee = ("PCMA",) if EVENT in caller else ("PCMA", EVENT)
    pair = await connect(edge, agent, caller, callee)
    sender, receiver = (pair.far, pair.near) if EVENT in caller else (pair.near, pair.far)
    sender.audio.play(440)
    await receiver.audio.hear(440)  # the relay puts the events among the packets of a stream that flows
    for digit in "0123456789*#ABCD":
        assert (await sender.info(form.format(digit).encode(), kind)).code == 200
    await arrived(receiver, "0123456789*#ABCD")
    assert "INFO" not in [request.method for request in receiver.requests]
    await pair.near.bye()


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_digit_of_an_info_waits_for_the_first_audio_of_its_side(edge, agent, speaks):
    pair = await RINGING["out"](edge, agent, codecs=("PCMA",))
    pair.near.audio.mute()
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.far.confirmed()
    pair.far.audio.play(600)
    await pair.near.audio.hear(600)
    digit = asyncio.create_task(pair.near.info(b"Signal=5\r\nDuration=100\r\n"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(digit), 0.4)
    assert pair.near.audio.sent == 0
    if speaks:
        pair.near.audio.play(0)
        await arrived(pair.far, "5")
    response = await digit
    assert (response.code, response.warning.partition(":")[0]) == (
        (200, "") if speaks else (488, "The digit cannot be played before its sender has sent audio")
    )
    assert pair.far.audio.digits == ("5" if speaks else "")
    await pair.talk()
    await pair.near.bye()


@pytest.mark.parametrize(
    ("near", "far", "body"),
    [
        (("PCMA", EVENT), ("PCMA", EVENT), b"Signal=5\r\nDuration=160\r\n"),
        (("PCMA",), ("PCMA",), b"Signal=5\r\nDuration=160\r\n"),
        (("PCMA",), ("PCMA", EVENT), b"Signal=16\r\nDuration=160\r\n"),
    ],
)
async def test_other_infos_travel_as_they_are(edge, agent, near, far, body):
    pair = await connect(edge, agent, near, far)
    assert (await pair.near.info(body)).code == 200
    assert (await pair.far.next_request("INFO")).body == body
    assert not pair.far.audio.digits
    await pair.near.bye()

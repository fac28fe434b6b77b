"""Which legs are encrypted; the scenarios show that what is decided here comes true."""

import pytest

from trunkline.edge import legs
from trunkline.sandbox import sdp
from trunkline.sandbox.srtp import new_key
from trunkline.sip import forward
from trunkline.sip.refusal import Refusal

PLAIN = sdp.offer("192.0.2.7", 4000).decode()
SECURE = sdp.offer("192.0.2.7", 4000, key=new_key()).decode()
FEEDBACK = SECURE.replace("RTP/SAVP", "RTP/SAVPF")
KEYLESS = SECURE.replace("a=crypto", "a=no-crypto")


def account(world, lookup, setting):
    made = world.account(srtp=setting)
    lookup.refresh()
    return lookup.account(made)


@pytest.mark.parametrize(
    ("setting", "offer", "leg"),
    [
        *((setting, SECURE, legs.SRTP) for setting in ("accepted", "offered", "required")),
        ("required", FEEDBACK, legs.SRTP_F),
        ("accepted", PLAIN, legs.RTP),
        ("offered", PLAIN, legs.RTP),
        ("required", PLAIN, 488),
        *((setting, KEYLESS, 488) for setting in ("accepted", "offered", "required")),
        ("accepted", "", legs.RTP),
        ("offered", "", legs.SRTP),
        ("required", "", legs.SRTP),
    ],
)
def test_the_leg_of_a_caller(world, lookup, setting, offer, leg):
    decided = legs.of_caller(offer, account(world, lookup, setting))
    assert (decided.code if isinstance(decided, Refusal) else decided) == leg


def test_a_carrier_has_no_setting():
    assert legs.of_caller(PLAIN, None) == legs.of_caller("", None) == legs.CARRIER
    assert legs.of_caller(SECURE, None) == legs.SRTP
    assert legs.of_caller(KEYLESS, None).code == 488


@pytest.mark.parametrize(
    ("setting", "media", "leg"),
    [
        ("accepted", "", legs.RTP),
        ("accepted", ";media=rtp", legs.RTP),
        ("accepted", ";media=srtp", legs.SRTP),
        ("offered", "", legs.SRTP),
        ("offered", ";media=rtp", legs.RTP),
        ("offered", ";media=srtp", legs.SRTP),
        ("required", "", legs.SRTP),
        ("required", ";media=rtp", legs.SRTP),
        ("required", ";media=srtp", legs.SRTP),
    ],
)
def test_the_leg_to_a_pbx(world, lookup, setting, media, leg):
    target = forward.parse(f"sip:1234@pbx.example{media}")[0]
    assert legs.toward_pbx(target, account(world, lookup, setting)) == leg


@pytest.mark.parametrize("leg", [legs.RTP, legs.CARRIER, legs.SRTP, legs.SRTP_F])
@pytest.mark.parametrize("offer", [PLAIN, SECURE, FEEDBACK, KEYLESS])
def test_a_later_offer_keeps_its_leg_as_it_is(leg, offer):
    allowed = offer in ((SECURE, FEEDBACK) if leg in (legs.SRTP, legs.SRTP_F) else (PLAIN,))
    assert (legs.later_offer(offer, leg) is None) is allowed


@pytest.mark.parametrize(
    ("leg", "answer", "words"),
    [
        (legs.RTP, PLAIN, ""),
        (legs.SRTP, SECURE, ""),
        (legs.SRTP, PLAIN, "plain RTP"),
        (legs.SRTP_F, PLAIN, "plain RTP"),
        (legs.SRTP, KEYLESS, "without a key"),
        (legs.SRTP, "", ""),  # no audio at all, which goes on as refused
    ],
)
def test_an_answer_that_would_leave_a_leg_unencrypted(leg, answer, words):
    found = legs.fault(answer, leg)
    assert bool(found) is bool(words)
    assert words in found

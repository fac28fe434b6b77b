"""Which part of offer and answer a message holds, and what becomes of the codecs and streams in it."""

import re

import pytest

from trunkline.edge import answers, offers, relayed
from trunkline.edge.media import FLAGS, Abilities, Writer, reply_step, request_step
from trunkline.edge.offers import Offer
from trunkline.sip.sdp import SdpError

HOME = "203.0.113.9"
PARTY = Writer(HOME, believed=True)
ABLE = Abilities(("PCMA/8000", "PCMU/8000", "G722/8000", "G729/8000", "speex/16000"), "4")
MAPS = {
    "PCMU": "0 PCMU/8000", "PCMA": "8 PCMA/8000", "G722": "9 G722/8000", "G729": "18 G729/8000",
    "iLBC": "97 iLBC/8000", "speex": "98 speex/16000", "te8": "101 telephone-event/8000",
    "te16": "102 telephone-event/16000", "opus": "111 opus/48000/2", "CN": "13 CN/8000",
}  # fmt: skip


def body(*names, address=HOME, port=4000, before="", after="", family="4"):
    maps = [MAPS[name] for name in names]
    numbers = " ".join(line.split()[0] for line in maps)
    lines = [f"a=rtpmap:{line}" for line in maps]
    head = f"v=0\r\no=x 1 2 IN IP{family} {address}\r\ns=-\r\nc=IN IP{family} {address}\r\nt=0 0\r\n"
    return "\r\n".join([f"{head}{before}m=audio {port} RTP/AVP {numbers}", *lines, after])


def numbers(text):
    return re.search(r"m=audio \d+ \S+ (.*)", text)[1].split()


def offer(*names, **options):
    text = body(*names)
    return offers.read(text, PARTY, ABLE, **options)


def added(made):
    assert made.flags.startswith(FLAGS)
    flags = made.flags.removeprefix(FLAGS).split()
    return [flag.removeprefix("codec-transcode-") for flag in flags if not flag.startswith("codec-accept-")]


@pytest.mark.parametrize(
    ("names", "wide", "kept", "more"),
    [
        (("PCMA", "te8"), False, "8 101", ["PCMU"]),
        (("PCMA", "te8"), True, "8 101", ["PCMU", "G722", "G729", "speex/16000"]),
        (("PCMU", "PCMA"), False, "0 8", ["telephone-event"]),
        (("opus", "G729", "CN", "PCMU", "te8"), False, "18 0 101", ["PCMA"]),
        (("G722", "te8"), False, "9 101", ["PCMA", "PCMU"]),
        (("iLBC", "te8"), True, "97 101", []),
        (("PCMA", "iLBC", "te8"), False, "8 97 101", ["PCMU"]),
        (("speex", "te8", "te16"), False, "98 101 102", ["PCMA", "PCMU"]),
    ],
)
def test_an_offer_keeps_its_order_and_gets_what_can_be_transcoded(names, wide, kept, more):
    made = offer(*names, wide=wide)
    assert numbers(made.sdp) == kept.split()
    assert added(made) == more
    assert Offer.loads(made.dumps()) == made


@pytest.mark.parametrize(
    ("offerer", "answerer", "toneless"),
    [(("PCMA", "te8"), ("PCMA",), "b"), (("PCMA",), ("PCMA", "te8"), "a"), (("PCMA",), ("PCMA",), ""),
     (("PCMA", "te8"), ("PCMA", "te8"), ""), (("iLBC", "te8"), ("iLBC",), "")],
)  # fmt: skip
def test_who_has_its_audio_heard_for_digits(offerer, answerer, toneless):
    made = offer(*offerer)
    assert answers.toneless(made, answers.read(body(*answerer), PARTY, ABLE, made), "a", "b") == toneless


def test_g729_is_always_without_annex_b():
    assert "a=fmtp:18 annexb=no" in offer("G729").sdp
    yes = body("G729", after="a=fmtp:18 annexb=yes\r\n")
    assert re.findall("annexb=(.*)\r", offers.read(yes, PARTY, ABLE).sdp) == ["no"]
    assert re.findall("annexb=(.*)\r", answers.read(yes, PARTY, ABLE, None).sdp) == ["no"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("PCMA", "te8"), "60"),
        (("PCMA", "G722", "te8"), "60"),
        (("G722", "PCMA", "te8"), "20"),
        (("speex", "te16"), "20"),
        (("iLBC", "G722"), "20"),
    ],
)
def test_a_packet_time_that_cannot_be_encoded_is_not_asked_for(names, said):
    text = body(*names, after="a=ptime:60\r\n")
    for made in (offers.read(text, PARTY, ABLE), answers.read(text, PARTY, ABLE, None)):
        assert re.findall("a=ptime:(.*)\r", made.sdp) == [said]
    unsaid = answers.read(body("G722"), PARTY, ABLE, None).sdp
    assert "a=ptime:20\r\n" in unsaid  # or the relay would take the offer's


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (body("opus", "te8"), "carries PCMA, PCMU, G722, G729, speex/16000, iLBC"),
        (body("PCMA", port=0), "needs m=audio"),
        (body("PCMA").replace("RTP/AVP", "udptl"), "needs m=audio"),
        (body("PCMA").replace("m=audio", "m=video"), "needs m=audio"),
        (body("PCMA", port=0, after="m=image 4000 udptl t38\r\n"), "T.38"),
        (body("PCMA", address="2001:db8::1", family="6"), "offer an IPv4 address"),
        (body("PCMA", address="2001:db8::1"), "c= is not an IPv4 address"),
        (body("PCMA", address="pbx.example"), "not an IP address"),
        (body("PCMA", address="224.0.0.1"), "multicast"),
        (body("PCMA", address="127.0.0.1"), "loopback"),
        (body("PCMA", address="169.254.1.1"), "link-local"),
        (body("PCMA", address="255.255.255.255"), "reserved"),
        (body("PCMA", address="0.1.2.3"), "reserved"),
    ],
)
def test_an_offer_that_cannot_be_carried_is_488_in_words(text, words):
    with pytest.raises(SdpError) as caught:
        offers.read(text, PARTY, ABLE)
    assert caught.value.code == 488
    assert words in caught.value.words
    assert caught.value.words.isascii()


@pytest.mark.parametrize("address", ["0.0.0.0", "10.0.0.1", "198.51.100.7"])
def test_a_held_stream_and_a_private_address_are_no_mistake(address):
    assert offers.read(body("PCMA", address=address), PARTY, ABLE).sdp


def test_loopback_is_for_those_who_are_on_it():
    assert offers.read(body("PCMA", address="127.0.0.1"), Writer("127.0.0.5", believed=True), ABLE).sdp


def relay(text, *names):
    """What the relay would write: our address, these payloads."""
    return body(*names, address="192.0.2.1", port=30000).replace("o=x", "o=-")


@pytest.mark.parametrize(
    ("names", "left", "seen"),
    [
        (("iLBC", "PCMA", "te8"), ("PCMA", "PCMU", "te8"), "97 8 0 101"),
        (("PCMA", "iLBC", "te8"), ("PCMA", "PCMU", "te8"), "8 97 0 101"),
        (("PCMA", "iLBC", "PCMU", "te8"), ("PCMA", "PCMU", "te8"), "8 97 0 101"),
        (("PCMA", "te8", "iLBC"), ("PCMA", "PCMU", "te8"), "8 97 0 101"),
        (("iLBC", "te8"), ("iLBC", "te8"), "97 101"),
    ],
)
def test_ilbc_stays_in_an_offer_in_its_place(names, left, seen):
    made = offer(*names)
    text = relayed.offer(relay(made.sdp, *left), made)
    assert numbers(text) == seen.split()
    assert text.count("a=rtpmap:97 iLBC/8000\r\n") == 1


@pytest.mark.parametrize(
    ("offered", "answered", "again", "flags"),
    [
        (("iLBC", "PCMA", "te8"), ("iLBC", "te8"), "97 101", ""),
        (("iLBC", "PCMA", "te8"), ("iLBC", "PCMA", "te8"), "97 8 101", ""),
        (("iLBC", "PCMA", "te8"), ("PCMA", "te8"), None, None),
        (("iLBC", "PCMA", "te8"), ("G729", "te8"), None, None),
        (("iLBC", "te8"), ("iLBC", "te8"), "97 101", ""),
        (("speex", "G729", "te8"), ("speex", "te8"), None, None),
        (("speex", "G729", "te8", "te16"), ("PCMU", "te8"), None, None),
        (("G729", "speex", "te8"), ("PCMU", "te8"), None, None),
    ],
)
def test_the_relay_is_told_again_where_it_would_join_the_wrong_codecs(offered, answered, again, flags):
    made = answers.read(body(*answered), PARTY, ABLE, offer(*offered, wide=False))
    assert numbers(made.sdp) == [MAPS[name].split()[0] for name in answered]
    if again is None:
        assert made.again is None
    else:
        assert numbers(made.again.sdp) == again.split()
        assert added(made.again) == flags.split()


def test_of_an_answer_end_to_end_the_relay_learns_what_was_offered_alone():
    """It could not join the rest."""
    made = answers.read(body("iLBC", "PCMU", "te8", "te16"), PARTY, ABLE, offer("iLBC", "PCMA", "te8"))
    assert numbers(made.sdp) == ["97", "101"]


def test_an_answer_in_a_codec_that_was_not_offered_has_nothing_offered_again():
    able = Abilities(("PCMA/8000",), "4")
    offered = offers.read(body("iLBC", "PCMA"), PARTY, able)
    assert answers.read(body("speex"), PARTY, able, offered).again is None


def test_the_relay_prefers_a_codec_whose_events_it_can_join_and_the_far_side_does_not_see_that():
    made = offer("speex", "G729", "te8")
    assert numbers(made.sdp) == ["18", "101", "98"]
    text = relayed.offer(relay(made.sdp, "G729", "PCMA", "te8", "speex"), made)
    assert numbers(text) == ["98", "18", "8", "101"]


def test_an_answer_keeps_the_events_of_its_codecs_clock():
    answered = answers.read(body("PCMA", "te8", "te16"), PARTY, ABLE, offer("PCMA", "te8"))
    assert numbers(answered.sdp) == ["8", "101"]
    assert numbers(answers.read(body("speex", "te8"), PARTY, ABLE, None).sdp) == ["98", "101"]


@pytest.mark.parametrize(
    ("offered", "answered", "numbers_of_its_own", "kept"),
    [
        (("PCMA", "te8"), "8 120", True, "8 120"),
        (("PCMA", "te8"), "8 0 120", True, "8 120"),
        (("PCMA", "te8"), "8 101", False, "8 101"),
        (("PCMA", "te8"), "0 120", False, "0 120"),  # to be transcoded, which it must be able to do
        (("PCMA", "te8"), "8 0", False, "8 0"),
        (("PCMA",), "8 120", False, "8 120"),
    ],
)
def test_who_has_payload_types_of_its_own_is_sent_those(offered, answered, numbers_of_its_own, kept):
    text = body("PCMA", "PCMU", "te8", after="a=rtpmap:120 telephone-event/8000\r\n")
    made = answers.read(text.replace("8 0 101", answered, 1), PARTY, ABLE, offer(*offered))
    assert ("allow-asymmetric-codecs" in made.flags) == numbers_of_its_own
    assert numbers(made.sdp) == kept.split()


def test_an_offer_that_nobody_will_remember_holds_only_what_any_answer_fits():
    assert numbers(offer("iLBC", "PCMA", "te8", remembered=False).sdp) == ["8", "101"]
    assert numbers(offer("speex", "PCMA", "te8", remembered=False).sdp) == ["8", "101"]
    assert numbers(offer("speex", "PCMA", "te8", "te16", remembered=False).sdp) == ["98", "8", "101", "102"]
    assert numbers(offer("iLBC", "te8", remembered=False).sdp) == ["97", "101"]


def test_slow_events_beside_a_wideband_codec_are_shown_fast_to_the_relay_alone():
    made = offer("speex", "te8")
    assert "a=rtpmap:101 telephone-event/16000" in made.sdp
    answered = answers.read(body("PCMA", "te8"), PARTY, ABLE, made)
    text = relayed.answer("m=audio 1 RTP/AVP 98 101\r\na=rtpmap:101 telephone-event/16000\r\n", answered, made)
    assert "a=rtpmap:101 telephone-event/8000" in text


VIDEO, FAX = "m=video 5000 RTP/AVP 96\r\n", "m=image 6000 udptl t38\r\n"


def test_other_streams_are_refused_in_place_on_both_sides():
    made = offers.read(body("PCMA", before=VIDEO, after=FAX), PARTY, ABLE)
    assert "video" not in made.sdp
    seen = relayed.offer(relay(made.sdp, "PCMA"), made)
    assert re.findall("m=(.*) RTP|m=(image 0)", seen) == [("video 0", ""), ("audio 30000", ""), ("", "image 0")]
    assert seen.index("t=0 0") < seen.index("m=video")

    # A far side that forgets the streams that were refused, and one that keeps them.
    for answered in (body("PCMA"), body("PCMA", before="m=video 0 RTP/AVP 96\r\n", after="m=image 0 udptl t38\r\n")):
        answer = answers.read(answered, PARTY, ABLE, made)
        text = relayed.answer(relay(answer.sdp, "PCMA"), answer, made)
        assert re.findall(r"m=(\w+) (\d+)", text) == [("video", "0"), ("audio", "30000"), ("image", "0")]


def test_without_the_offer_at_hand_an_answer_keeps_its_own_streams():
    answer = answers.read(body("PCMA", before="m=video 0 RTP/AVP 96\r\n"), PARTY, ABLE, None)
    text = relayed.answer(relay(answer.sdp, "PCMA"), answer, None)
    assert re.findall(r"m=(\w+) (\d+)", text) == [("video", "0"), ("audio", "30000")]


@pytest.mark.parametrize("text", [body("PCMA", port=0), body("opus")])
def test_an_answer_without_audio_is_a_refusal_of_it(text):
    assert answers.read(text, PARTY, ABLE, offer("PCMA")).sdp == ""
    assert "m=audio 0 " in relayed.refused(())
    assert HOME not in relayed.refused(("m=video 0 RTP/AVP 96", ""))


@pytest.mark.parametrize(
    ("method", "invite_offered", "step"),
    [("INVITE", True, "offer"), ("UPDATE", False, "offer"), ("ACK", False, "answer"), ("PRACK", True, "offer"),
     ("PRACK", False, "answer"), ("INFO", True, None), ("BYE", True, None)],
)  # fmt: skip
def test_what_the_sdp_of_a_request_is(method, invite_offered, step):
    assert request_step(method, invite_offered) == step


@pytest.mark.parametrize(
    ("code", "request_offered", "step"),
    [(183, True, "answer"), (200, True, "answer"), (200, False, "late offer"), (486, True, None), (100, True, None)],
)
def test_what_the_sdp_of_a_response_is(code, request_offered, step):
    assert reply_step(code, request_offered) == step


@pytest.mark.parametrize(
    ("said", "meant"),
    [("", "sendonly"), ("sendrecv", "sendonly"), ("sendonly", "sendonly"), ("recvonly", "inactive"), ("inactive",) * 2],
)
def test_a_pbx_that_holds_at_no_address_says_so_by_a_direction(said, meant):
    text = body("PCMA", address="0.0.0.0") + (f"a={said}\r\n" if said else "") + "a=ptime:20\r\n"
    made = offers.read(text, Writer("192.0.2.7", believed=False), ABLE).sdp
    assert re.findall("a=(send.*|recv.*|inactive)\r", made) == [meant]
    assert "a=ptime:20" in made
    assert offers.read(text, Writer("192.0.2.7", believed=True), ABLE).sdp.count(" 0.0.0.0\r") == 2


@pytest.mark.parametrize(
    ("named", "source", "used"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.8", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.5", "192.0.2.7", "192.0.2.7"),
        ("0.0.0.0", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_audio_goes_to_no_address_that_a_pbx_only_names(named, source, used):
    text = body("PCMA", address=named) + "a=rtcp:4001 IN IP4 198.51.100.9\r\n"
    pbx, carrier = Writer(source, believed=False), Writer(source, believed=True)
    for made, address in ((offers.read(text, pbx, ABLE), used), (answers.read(text, pbx, ABLE, None), used),
                          (offers.read(text, carrier, ABLE), named)):  # fmt: skip
        assert set(re.findall("IN IP4 (.*)\r", made.sdp)) == {address}

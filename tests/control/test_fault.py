"""Whose fault a failed call is said to be."""

import pytest

from trunkline.contract.endings import NO_RELAY, UNHEARD, UNUSABLE_ACK, UNUSABLE_ANSWER


@pytest.fixture
def fault(sqlite):
    """The fault in a call of these events, each given as (event, fields)."""
    from trunkline.control.calls import fault

    return _judge(fault.of)


@pytest.fixture
def words(sqlite):
    """As `fault`, in words."""
    from trunkline.control.calls import fault

    return _judge(fault.in_words)


def _judge(judgement):
    from trunkline.control.calls import fold
    from trunkline.control.calls.models import Attempt, Call

    def judge(*events):
        call, attempts = Call(), {}
        for seconds, (name, fields) in enumerate(events):
            event = {"event": name, "time": 1_800_000_000 + seconds, "call": "x", **fields}
            fold.fold_call(call, event, fold.Directory())
            if n := fold.attempt_number(event):
                fold.fold_attempt(attempts.setdefault(n, Attempt(n=n)), event)
        return judgement(call, list(attempts.values()))

    return judge


@pytest.mark.parametrize(
    ("code", "whose"),
    [
        (403, "caller"),
        (404, "caller"),
        (407, "caller"),
        (480, "callee"),
        (488, "caller"),
        (500, "trunk"),
        (503, "trunk"),
    ],
)
def test_a_call_that_was_refused_before_any_attempt(fault, code, whose):
    assert fault(("reject", {"code": code})) == whose


@pytest.mark.parametrize(
    ("code", "by_carrier", "by_pbx"),
    [
        (302, "target", "target"),
        (403, "target", "target"),
        (404, "caller", "target"),  # the number is one of this service: it is the PBX that has no such extension
        (407, "trunk", "target"),
        (484, "caller", "target"),
        (486, "callee", "callee"),
        (487, "target", "target"),  # nobody gave up
        (488, "target", "target"),
        (503, "target", "target"),
        (580, "target", "target"),
        (603, "callee", "callee"),
        (699, "callee", "callee"),
    ],
)
def test_what_the_last_target_answered_decides(fault, code, by_carrier, by_pbx):
    for kind, whose in (("carrier", by_carrier), ("uri", by_pbx), ("registered", by_pbx)):
        last = {"n": 2, "kind": kind, "code": code, "cause": "reply"}
        events = (("attempt", last), ("failed", last), ("finish", {"code": 480}))
        assert fault(("failed", {"n": 1, "cause": "media"}), *events) == whose


@pytest.mark.parametrize(
    ("cause", "whose"),
    [
        ("silence", "target"),
        ("transport", "target"),
        ("dns", "target"),
        ("ring", "callee"),
        ("media", "trunk"),
        ("rule", "trunk"),
    ],
)
def test_without_an_answer_the_cause_decides(fault, cause, whose):
    assert fault(("attempt", {"n": 1}), ("failed", {"n": 1, "cause": cause}), ("finish", {"code": 486})) == whose


def test_a_caller_that_gives_up_is_nobodys_fault(fault):
    assert fault(("failed", {"n": 1, "cause": "cancel"}), ("finish", {"code": 487})) == "nobody"


def test_our_own_failure_in_the_middle_of_an_attempt_is_ours(fault):
    assert fault(("attempt", {"n": 1}), ("finish", {"code": 500})) == "trunk"


def test_a_call_that_goes_well_is_no_fault(fault):
    assert fault(("attempt", {"n": 1})) is None
    assert fault(("answer", {"n": 1, "code": 200}), ("end", {"by": "caller"})) is None


def test_every_cause_and_every_fault_has_its_words(sqlite):
    from trunkline.contract.journal import CAUSES
    from trunkline.control.calls import fault
    from trunkline.sip import status

    assert set(CAUSES) - {"reply"} == set(fault._BY_CAUSE) == set(fault._WHY)
    said = {whose for row in status.STATUSES.values() for whose in (row.carrier, row.pbx, row.ours)}
    assert said | set(fault._BY_CAUSE.values()) | {"origin"} == set(fault.WORDS)


@pytest.mark.parametrize(
    ("kind", "failed", "said"),
    [
        ("carrier", {"code": 503, "reason": "No"}, "the carrier's: telco said 503 No"),
        ("uri", {"code": 486}, "the called party's: telco said 486"),
        ("carrier", {"cause": "silence", "reason": "no response"}, "the carrier's: telco gave no response in time"),
        ("uri", {"cause": "dns", "reason": "no A record"}, "the PBX's: telco could not be found (no A record)"),
        (
            "carrier",
            {"cause": "silence", "reason": "no more than 100 Trying in time"},
            "the carrier's: telco gave no more than 100 Trying in time",
        ),
        (
            "carrier",
            {"code": 403, "reason": "Forbidden", "said": "CLI not presented"},
            "the carrier's: telco said 403 Forbidden: CLI not presented",
        ),
        ("registered", {"cause": "transport"}, "the PBX's: telco could not be reached"),
        ("carrier", {"cause": "cancel"}, "nobody's: the caller gave up"),
    ],
)
def test_the_words_name_the_target_and_what_it_did(words, kind, failed, said):
    attempt = ("attempt", {"n": 1, "kind": kind, "target": "telco"})
    assert words(attempt, ("failed", {"n": 1} | failed), ("finish", {"code": 480})) == said


def test_a_refusal_is_in_the_words_that_the_caller_got(words):
    said = {"code": 403, "warning": "not your number", "direction": "outbound"}
    assert words(("reject", said)) == "the caller's: not your number"
    assert words(("answer", {"n": 1, "code": 200}), ("end", {"by": "caller"})) == ""


def test_a_number_without_a_route_is_the_trunks_and_no_number_is_the_callers(fault):
    for called, whose in (("+33123456789", "trunk"), ("12", "caller")):
        assert fault(("reject", {"code": 404, "direction": "outbound", "called": called})) == whose


@pytest.mark.parametrize("code", [400, 404, 488])
def test_what_is_wrong_in_a_carriers_call_is_its_own(fault, words, code):
    assert fault(("reject", {"code": code, "direction": "inbound", "called": "101"})) == "origin"
    said = words(("reject", {"code": code, "direction": "inbound", "warning": "no number"}))
    assert said == "the sending carrier's: no number"


def test_a_number_that_nobody_has_may_be_either_ones_fault(words):
    said = words(("reject", {"code": 404, "direction": "inbound", "called": "33123456789", "warning": "of nobody"}))
    assert said == "the sending carrier's, or this service's: of nobody"


def test_a_limit_is_said_to_be_one(words):
    from trunkline.sip import refusal

    limits = refusal.too_many_at_once(1), refusal.too_many_per_second(2, "447700900001")
    for why in (*limits, refusal.destination_not_allowed("33"), refusal.destination_refused("33")):
        said = words(("reject", {"code": why.code, "warning": why.warning, "direction": "outbound"}))
        assert said == f"a limit's that this service sets: {why.warning}"


def test_a_disabled_carrier_is_the_operators_doing(words):
    from trunkline.sip import refusal

    why = refusal.carrier_disabled()
    said = words(("reject", {"code": why.code, "warning": why.warning, "direction": "inbound"}))
    assert said == f"this service's: {why.warning}"


def test_the_targets_before_the_last_one_are_told_too(words):
    def attempt(n, **end):
        return ("attempt", {"n": n, "kind": "carrier", "target": f"t{n}"}), ("failed", {"n": n} | end)

    events = [*attempt(1, code=503, reason="Full"), *attempt(2, cause="silence"), ("finish", {"code": 503})]
    assert words(*events) == "the carrier's: t2 gave no response in time, after t1 said 503 Full"
    many = [event for n in range(1, 7) for event in attempt(n, cause="silence")]
    assert words(*many, ("finish", {"code": 503})).count("gave no response") == 4
    assert "after 2 more, t3" in words(*many, ("finish", {"code": 503}))


@pytest.mark.parametrize(
    ("reason", "outbound", "inbound"),
    [
        ("no audio from the caller for 600 s", "caller", "origin"),
        ("no audio from the callee for 600 s", "target", "target"),
        ("the callee described no audio that can be carried", "target", "target"),
        ("SRTP was offered, and the answer is plain RTP", "target", "target"),
        (f"{UNUSABLE_ANSWER}: It has none of the codecs that were offered", "target", "target"),
        (f"{UNUSABLE_ACK}: The media address is IPv6", "caller", "origin"),
        ("the media relay lost it", "trunk", "trunk"),
        (NO_RELAY, "trunk", "trunk"),
        ("no audio from either party for 60 s", None, None),
        ("it lasted 14400 s, the longest that a call may", None, None),
    ],
)
def test_a_call_that_we_ended_has_a_fault_where_it_can_be_told(fault, reason, outbound, inbound):
    for direction, whose in (("outbound", outbound), ("inbound", inbound)):
        setup, end = ("setup", {"direction": direction}), {"by": "edge", "reason": reason}
        assert fault(setup, ("answer", {"n": 1, "code": 200}), ("end", end)) == whose
        assert fault(setup, ("answer", {"n": 1, "code": 200}), ("end", end | {"by": "callee"})) is None


def test_an_answer_that_nobody_acknowledged_is_the_callers_fault_or_the_way_to_the_callee(fault):
    from trunkline.contract.endings import LOST_ACK, NO_ACK

    for said, whose in ((NO_ACK, "caller"), (f"no ACK (SIP 408); {LOST_ACK}", "target")):
        answer = ("setup", {"direction": "outbound"}), ("answer", {"n": 1, "code": 200})
        end, unheard = ("end", {"by": "callee", "reason": said}), ("end", {"by": "edge", "reason": UNHEARD})
        assert fault(*answer, end) == fault(*answer, end, unheard) == whose


def test_what_a_node_says_when_it_ends_a_call_is_understood(fault):
    from trunkline.node import clear, silence

    patience = silence.Patience(60, 600, 3600, 14400)
    heard = [silence.Heard(last, held=False) for last in ((0.0, 700.0), (700.0, 0.0))]
    said = [silence.verdict(what, 0.0, 700.0, patience)[0] for what in heard]
    said += [clear.LOST, *map(silence.words_lacking, silence.PARTIES)]
    answer = ("setup", {"direction": "outbound"}), ("answer", {"n": 1, "code": 200})
    found = [fault(*answer, ("end", {"by": "edge", "reason": reason})) for reason in said]
    assert found == ["caller", "target", "trunk", "caller", "target"]

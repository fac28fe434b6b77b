"""What follows in each callback when our own code fails: nobody waits in vain, and nothing goes on as it came."""

import sys
from unittest.mock import MagicMock

import pytest


@pytest.fixture
def kamailio(monkeypatch):
    """In the place of the module that is there within Kamailio alone."""
    before, ksr = set(sys.modules), MagicMock(name="KSR")
    monkeypatch.setitem(sys.modules, "KSR", ksr)
    ksr.kx.get_status.return_value = 200
    ksr.pv.get.return_value = "0011223344556677 1"
    yield ksr
    for name in set(sys.modules) - before:
        if name.startswith("trunkline.edge"):
            del sys.modules[name]


@pytest.fixture
def edge(kamailio):
    """One whose parts are missing: whatever it is called for fails."""
    from trunkline.edge.main import Edge

    broken = Edge()
    broken.records = MagicMock(name="Records")
    return broken


def test_each_is_logged_with_its_traceback(edge, kamailio):
    edge.ksr_htable_event(None, "htable:expired:calls")
    [said] = kamailio.err.call_args.args
    assert said.startswith("ksr_htable_event failed:\nTraceback")


def test_a_request_is_answered_500(edge, kamailio):
    kamailio.tm.t_exists.return_value = 0
    assert edge.ksr_request_route(None) == 1
    assert kamailio.sl.send_reply.call_args.args[0] == 500


@pytest.mark.parametrize(("callback", "event"), [("ksr_branch", ()), ("ksr_stray_reply", ("tm:on-sl-reply",))])
def test_what_would_go_on_as_its_sender_wrote_it_goes_no_further(edge, kamailio, callback, event):
    kamailio.pv.get.return_value = "1"  # it has an offer, and is between no legs
    getattr(edge, callback)(None, *event)
    assert kamailio.set_drop.called


@pytest.mark.parametrize("callback", ["ksr_reply", "ksr_dialog_reply"])
def test_an_answer_goes_on_without_its_media_and_the_call_ends(edge, kamailio, callback):
    getattr(edge, callback)(None)
    assert kamailio.textopsx.remove_body.called
    assert edge.records.cut.call_args.args[0] == "0011223344556677"


def test_ringing_goes_on_without_its_media(edge, kamailio):
    kamailio.kx.get_status.return_value = 183
    edge.ksr_reply(None)
    assert kamailio.textopsx.remove_body.called
    assert not edge.records.cut.called


def test_another_response_goes_on_without_its_body(edge, kamailio):
    edge.ksr_hidden_reply(None)
    assert kamailio.textopsx.remove_body.called


def test_a_call_between_two_targets_ends(edge, kamailio):
    edge.ksr_failure(None)
    assert kamailio.tm.t_reply.call_args.args[0] == 500
    assert edge.records.abandoned.called


def test_a_digit_that_waited_for_audio_is_answered(edge, kamailio):
    edge.ksr_digit(None)
    assert kamailio.tm.t_reply.call_args.args[0] == 500

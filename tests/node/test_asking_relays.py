"""Two relays asked as one."""

import pytest

from trunkline.node.ng import Gone
from trunkline.node.probes import Silent
from trunkline.node.relays import AGAIN, Relays, Untold

UNKNOWN = {"result": "error", "error-reason": "Unknown call-id"}


def known(last):
    return {"tags": {"a": {"medias": [{"streams": [{"last packet": last}]}]}}}


class FakeRelay:
    """`answers`: by call; a call that is not among them is answered with nothing. `there`: whether it pongs; `gone`:
    whether nothing listens at its port."""

    def __init__(self, port, **answers):
        self.port, self.answers, self.there, self.gone, self.asked = port, answers, True, False, []

    def ask(self, command, call_id=""):
        self.asked.append((command, call_id))
        if self.gone:
            raise Gone("nothing listens there")
        if command == "ping" and self.there:
            return {"result": "pong"}
        if self.there and call_id in self.answers:
            return self.answers[call_id]
        raise Silent("it does not answer")


class Scene:
    def __init__(self):
        self.now = 100.0
        self.one = FakeRelay(1, healthy=known(7), moved=known(7), gone=UNKNOWN, second=UNKNOWN)
        self.two = FakeRelay(2, healthy=UNKNOWN, moved=known(9), gone=UNKNOWN, second=known(8), huge=UNKNOWN)
        self.relays = Relays([self.one, self.two], lambda: self.now)

    def ask(self, call):
        return self.relays.ask("query", call)


@pytest.fixture
def scene():
    return Scene()


def test_the_one_that_has_the_call_answers_and_the_newer_of_two(scene):
    assert [scene.ask(call) for call in ("healthy", "second", "moved", "gone")] == [known(7), known(8), known(9), None]


def test_a_call_with_too_much_to_tell_costs_the_others_nothing(scene):
    with pytest.raises(Untold):
        scene.ask("huge")
    assert scene.ask("healthy") == known(7)
    assert scene.ask("gone") is None


def test_a_relay_that_is_away_is_not_waited_for_again_at_once(scene):
    scene.one.there = False
    for call in ("healthy", "gone"):
        with pytest.raises(Silent) as caught:
            scene.ask(call)
        assert not isinstance(caught.value, Untold)
    assert scene.one.asked == [("query", "healthy"), ("ping", "")]
    assert scene.ask("second") == known(8)
    scene.one.there, scene.now = True, scene.now + AGAIN
    assert scene.ask("healthy") == known(7)


def test_what_a_relay_that_is_gone_knew_is_lost_unless_the_other_one_knows_it(scene):
    scene.one.gone = True
    assert scene.ask("second") == known(8)
    with pytest.raises(Gone):
        scene.ask("gone")
    scene.two.gone = True
    with pytest.raises(Gone):
        scene.ask("second")
    scene.one.gone = scene.two.gone = False
    assert scene.ask("healthy") == known(7)


def test_one_that_hangs_may_have_the_call_whichever_of_them_is_gone(scene):
    """Or a call would be ended as lost, whose relay only hangs."""
    for gone, hangs in ((scene.one, scene.two), (scene.two, scene.one)):
        scene.now += AGAIN
        gone.gone, hangs.there = True, False
        for _ in range(2):  # the second time it is not waited for
            with pytest.raises(Silent) as caught:
                scene.ask("moved")
            assert not isinstance(caught.value, Gone)
        gone.gone, hangs.there = False, True

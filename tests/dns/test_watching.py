"""Endpoints that fall silent leave the zone at a real name server, and come back."""

import threading
import time

import pytest

from harness.polling import until
from harness.six import DOMAIN, TTL, ask
from trunkline.node import alive, part, publish


@pytest.mark.long
def test_who_is_silent_leaves_within_15_s_and_comes_back_later(server, name_server, six, written, tmp_path):
    """The part as the node runs it, at its own pace: silence, a 503, and everybody gone."""
    endpoints, answering = six
    first, second = answering.addresses[:2]
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL)
    stop, reporter = threading.Event(), part.Reporter(tmp_path / "status.json")
    running = threading.Thread(target=part.run, args=(publisher, reporter, stop, alive.PAUSE))

    def listed():
        return set(ask(name_server, DOMAIN, "A"))

    running.start()
    try:
        until(lambda: answering.got("OPTIONS").total() >= 6, 10, "all are asked")
        answering.kill(first)
        answering.answer(second, 503)
        began = time.monotonic()
        until(lambda: listed() == set(answering.addresses[1:]) - {second}, 15, "both are out")
        assert time.monotonic() - began < 15
        assert set(publisher.facts()["out"]) == {f"ap1 {first}", f"ap2 {second}"}
        for address in answering.addresses[1:]:
            answering.kill(address)
        until(lambda: publisher.facts()["all_out"], 15, "nobody answers")
        assert listed() == set(answering.addresses) - {first, second}  # as it was: it may be we who are cut off
        began = time.monotonic()
        answering.answer(second, 200)
        for address in answering.addresses:
            answering.start(address)
        until(lambda: listed() == set(answering.addresses), 30, "all are back")
        assert time.monotonic() - began > (alive.ANSWERS - 1) * alive.PAUSE
    finally:
        stop.set()
        running.join(10)


def test_who_hears_itself_alone_while_others_serve_leaves_dns_as_it_is(server, name_server, six, written):
    """Its line is cut, but for the way to the name server: it would leave itself alone in DNS."""
    endpoints, answering = six
    own, *others = answering.addresses
    serving = set(others[:1])
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL, serving=lambda: serving, own=own)

    def listed():
        return set(ask(name_server, DOMAIN, "A"))

    publisher.step()
    for address in others:
        answering.kill(address)
    try:
        until(lambda: not publisher.step() and publisher.facts()["cut_off"], 20, "it hears itself alone")
        assert listed() == set(answering.addresses)
        for address in others:
            answering.start(address)
        for _ in range(alive.ANSWERS - 1):  # that are not believed yet
            publisher.step()
            assert publisher.facts()["cut_off"]
        publisher.step()
        assert (publisher.facts()["cut_off"], listed()) == (False, set(answering.addresses))

        answering.answer(others[0], 503)  # who is heard, if only to say that it takes no calls
        for address in others[1:]:
            answering.kill(address)
        until(lambda: not publisher.step() and len(publisher.facts()["out"]) == len(others), 20, "the others are out")
        assert (publisher.facts()["cut_off"], listed()) == (False, {own})
        for address in others[1:]:
            answering.start(address)
        answering.answer(others[0], 200)
        until(lambda: not publisher.step() and not publisher.facts()["out"], 20, "all are back")

        serving.clear()  # they are dead, as far as anybody knows
        for address in others:
            answering.kill(address)
        until(lambda: not publisher.step() and len(publisher.facts()["out"]) == len(others), 20, "the others are out")
        assert (publisher.facts()["cut_off"], listed()) == (False, {own})
    finally:
        for address in others:
            if address not in answering.up():
                answering.start(address)
        answering.answer(others[0], 200)


def test_a_node_that_stands_by_writes_nothing_until_it_is_its_turn(server, name_server, six, written):
    endpoints, answering = six
    first = answering.addresses[0]
    writer = ["another"]
    publisher = publish.Publisher(lambda: endpoints, server, DOMAIN, TTL, writer=lambda: writer[0])
    answering.answer(first, 503)
    try:
        until(lambda: not publisher.step() and publisher.facts()["out"], 10, "it sees who takes no calls")
        assert publisher.facts()["waits_for"] == "another"
        assert first in ask(name_server, DOMAIN, "A")
        writer[0] = ""
        assert not publisher.step()
        assert set(ask(name_server, DOMAIN, "A")) == set(answering.addresses[1:])
        assert publisher.facts()["waits_for"] == ""
    finally:
        answering.answer(first, 200)

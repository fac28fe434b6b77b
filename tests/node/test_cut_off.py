"""When a node that watches DNS takes its own line for the one that is cut."""

import pytest

from trunkline.contract.endpoints import Endpoint
from trunkline.node.alive import SILENCES, Alive
from trunkline.node.publish import Publisher

YES, SILENT, NO = (True, True, ""), (False, False, "it does not answer"), (False, True, "it answers 503")
NO_WAY = "there is no way to it"
OWN, OTHER, IPV6 = "192.0.2.1", "192.0.2.2", "2001:db8::2"


def endpoint(name, *addresses):
    return Endpoint(name, f"{name}.example", "", None, None, "eu", addresses, 5060, 5061, (), (), 10)


@pytest.fixture
def seen():
    """`seen({address: answer, ...})`: what the node says of itself, while another one is the one that writes. Each
    answer is repeated until it is believed."""

    def after(*answers, serving=(OWN, OTHER)):
        its = {}
        listed = {"one": {OWN}, "two": {OTHER, IPV6}}
        endpoints = [
            endpoint(name, *sorted(found)) for name, its_own in listed.items() if (found := its_own & answers[0].keys())
        ]
        publisher = Publisher(
            lambda: endpoints, None, "sip.example", 60, Alive(lambda address, port: its[address]),
            writer=lambda: "another", serving=lambda: serving, own=OWN,
        )  # fmt: skip
        for now in answers:
            its.update(now)
            for _ in range(SILENCES):
                publisher.step()
        return {name for name in ("cut_off", "all_out") if publisher.facts()[name]}

    return after


ALL = {OWN: YES, OTHER: YES, IPV6: YES}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([ALL], set()),
        ([ALL | {OTHER: SILENT, IPV6: SILENT}], {"cut_off"}),
        ([ALL | {OTHER: NO, IPV6: SILENT}], set()),  # so there is a way there
        ([ALL | {IPV6: NO_WAY}], set()),
        ([ALL | {OTHER: SILENT, IPV6: NO_WAY}], {"cut_off"}),  # nothing but silence is heard
        ([ALL, ALL | {OTHER: SILENT, IPV6: SILENT}, {OTHER: NO_WAY, IPV6: NO_WAY}], {"cut_off"}),
        ([ALL | {OTHER: NO_WAY, IPV6: NO_WAY}], set()),  # none is out
        ([{OTHER: SILENT, IPV6: NO_WAY}], {"all_out", "cut_off"}),  # of a node that is no endpoint itself
    ],
)
def test_an_address_that_cannot_be_asked_speaks_for_nobody(seen, answers, said):
    assert seen(*answers) == said


def test_who_serves_nobody_may_go(seen):
    assert seen(ALL | {OTHER: SILENT, IPV6: NO_WAY}, serving=(OWN,)) == set()

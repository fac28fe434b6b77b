"""Requests of calls that are not: without a Route of ours, with one of nobody's, with another call's."""

import re

import pytest

from harness import placing

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("method", ["BYE", "INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "CANCEL", "REFER"])
async def test_a_forged_request_of_a_dialog_is_481(edge, agent, method):
    """A To tag without a Route, with our bare address, and with a MAC of nobody's: nothing may leave."""
    ua, victim = await agent(), await agent()
    fake = f"<sip:{edge.address}:{edge.udp.port};lr;ftag=x;tl={'a' * 16}.1.e.{'b' * 32}>"
    routes = [[], [f"<sip:{edge.address}:{edge.udp.port};lr>"], [fake], [fake, f"<sip:{victim.address}:5060;lr>"]]
    for route in routes:
        response = await ua.request(
            method, f"sip:x@{victim.address}:{victim.port()}", edge.udp, callee="<sip:x@y>;tag=forged",
            headers=[("Route", value) for value in route],
        )  # fmt: skip
        assert response.code == 481
        assert response.warning
    assert not victim.calls
    assert not victim.requests


async def test_the_route_of_a_call_serves_no_other_call(edge, agent):
    key, ua, far, thief = edge.key(), await agent(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    route = call.dialog.routes

    # Another Call-ID with the same Route; then the same Call-ID with an altered Route.
    response = await thief.request(
        "BYE", call.dialog.target, edge.udp, callee="<sip:x@y>;tag=z", headers=[("Route", value) for value in route]
    )
    assert (response.code, "belongs to no call" in response.warning) == (481, True)
    proof = re.compile(r"(tl=[0-9a-f.]+\.[a-z]+\.[0-9a-f]+\.)(.)")
    altered = [proof.sub(lambda m: m[1] + ("0" if m[2] != "0" else "1"), value) for value in route]
    assert altered != route
    accounts = [re.sub(r"(tl=[0-9a-f]+\.)[0-9]+", r"\g<1>4711", value) for value in route]
    tags = [re.sub(r"ftag=[^;>]+", "ftag=other", value) for value in route]
    for forged in (altered, accounts, tags):
        assert forged != route
        request = call.dialog.request("BYE")
        request.remove("Route")
        request.headers += [("Route", value) for value in forged]
        response = await ua.transact(request, edge.udp)
        assert (response.code, "belongs to no call" in response.warning) == (481, True)
    assert not incoming.requests or [r.method for r in incoming.requests] == ["ACK"]
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert [e["event"] for e in events].count("end") == 1

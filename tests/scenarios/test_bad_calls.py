"""Hostile INVITEs and methods that are none of a trunk: refused in words, and nothing of them breaks out."""

import pytest

from harness import placing
from scenarios.raw import still_works
from trunkline.sandbox.message import Request, parse

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("name", ["From", "To", "Contact", "Diversion", "Call-ID", "Proxy-Authorization", "X-Any"])
@pytest.mark.parametrize("value", ["\udcff\udcfe\udc80", "a\0b", '"\\'])
async def test_any_bytes_in_any_header_of_an_invite(edge, agent, name, value):
    key, ua, far = edge.key(edge.account(caller_id="owned")), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))

    def spoil(request: Request):
        given = request.get(name)
        place = {"From": "+4477", "To": "sip:", "Contact": "sip:", "Call-ID": "", "Proxy-Authorization": "Digest "}
        if given is None:
            request.add(name, f"<sip:{value}@x>")
        else:
            request.set(name, given.replace(place.get(name, ""), place.get(name, "") + value, 1))

    call = await placing.dial(edge, ua, key, f"+{prefix}001", edit=spoil)
    try:
        response = await call.final(timeout=0.7)
    except TimeoutError:
        pass  # what cannot be read is dropped
    else:
        assert response.code in (400, 403, 404, 407), response
    assert not far.calls
    await still_works(edge, ua)


@pytest.mark.parametrize("method", ["REFER", "MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "FROB"])
async def test_other_methods_are_refused_outside_a_dialog(edge, agent, method):
    key, ua = edge.key(), await agent()
    response = await ua.request(method, edge.uri("+999501"), edge.udp, user=key.name, secret=key.secret)
    assert response.code == 405
    allowed = response.get("Allow").split(", ")
    assert ("INVITE" in allowed, method in allowed) == (True, False)
    assert method in response.warning


@pytest.mark.parametrize("method", ["BYE", "INFO", "PRACK", "UPDATE"])
async def test_what_belongs_to_a_call_is_481_without_one(edge, agent, method):
    key, ua = edge.key(), await agent()
    response = await ua.request(method, edge.uri("+999501"), edge.udp, user=key.name, secret=key.secret)
    assert (response.code, "belongs to no call" in response.warning) == (481, True)


async def test_words_cannot_break_out_of_the_warning(edge, agent):
    key, ua = edge.key(), await agent()
    user = "x%22%0d%0aX-Evil%3a%20yes%0d%0a%5c%22%00%e2%82%ac"
    response = await placing.refused(edge, ua, key, user, callee="<sip:x@y>")
    assert response.code == 404
    assert response.get("X-Evil") is None
    assert len(response.all("Warning")) == 1
    assert parse(bytes(response)).code == 404
    await edge.events("reject", key=key.name)
    lines = edge.home.journal_file.read_bytes().splitlines()
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines if line)


async def test_an_invite_whose_from_has_no_tag_is_refused(edge, agent):
    key, ua, far = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(far.address, far.port()))

    def untag(request: Request):
        request.set("From", request.get("From").partition(";tag=")[0])

    response = await placing.refused(edge, ua, key, f"+{prefix}001", edit=untag)
    assert response.code == 400
    assert "tag" in response.warning
    assert not far.calls

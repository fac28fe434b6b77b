"""Where a message ends and the next one begins: over a connection, and with octets behind a datagram's body."""

import pytest

from harness.node import eventually
from harness.polling import PATIENCE
from scenarios.parties import connected, talking
from scenarios.raw import plain, still_works
from scenarios.torture.messages import written
from scenarios.torture.sending import final, finals, nothing_left, unended
from trunkline.sandbox import sdp
from trunkline.sandbox.dialog import token
from trunkline.sandbox.message import parse

pytestmark = pytest.mark.engines


async def test_two_requests_in_one_go_are_two(edge, agent):
    ua = await agent("tcp")
    data = written("dblreq", token()).replace(b"Content-Length: 150", b"Content-Length: 153")  # which its body has
    await ua.send_raw(data, edge.tcp)
    await ua.until(lambda: len(finals(ua)) == 2, 10, "two responses")
    assert {response.cseq[1]: response.code for response in finals(ua)} == {"REGISTER": 401, "INVITE": 407}
    await still_works(edge, ua)


async def test_in_a_datagram_the_second_one_is_none(edge, agent):
    ua = await agent()
    assert (await final(ua, written("dblreq", token()), edge)).code == 401
    await still_works(edge, ua)
    assert [response.cseq[1] for response in finals(ua)] == ["REGISTER"]


async def test_a_body_that_is_announced_is_waited_for(edge, agent):
    """clerr: the octets that follow are its body, whatever they say."""
    ua, other = await agent("tcp"), await agent("tcp")
    data = written("clerr", token())
    await ua.send_raw(data, edge.tcp)
    await still_works(edge, other)
    assert not ua.strays
    rest = 9999 - len(data.partition(b"\r\n\r\n")[2])
    await ua.send_raw(plain(edge, ua, "TCP").ljust(rest, b"x"), edge.tcp)
    await ua.until(lambda: finals(ua), 10, "the response to the INVITE")
    assert [(response.code, response.cseq[1]) for response in finals(ua)] == [(407, "INVITE")]
    await still_works(edge, ua)


@pytest.mark.parametrize("name", ["ncl", "inv2543"])
async def test_a_connection_without_a_length_is_closed(edge, agent, name):
    ua = await agent("tcp")
    await ua.send_raw(written(name, token()), edge.tcp)
    await eventually(lambda: not connected(edge, ua), PATIENCE, "the edge has closed the connection")
    assert not ua.strays
    await still_works(edge, ua)  # over another one


EXTRA = [b"\r\n", b"\0", b"\0\0\xff", "é".encode(), b"OPTIONS sip:x@y SIP/2.0\r\n"]


@pytest.mark.parametrize("extra", EXTRA)
async def test_octets_behind_a_datagrams_body_are_none_of_it(edge, agent, extra):
    ua, others = await agent(), unended(edge)
    assert (await final(ua, plain(edge, ua, branch=token()) + extra, edge)).code == 200
    await nothing_left(edge, others)


def longer(extra: bytes):
    """An `edit` that puts octets behind the body."""

    def edit(request):
        request.set("Content-Length", str(len(request.body)))
        request.body += extra

    return edit


@pytest.mark.parametrize("extra", EXTRA)
@pytest.mark.parametrize("callee", ["udp", "tcp"])
async def test_octets_behind_it_go_nowhere_in_a_call(edge, agent, callee, extra):
    """Some devices end a datagram by one line end more than they count. On the far side's connection it would begin the
    next message."""
    edit = longer(extra)
    pair = await talking(edge, agent, "in", "udp", callee, edit=edit)
    near, far = pair.near, pair.far
    await pair.talk()
    offered = await near.send("INVITE", near.make_offer(), [("Content-Type", sdp.TYPE)], edit=edit)
    assert offered.code == 200
    for method in ("UPDATE", "OPTIONS", "INFO", "INVITE"):
        assert (await near.send(method, edit=edit)).code == 200
    response = await near.send("INFO", b"x", [("Content-Type", "text/plain")], edit=edit)
    assert (response.code, "follow the header" in response.warning) == (400, True)
    assert (await near.send("BYE", edit=edit)).code == 200
    await far.hung_up()
    received = [
        entry.data for entry in agent.trace.entries if not entry.sent and entry.local.startswith(far.agent.address)
    ]
    assert not [data for data in received if data.endswith(extra) and extra != b"\r\n"]
    assert all(len(data.partition(b"\r\n\r\n")[2]) == int(parse(data).get("Content-Length")) for data in received)


@pytest.mark.parametrize("caller", ["udp", "tcp"])
async def test_octets_behind_a_response_go_nowhere(edge, agent, caller):
    pair = await talking(edge, agent, "out", caller, "udp")

    def respond(request):
        response = pair.far.agent.response(request, 200)
        response.headers += [("Content-Type", "text/plain"), ("Content-Length", "1")]
        response.body = b"xSIP/2.0 200 OK\r\n"
        return response

    pair.far.respond = respond
    for method in ("INFO", "OPTIONS"):
        assert b"SIP" not in (await pair.near.send(method)).body
    pair.far.respond = None
    await pair.talk()
    await pair.near.bye()
    near = pair.near.agent.address
    received = [entry.data for entry in agent.trace.entries if not entry.sent and entry.local.startswith(near)]
    assert not [data for data in received if b"xSIP/2.0" in data]

"""Messages whose hidden parts are not as they were sent. Some of them end Kamailio, if topoh reads them."""

import re

import pytest

from scenarios.parties import ringing_out
from trunkline.contract.hidden import Mask
from trunkline.node import secrets
from trunkline.node.topoh import uri_parameter, via_prefix

pytestmark = [pytest.mark.engines, pytest.mark.edge_fails]  # topoh says of some that it cannot read them

CRASHED = "exited by a signal"  # as Kamailio's main process says of a worker
PARAMETERS = (";TH", ";th", ";TH;a=b", "; TH ;a=b", ";a=b;TH;TH=dcv", ";TH,SIP/2.0/UDP a;TH=dcv")


async def test_a_via_that_was_spoilt_costs_no_call(own_edge, agent):
    """Cut anywhere, or written by somebody who knows the alphabet: neither a process of Kamailio nor the call ends."""
    edge = own_edge()
    pair = await ringing_out(edge, agent)
    request = pair.far.request
    key = secrets.ensure(edge.home.secrets).mask
    right = re.search(f"branch={via_prefix(key)}([^;,\\s]+)", "\r\n".join(request.all("Via")[1:]))[1]
    cut = [right[:length] for length in range(1, len(right))]
    padded = [right + "*" * length for length in (1, 2, 3, 4, 8, 100)]
    odd = ["", "\x80" + right, right.replace(right[8], "_"), f'"{right[:40]}"', f" {right[:40]} "]
    written = [
        Mask(key).hide(f"SIP/2.0/UDP {host}{rest}")
        for host in ("192.0.2.1", "192.0.2.1:5060", "a.example.com:5060", "[2001:db8::1]")
        for rest in PARAMETERS
    ]
    response = bytes(pair.far.agent.response(request, 180))
    for value in [*cut, *padded, *odd, *written]:
        await pair.far.agent.send_raw(response.replace(right.encode(), value.encode("latin-1")), edge.udp)
    await pair.far.ring()
    assert (await pair.near.provisional(180)).code == 180
    await pair.far.answer()
    assert (await pair.near.final()).code == 200
    await pair.talk()
    await pair.near.bye()
    assert CRASHED not in edge.log_tail(0, lines=10_000)


STRANGE = """\
SIP/2.0 183 Session Progress
Via: SIP/2.0/UDP {ip};branch=z9hG4bK1.0
Via: SIP/2.0/UDP {ip};branch=z9hG4bK2
Record-Route: {routes}
From: <sip:a@example.com>;tag=1
To: <sip:b@example.com>;tag=2
Call-ID: c
CSeq: 2 INVITE
Content-Length: 0

"""


async def test_nobody_ends_kamailio_by_a_record_route(own_edge, agent):
    """It takes no call for these: only what our parameter is called, which every target sees."""
    edge, stranger = own_edge(), await agent()
    name = uri_parameter(secrets.ensure(edge.home.secrets).mask)
    for written in (name, name.upper(), f"{name} ", f"{name}\t;lr", f"lr;{name}", f" {name};{name}=sr-a", f"{name},lr"):
        for routes in (f"<sip:{edge.address};{written}>", f"<sip:a@192.0.2.1>, <sip:{edge.address}:5060;{written}>"):
            response = STRANGE.format(ip=edge.address, routes=routes).replace("\n", "\r\n")
            await stranger.send_raw(response.encode(), edge.udp)
    for _ in range(4):  # of each worker
        assert (await stranger.options(edge.uri("ping"), edge.udp)).code == 200
    assert CRASHED not in edge.log_tail(0, lines=10_000)

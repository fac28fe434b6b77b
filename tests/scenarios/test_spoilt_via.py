"""Responses whose hidden Via is not as it was sent. One with a TH without a value ends Kamailio, if topoh reads it."""

import re

import pytest

from harness.hidden_via import hidden
from scenarios.parties import ringing_out
from trunkline.node import secrets
from trunkline.node.hidden_via import prefix

pytestmark = [pytest.mark.engines, pytest.mark.edge_fails]  # topoh says of some that it cannot read them

PARAMETERS = (";TH", ";th", ";TH;a=b", "; TH ;a=b", ";a=b;TH;TH=dcv", ";TH,SIP/2.0/UDP a;TH=dcv")


async def test_a_via_that_was_spoilt_costs_no_call(own_edge, agent):
    """Cut anywhere, or written by somebody who knows the alphabet: neither a process of Kamailio nor the call ends."""
    edge = own_edge()
    pair = await ringing_out(edge, agent)
    kamailio, request = edge.pid("kamailio"), pair.far.request
    key = secrets.ensure(edge.home.secrets).mask
    right = re.search(f"branch={prefix(key)}([^;,\\s]+)", "\r\n".join(request.all("Via")[1:]))[1]
    cut = [right[:length] for length in range(1, len(right))]
    padded = [right + "*" * length for length in (1, 2, 3, 4, 8, 100)]
    odd = ["", "\x80" + right, right.replace(right[8], "_"), f'"{right[:40]}"', f" {right[:40]} "]
    written = [
        hidden(key, f"SIP/2.0/UDP {host}{rest}")
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
    assert edge.pid("kamailio") == kamailio

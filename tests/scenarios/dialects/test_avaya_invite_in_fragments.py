"""An Avaya SBCE that strips nothing sends an INVITE of 3 kB, which UDP carries in fragments of the network's size."""

import socket
import struct

import pytest

from scenarios.dialects.speaking import call_out, ended

pytestmark = pytest.mark.engines

FITS = 1480  # octets of a datagram in a packet of Ethernet's 1500
UDP_HEADER, MORE = 8, 0x2000  # RFC 791 §3.1: the flag "more fragments"

INSIDE = (
    "Alert-Info", "User-to-User", "Max-Breadth", "Endpoint-View", "AV-Global-Session-ID", "Accept-Contact",
    "P-AV-Message-Id", "P-Charging-Vector", "P-Location", "Av-Secure-Indication", "History-Info",
)  # fmt: skip


def fragments(source: tuple[str, int], target: tuple[str, int], data: bytes, identity: int) -> list[bytes]:
    """The IPv4 packets of one datagram; the UDP checksum is left out (RFC 768)."""
    whole = struct.pack("!HHHH", source[1], target[1], UDP_HEADER + len(data), 0) + data
    packets = []
    for start in range(0, len(whole), FITS):
        part = whole[start : start + FITS]
        flags = (MORE if start + FITS < len(whole) else 0) | start // 8
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), identity, flags, 64, socket.IPPROTO_UDP, 0,
                           socket.inet_aton(source[0]), socket.inet_aton(target[0]))  # fmt: skip
        packets.append(head + part)
    return packets


@pytest.fixture
def raw():
    try:
        opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    except PermissionError:
        pytest.skip("fragments of our own making need a raw socket, which this user may not open")
    with opened:
        yield opened


async def test_the_fragments_become_a_call(edge, agent, raw):
    sent = []

    async def agent_in_fragments(*arguments, **options):
        ua = await agent(*arguments, **options)
        if options.get("name") == "pbx":
            transmit = ua._transmit

            def cut(message, flow):
                data = bytes(message)
                if len(data) <= FITS:
                    return transmit(message, flow)
                packets = fragments(flow.local, flow.remote[1:], data, 1000 + len(sent))
                sent.append(len(packets))
                ua.trace.add(True, "udp", flow.local, flow.remote[1:], data)
                for packet in reversed(packets):  # the network keeps no order
                    raw.sendto(packet, (flow.remote.host, 0))
                return None

            ua._transmit = cut
        return ua

    pair = await call_out(edge, agent_in_fragments, "avaya-invite.sip", tag="80cd9c8bd1a41e7113f5a69dc00")
    assert len(bytes(pair.near.request)) > 3000
    assert sent[-1] >= 3
    seen = pair.far.request
    for header in INSIDE:
        assert not seen.get(header), header
    assert seen.get("Session-Expires") == "1800;refresher=uac"
    assert b"a=rtpmap:120 telephone-event/8000" in seen.body
    assert b"avf" not in seen.body
    await pair.far.answer()
    response = await pair.near.final()
    assert response.code == 200
    assert len(response.values("Via")) == 4  # all of those within the enterprise come back
    assert pair.near.remote_audio.event.number == 120
    await pair.talk()
    pair.near.audio.dial("159#")
    await pair.far.audio.until(lambda: pair.far.audio.digits == "159#", 10, lambda: pair.far.audio.digits)
    await ended(pair)

"""How the audio of a call was, in its journal: counted at the media relay and reported by the parties themselves."""

import asyncio
import struct
import time

import pytest

from scenarios.parties import one, talking
from trunkline.node import clear

pytestmark = pytest.mark.engines

ROUND_TRIP, JITTER = 40, 16  # ms
LATER = 2.0  # s; rtpengine drops a report that follows one of its own within a second
NTP = 2_208_988_800  # s from 1900 to 1970
SR = 200  # RFC 3550 §6.4.1


class Rtcp(asyncio.DatagramProtocol):
    """A party's RTCP, beside its audio: answers each sender report by one of its own, as from afar."""

    def __init__(self, audio, answers: bool):
        self.received: list[bytes] = []
        self.sent = 0
        self._audio, self._answers = audio, answers

    @classmethod
    async def beside(cls, audio, answers: bool = True) -> "Rtcp":
        host, port = audio.address
        loop = asyncio.get_running_loop()
        _, made = await loop.create_datagram_endpoint(lambda: cls(audio, answers), local_addr=(host, port + 1))
        return made

    def connection_made(self, transport):
        self._transport = transport

    def datagram_received(self, data, addr):
        self.received.append(data)
        if data[1] == SR and self._answers:
            asyncio.get_running_loop().call_later(LATER + ROUND_TRIP / 1000, self._report, data, addr)

    def _report(self, data: bytes, addr) -> None:
        about, middle = struct.unpack("!I", data[4:8])[0], struct.unpack("!I", data[10:14])[0]
        now = int((time.time() + NTP) * 2**32)
        block = struct.pack("!IIIIII", about, 0, 0, JITTER * 8, middle, int(LATER * 65536))
        head = struct.pack("!BBHIQIII", 0x81, SR, 12, self._audio._ssrc, now, 0, self._audio.sent, 0)
        self._transport.sendto(head + block, addr)
        self.sent += 1


def losing(audio, every: int) -> None:
    """From now on one packet in so many is lost on its way."""
    send = audio._send

    def some(*arguments, **named):
        if audio.sent % every == 0:
            audio._sequence = (audio._sequence + 1) & 0xFFFF
        send(*arguments, **named)

    audio._send = some


async def test_the_audio_of_each_party_is_measured(edge, agent, monkeypatch):
    """The caller's RTP loses packets and it reports by RTCP; the callee sends none, and gets some all the same, as
    Skype for Business ends a call after 30 s without."""
    monkeypatch.setattr(clear, "FIRST", 0.5)
    pair = await talking(edge, agent)
    await pair.talk()
    caller_rtcp, callee_rtcp = await Rtcp.beside(pair.near.audio), await Rtcp.beside(pair.far.audio, answers=False)
    losing(pair.near.audio, 10)
    deadline = time.monotonic() + 20
    while not caller_rtcp.sent or not callee_rtcp.received:
        assert time.monotonic() < deadline, "no RTCP came"
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)  # the report arrives
    await pair.near.bye()
    line = one(await pair.events("quality"), "quality")
    caller, callee = line["caller"], line["callee"]
    assert abs(caller["packets"] - pair.near.audio.sent) <= 2
    assert abs(callee["packets"] - pair.far.audio.sent) <= 2
    assert 0.07 < caller["lost"] / caller["packets"] < 0.13
    assert callee["lost"] == 0
    assert ROUND_TRIP * 0.8 <= caller["round_trip"] <= ROUND_TRIP * 2.5
    assert "round_trip" not in callee
    assert callee["jitter"] == JITTER  # as the caller reports
    assert caller["mos"] < 4 < callee["mos"]

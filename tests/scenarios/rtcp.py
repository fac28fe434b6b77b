"""A party's RTCP."""

import asyncio
import struct
import time

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

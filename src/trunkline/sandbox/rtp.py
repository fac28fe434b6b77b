"""One audio stream over RTP (RFC 3550): G.711 in frames of 20 ms, and telephone-events (RFC 4733); SRTP with keys."""

import asyncio
import random
import struct
from array import array
from collections import deque
from itertools import cycle

from trunkline.sandbox import tone
from trunkline.sandbox.sdp import Payload
from trunkline.sandbox.srtp import Cipher
from trunkline.sandbox.waiting import Changes

INTERVAL = 0.020  # s
KEPT = 150  # packets kept for listening: 3 s
LISTEN_EVERY = 3  # packets between two looks for a tone, which cost CPU time
LATE = 0.2  # s; a sender that is further behind than this skips, as a real clock would
STATIC = {0: "PCMU", 8: "PCMA"}
DIGITS = "0123456789*#ABCD"
DIGIT_LEVEL = 10  # -dBm0


class AudioError(Exception):
    """What was heard is not what should have been; the text says what it was."""


class RtpSession(Changes, asyncio.DatagramProtocol):
    """Sends as soon as it is connected (silence until told otherwise) and remembers what it received last."""

    def __init__(self):
        super().__init__()
        self.sent = self.received = 0  # packets
        self.undecipherable = 0  # packets that came without the key, while there is one
        self.digits = ""
        self.source: tuple[str, int] | None = None  # where the newest packet came from
        self._packets: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT)  # extended sequence, payload type, payload
        self._highest = self._ssrc_in = -1
        self._last_event = -1
        self._ssrc, self._sequence = random.getrandbits(32), random.getrandbits(16)
        self._timestamp = random.getrandbits(32)
        self._remote: tuple[str, int] | None = None
        self._codec = Payload(8, "PCMA", 8000)
        self._event: Payload | None = None
        self._events: deque[tuple[int, bool, bytes]] = deque()  # timestamp, marker, payload
        self._frequency, self._level, self._frames = 0, tone.DEFAULT_LEVEL, None
        self._echo = self._mute = False
        self._cipher: Cipher | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, address: str, port: int = 0) -> "RtpSession":
        """Listen on an address; the system chooses the port unless one is given."""
        loop = asyncio.get_running_loop()
        _, session = await loop.create_datagram_endpoint(cls, local_addr=(address, port))
        return session

    @property
    def address(self) -> tuple[str, int]:
        return self._transport.get_extra_info("sockname")[:2]

    def connection_made(self, transport):
        self._transport = transport

    def connect(self, host: str, port: int, codec: Payload, event: Payload | None = None, *, send: bool = True) -> None:
        """Send to this place in this codec from now on; `send` False stops sending (held, or recvonly)."""
        self._remote, self._codec, self._event = (host, port) if send and port else None, codec, event
        self._restart()
        if self._timer is None:
            self._tick(asyncio.get_running_loop().time())

    def secure(self, keys: tuple[str, str] | None) -> None:
        """Send and receive SRTP from now on, with our key and the far side's; None for plain RTP."""
        if keys != (self._cipher.keys if self._cipher else None):  # a stream that goes on keeps its counters
            self._cipher = Cipher(*keys) if keys else None

    def play(self, frequency: int, level: float = tone.DEFAULT_LEVEL) -> None:
        """Send a tone (Hz, dBFS); 0 Hz is silence."""
        self._frequency, self._level, self._echo, self._mute = frequency, level, False, False
        self._restart()

    def echo(self) -> None:
        """Send back each packet as it comes."""
        self._echo, self._mute = True, False

    def mute(self) -> None:
        """Send nothing at all."""
        self._mute, self._echo = True, False

    def dial(self, digits: str, milliseconds: int = 100) -> None:
        """Queue telephone-events, 60 ms apart. Raises AudioError when the far side did not offer them."""
        if not self._event:
            raise AudioError("telephone-event was not negotiated")
        start = self._timestamp
        for digit in digits:
            start += 3 * tone.FRAME
            steps = max(2, milliseconds // 20)
            for step in range(1, steps + 3):  # RFC 4733 §2.5.1.4: the end is sent three times
                last, duration = step >= steps, min(step, steps) * tone.FRAME
                payload = struct.pack("!BBH", DIGITS.index(digit), (0x80 if last else 0) | DIGIT_LEVEL, duration)
                self._events.append((start & 0xFFFFFFFF, step == 1, payload))
            start += steps * tone.FRAME

    def _restart(self) -> None:
        codec = self._codec.name.upper()
        made = tone.frames(self._frequency, codec, self._level) if self._frequency else (tone.SILENCE[codec],)
        self._frames = cycle(made)

    def _tick(self, due: float) -> None:
        """Send the frame of this moment. Times are absolute, so that a late loop does not slow the stream."""
        loop = asyncio.get_running_loop()
        if self._transport.is_closing():
            return
        if self._remote and not self._mute:
            if self._events:
                timestamp, marker, payload = self._events.popleft()
                self._send(self._event.number, timestamp, payload, marker)
            elif not self._echo:
                self._send(self._codec.number, self._timestamp, next(self._frames))
        self._timestamp = (self._timestamp + tone.FRAME) & 0xFFFFFFFF
        due += INTERVAL
        if loop.time() - due > LATE:
            due = loop.time()
        self._timer = loop.call_at(due, self._tick, due)

    def _send(self, payload_type: int, timestamp: int, payload: bytes, marker: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack("!BBHII", 0x80, payload_type | marker << 7, self._sequence, timestamp, self._ssrc)
        packet = head + payload
        self._transport.sendto(self._cipher.protect(packet) if self._cipher else packet, self._remote)
        self.sent += 1

    def datagram_received(self, data, addr):
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind, sequence, timestamp, ssrc = struct.unpack("!BHII", data[1:12])
        if 64 <= kind & 0x7F <= 95:  # RFC 5761 §4: this is RTCP
            return
        if self._cipher and (data := self._cipher.unprotect(data)) is None:
            self.undecipherable += 1
            return
        start = 12 + 4 * (data[0] & 0x0F)
        if data[0] & 0x10 and len(data) >= start + 4:
            start += 4 + 4 * struct.unpack("!H", data[start + 2 : start + 4])[0]
        payload = data[start : len(data) - data[-1] if data[0] & 0x20 else len(data)]
        self.received, self.source = self.received + 1, addr[:2]
        if self._event and kind & 0x7F == self._event.number:
            self._digit(timestamp, payload)
        elif kind & 0x7F in STATIC:
            self._packets.append((self._extend(sequence, ssrc), kind & 0x7F, payload))
            if self._echo and self._remote:
                self._send(kind & 0x7F, timestamp, payload)
        self.changed()

    def _extend(self, sequence: int, ssrc: int) -> int:
        """The sequence number without its wrap-around; a changed source begins a stream of its own."""
        if ssrc != self._ssrc_in:
            self._packets.clear()
            self._ssrc_in, self._highest = ssrc, sequence
        difference = ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
        extended = self._highest + difference
        self._highest = max(self._highest, extended)
        return extended

    def _digit(self, timestamp: int, payload: bytes) -> None:
        if len(payload) >= 4 and payload[1] & 0x80 and timestamp != self._last_event and payload[0] < len(DIGITS):
            self._last_event = timestamp
            self.digits += DIGITS[payload[0]]

    def samples(self, milliseconds: int = 200) -> array:
        """The newest audio as 16-bit samples in order, lost packets as silence; empty when there is less."""
        packets = {sequence: (kind, payload) for sequence, kind, payload in self._packets}
        count = milliseconds // 20
        if not packets or len(packets) < count:
            return array("h")
        newest = max(packets)
        heard = array("h")
        for sequence in range(newest - count + 1, newest + 1):
            kind, payload = packets.get(sequence, (8, tone.SILENCE["PCMA"]))
            heard += tone.decode(payload, STATIC[kind])
        return heard

    def forget(self) -> None:
        """Drop what was received so far, so that only what comes from now on is heard."""
        self._packets.clear()

    async def hear(self, frequency: int, timeout: float = 3.0, milliseconds: int = 200) -> tone.Measure:
        """Wait until the newest `milliseconds` of audio are this tone; AudioError after `timeout` s."""

        def heard() -> tone.Measure | None:
            if self.received % LISTEN_EVERY:
                return None
            measured = tone.measure(self.samples(milliseconds), frequency)
            return measured if measured.present else None

        try:
            return await self.until(heard, timeout, f"{frequency} Hz")
        except TimeoutError as error:
            raise AudioError(f"{error}: {self.describe()}") from None

    async def hear_silence(self, seconds: float = 0.3) -> None:
        """Listen for a while; AudioError when there was any sound. Packets of silence are silence."""
        self.forget()
        await asyncio.sleep(seconds)
        heard = self.samples(20 * min(len(self._packets), KEPT))
        if (measured := tone.measure(heard, 1000)).total > tone.QUIETEST:
            raise AudioError(f"expected silence, heard {measured.total:.1f} dBFS: {self.describe()}")

    def describe(self) -> str:
        """What was received, in words."""
        if not self.received:
            return "not one RTP packet came"
        samples = self.samples(min(200, 20 * len(self._packets)))
        measured = tone.dominant(samples) if len(samples) else None
        if measured is None or measured.total < tone.QUIETEST:
            return f"{self.received} RTP packets came, silent"
        return f"{self.received} RTP packets came, with {measured}"

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._transport.close()

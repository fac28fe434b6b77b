"""One audio stream over RTP (RFC 3550) in any of the six codecs, and telephone-events (RFC 4733); SRTP with keys."""

import asyncio
import random
import struct
from array import array
from collections import deque
from itertools import batched, chain

from trunkline.sandbox import codecs, dtmf, tone
from trunkline.sandbox.codecs import CODECS, Ear
from trunkline.sandbox.sdp import Payload
from trunkline.sandbox.srtp import Cipher
from trunkline.sandbox.waiting import PATIENCE, Changes

KEPT = 150  # packets kept for listening: 3 s
LISTEN_EVERY = {"iLBC": 9}  # packets between two looks for a tone, which cost CPU time
LATE = 0.2  # s; a sender that is further behind than this skips, as a real clock would
STATIC = {0: "PCMU", 8: "PCMA", 9: "G722", 18: "G729"}
EVENT_EVERY = 20  # ms
NOISE, NOISE_EVERY = 13, 100  # its payload type by RFC 3551 §6; ms
DIGITS = "0123456789*#ABCD"
LEVEL_TOLERANCE = 3.0  # dB
DIGIT_LEVEL = 10  # -dBm0
LEAD_IN = 200  # ms of silence before digits in the audio, in which a decoder comes to terms with another encoder


class AudioError(Exception):
    """What was heard is not what should have been; the text says what it was."""


class RtpSession(Changes, asyncio.DatagramProtocol):
    """Sends as soon as it is connected (silence until told otherwise) and remembers what it received last."""

    def __init__(self):
        super().__init__()
        self.sent = self.received = self.noises = 0  # packets; those of comfort noise
        self.undecipherable = 0  # packets that came without the key, while there is one
        self.digits = self.in_band = ""
        self._detector: dtmf.Detector | None = None
        self.source: tuple[str, int] | None = None  # where the newest packet came from
        self._packets: deque[tuple[int, object]] = deque(maxlen=KEPT)  # extended sequence, what the ear keeps
        self._ear = Ear("PCMA")
        self._highest = self._ssrc_in = -1
        self._last_event = -1
        self._ssrc, self._sequence = random.getrandbits(32), random.getrandbits(16)
        self._timestamp = random.getrandbits(32)
        self._remote: tuple[str, int] | None = None
        self._codec = Payload(8, "PCMA", 8000)
        self._event: Payload | None = None
        self._events: deque[tuple[int, bool, bytes]] = deque()  # timestamp, marker, payload
        self._frequency, self._level, self._frames = 0, tone.DEFAULT_LEVEL, None
        self._milliseconds = 20
        self._resting = 0  # ms
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
        self._milliseconds = CODECS[codec.name].usual
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

    def packet_time(self, milliseconds: int) -> None:
        """Send packets of this length from now on, a multiple of the codec's shortest; Speex has no longer one here."""
        self._milliseconds = milliseconds
        self._restart()

    def echo(self) -> None:
        """Send back each packet as it comes."""
        self._echo, self._mute = True, False

    def mute(self) -> None:
        """Send nothing at all."""
        self._mute, self._echo = True, False

    def rest(self, milliseconds: int) -> None:
        """Fall silent for a while, with comfort noise (RFC 3389) every 100 ms instead of audio."""
        self._resting = milliseconds

    def dial(self, digits: str, milliseconds: int = 100) -> None:
        """Queue telephone-events, 60 ms apart. Raises AudioError when the far side did not offer them."""
        if not self._event:
            raise AudioError("telephone-event was not negotiated")
        ticks, units = self._codec_clock * EVENT_EVERY // 1000, self._event.rate * EVENT_EVERY // 1000
        start = self._timestamp
        for digit in digits:
            start += 3 * ticks
            steps = max(2, milliseconds // EVENT_EVERY)
            for step in range(1, steps + 3):  # RFC 4733 §2.5.1.4: the end is sent three times
                last, duration = step >= steps, min(step, steps) * units
                payload = struct.pack("!BBH", DIGITS.index(digit), (0x80 if last else 0) | DIGIT_LEVEL, duration)
                self._events.append((start & 0xFFFFFFFF, step == 1, payload))
            start += steps * ticks

    @property
    def _codec_clock(self) -> int:
        return CODECS[self._codec.name].clock

    def dial_in_band(self, digits: str, on: int = 60, off: int = 40) -> None:
        """Send digits as tones in the audio, `on` ms long and `off` ms apart; then what was playing."""
        codec = CODECS[self._codec.name]
        lead_in = array("h", [0] * (codec.rate * LEAD_IN // 1000))
        made = iter(codecs.encode(codec.name, lead_in + dtmf.samples(digits, on, off, codec.rate)))
        count = self._milliseconds // codec.milliseconds
        self._frames = chain((b"".join(packet) for packet in batched(made, count, strict=False)), self._frames)

    def listen_in_band(self) -> None:
        """Find digits in the audio from now on: `in_band`."""
        self._detector = dtmf.Detector()

    def _restart(self) -> None:
        self._frames = codecs.packets(self._codec.name, self._frequency, self._level, self._milliseconds)

    def _tick(self, due: float) -> None:
        """Send the frame of this moment. Times are absolute, so that a late loop does not slow the stream."""
        loop = asyncio.get_running_loop()
        if self._transport.is_closing():
            return
        if self._remote and not self._mute:
            if self._events:
                timestamp, marker, payload = self._events.popleft()
                self._send(self._event.number, timestamp, payload, marker)
            elif self._resting > 0:
                self._resting -= self._milliseconds
                if self._resting % NOISE_EVERY < self._milliseconds:
                    self._send(NOISE, self._timestamp, b"\x40")
            elif not self._echo:
                self._send(self._codec.number, self._timestamp, next(self._frames))
        self._timestamp = (self._timestamp + self._codec_clock * self._milliseconds // 1000) & 0xFFFFFFFF
        due += self._milliseconds / 1000
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
        elif kind & 0x7F == NOISE:
            self.noises += 1
        elif name := self._name(kind & 0x7F):
            if name != self._ear.name:
                self._packets.clear()
                self._ear = Ear(name)
            kept = self._ear.keep(payload)
            self._packets.append((self._extend(sequence, ssrc), kept))
            if self._detector:
                self.in_band += self._detector.hear(self._ear.samples([kept]))
            if self._echo and self._remote:
                self._send(kind & 0x7F, timestamp, payload)
        self.changed()

    def _name(self, number: int) -> str:
        """The codec of a payload type; '' for what was not agreed upon."""
        return self._codec.name if number == self._codec.number else STATIC.get(number, "")

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
        """The newest audio as 16-bit samples at 8 kHz in order, lost packets as silence; empty when there is less."""
        packets, wanted = dict(self._packets), milliseconds * tone.RATE // 1000
        if not packets:
            return array("h")
        sequence, last = max(packets), packets[max(packets)]
        heard, length = [], 0
        while length < wanted and sequence >= min(packets):
            last = packets.get(sequence) or self._ear.silence(last)
            heard.append(last)
            length, sequence = length + self._ear.length(last), sequence - 1
        return self._ear.samples(heard[::-1])[-wanted:] if length >= wanted else array("h")

    def forget(self) -> None:
        """Drop what was received so far, so that only what comes from now on is heard."""
        self._packets.clear()

    async def hear(
        self, frequency: int, timeout: float = PATIENCE, milliseconds: int = 200, level: float | None = None
    ) -> tone.Measure:
        """Wait until the newest `milliseconds` of audio are this tone; AudioError after `timeout` s.

        `level`: and as loud as this (dBFS), but for what two codecs in a row may take or add.
        """

        def heard() -> tone.Measure | None:
            if self.received % LISTEN_EVERY.get(self._ear.name, 3):
                return None
            measured = tone.measure(self.samples(milliseconds), frequency)
            as_loud = level is None or abs(measured.level - level) < LEVEL_TOLERANCE
            return measured if measured.present and as_loud else None

        try:
            return await self.until(heard, timeout, f"{frequency} Hz")
        except TimeoutError as error:
            raise AudioError(f"{error}: {self.describe()}") from None

    async def hear_silence(self, seconds: float = 0.3, timeout: float = PATIENCE) -> None:
        """Wait until a stretch of `seconds` had no sound; AudioError after `timeout` s.

        Packets of silence are silence. What was on its way when the far side stopped may come later than its SIP does.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while (loudest := await self._listen(seconds)) > tone.QUIETEST:
            if loop.time() > deadline:
                raise AudioError(f"expected silence for {timeout:g} s, heard {loudest:.1f} dBFS: {self.describe()}")

    async def _listen(self, seconds: float) -> float:
        """How loud (dBFS) is what comes from now on, for so long."""
        self.forget()
        await asyncio.sleep(seconds)
        heard = self.samples(sum(self._ear.length(kept) for _, kept in self._packets) * 1000 // tone.RATE)
        return tone.measure(heard, 1000).total

    def describe(self) -> str:
        """What was received, in words."""
        if not self.received:
            return "not one RTP packet came"
        samples = self.samples(min(200, 10 * len(self._packets)))
        measured = tone.dominant(samples) if len(samples) else None
        if measured is None or measured.total < tone.QUIETEST:
            return f"{self.received} RTP packets came, silent"
        return f"{self.received} RTP packets came, with {measured}"

    def close(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._transport.close()

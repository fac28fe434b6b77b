"""RTP for very many calls at once, made and counted by one process (RFC 3550): 50 packets a second in each stream.

All calls of one end share its socket and, at any moment, its packet; what tells them apart is the port of the media
relay that a packet goes to. So the kernel does nearly all the work there is.
"""

import ctypes
import os
import socket
import struct
import time
from dataclasses import dataclass

from bench.mmsg import BATCH, Receiver, Sender
from trunkline.sandbox import codecs
from trunkline.sandbox.codecs import CODECS

RTP, RTCP = 6000, 6001  # the ports of every end
MILLISECONDS = 20  # of each packet
PERIOD = MILLISECONDS / 1000  # s
SLOTS = 10  # the packets of one period leave in so many portions
LATEST = 0.1  # s after the last packet has left: what has not come by then is lost
TONE, LEVEL = 440, -10  # Hz, dB
TYPES = {"PCMA": 8, "PCMU": 0, "G722": 9, "G729": 18, "speex": 97}
BUFFER = 16 << 20  # bytes: nothing may be lost at the receiver because it was busy sending
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; Python has no name for it


class RtpError(Exception):
    """What came is not what should have come; the text says what it was."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Packets of both directions together; `late`: how far behind the last portion was sent, s."""

    sent: int
    received: int
    late: float

    @property
    def lost(self) -> float:
        return max(0.0, 1 - self.received / self.sent)

    @property
    def too_late(self) -> bool:
        """Whether this was not the load that it should have been."""
        return self.late > LATEST


class End:
    """One end of many calls. `codec` is what it speaks and must hear. To be closed."""

    def __init__(self, address: str, codec: str):
        self.address, self.codec = address, codec
        self._socket = _bound(address, RTP)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        self._control = _bound(address, RTCP)  # never read; without it every report would cost an ICMP error
        self._payloads = codecs.packets(codec, TONE, LEVEL, MILLISECONDS)
        self._packet = ctypes.create_string_buffer(12 + len(next(self._payloads)))
        self._head = [0x80, TYPES[codec], 0, 0, int.from_bytes(os.urandom(4))]
        self._receiver, self._sender = Receiver(self._socket.fileno()), None

    def aim(self, targets: list[tuple[str, int]]) -> None:
        """From now on, send to these."""
        self._sender = Sender(self._socket.fileno(), self._packet, targets)

    def turn(self) -> None:
        """Take up the next packet."""
        self._head[2] = self._head[2] + 1 & 0xFFFF
        self._head[3] = self._head[3] + CODECS[self.codec].clock // 50 & 0xFFFFFFFF
        self._packet[:] = struct.pack("!BBHII", *self._head) + next(self._payloads)

    def send(self, slot: int) -> int:
        """To this portion of the calls; how many they are."""
        first, last = (len(self._sender) * n // SLOTS for n in (slot, slot + 1))
        self._sender.send(first, last)
        return last - first

    def take(self) -> int:
        """How many packets have come. One in each batch is looked at. Raises RtpError."""
        total, count = 0, BATCH
        while count == BATCH:
            count, first = self._receiver.take()
            total += count
            if count and (len(first) <= 12 or first[0] != 0x80 or first[1] & 0x7F != self._head[1]):
                raise RtpError(f"{self.address} speaks {self.codec} and has received {first[:12].hex()}...")
        return total

    def close(self) -> None:
        self._socket.close()
        self._control.close()


def flow(ends: tuple[End, End], seconds: float) -> Flow:
    """Both ends send to all they aim at for so long. Raises RtpError."""
    _take_late(ends)
    sent = received = 0
    due = time.monotonic()
    for _ in range(round(seconds / PERIOD)):
        for end in ends:
            end.turn()
        for slot in range(SLOTS):
            sent += sum(end.send(slot) for end in ends)
            received += sum(end.take() for end in ends)
            due += PERIOD / SLOTS
            time.sleep(max(0, due - time.monotonic()))
    over = time.monotonic()
    while time.monotonic() < over + LATEST:
        received += sum(end.take() for end in ends)
        time.sleep(PERIOD / SLOTS)
    return Flow(sent, received, max(0.0, over - due))


def _take_late(ends: tuple[End, End]) -> None:
    """What is still under way belongs to no flow."""
    quiet = time.monotonic()
    while time.monotonic() < quiet + LATEST:
        if sum(end.take() for end in ends):
            quiet = time.monotonic()
        time.sleep(PERIOD / SLOTS)


def _bound(address: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((address, port))
    return opened

"""The six codecs at the ends of a call: tones encoded, and what comes decoded, by libraries of their own.

G.722 by SpanDSP, G.729 by bcg729, Speex by libspeex: all are here wherever rtpengine is. iLBC is decoded by ffmpeg;
nothing in Debian encodes it, so one tone is kept as frames (data/README.md). Samples are 16 bits at 8 kHz, whatever
the codec's own rate.
"""

import ctypes
import math
import subprocess
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

from trunkline.sandbox import tone

SECONDS = 10  # of a tone that are encoded, and then repeated
ILBC_TONE = 440  # Hz
_ILBC_HEAD, _ILBC_FRAME = b"#!iLBC30\n", 50
_ILBC_FILE = Path(__file__).parent / "data" / "tone440-mode30.lbc"


class CodecError(Exception):
    """What a codec cannot do here."""


@dataclass(frozen=True)
class Codec:
    """`milliseconds`: the shortest packet; `clock`: of its RTP timestamps, Hz; `rate`: of its samples, Hz."""

    name: str
    milliseconds: int
    clock: int = 8000
    rate: int = 8000

    @property
    def usual(self) -> int:
        """The packet time that is sent unless another is asked for, ms."""
        return max(20, self.milliseconds)


CODECS = {
    codec.name: codec
    for codec in (
        Codec("PCMA", 10), Codec("PCMU", 10), Codec("G722", 10, rate=16000), Codec("G729", 10),
        Codec("speex", 20, clock=16000, rate=16000), Codec("iLBC", 30),
    )
}  # fmt: skip


@cache
def frames(name: str, frequency: int, level: float) -> tuple[bytes, ...]:
    """A tone (0 Hz: silence) in the shortest packets of a codec, to be repeated. Raises CodecError for iLBC."""
    codec = CODECS[name]
    if name in ("PCMA", "PCMU"):
        whole = b"".join(tone.frames(frequency, name, level)) if frequency else tone.SILENCE[name]
        return tuple(whole[i : i + 80] for i in range(0, len(whole), 80))
    if name == "iLBC":
        if frequency not in (0, ILBC_TONE):
            raise CodecError(f"there is no iLBC encoder; only {ILBC_TONE} Hz can be sent")
        if not frequency:
            return (bytes(_ILBC_FRAME),)
        stored = _ILBC_FILE.read_bytes().removeprefix(_ILBC_HEAD)
        return tuple(stored[i : i + _ILBC_FRAME] for i in range(0, len(stored), _ILBC_FRAME))
    peak, step = (32767 * 10 ** (level / 20) if frequency else 0), 2 * math.pi * frequency / codec.rate
    return tuple(encode(name, [round(peak * math.sin(step * n)) for n in range(SECONDS * codec.rate)]))


def encode(name: str, samples: Sequence[int]) -> Iterator[bytes]:
    """Samples at the codec's own rate in its shortest packets, without a rest that fills none. Raises CodecError."""
    codec = CODECS[name]
    size = codec.rate * codec.milliseconds // 1000
    if name not in ENCODERS and name not in tone.SILENCE:
        raise CodecError(f"there is no {name} encoder")
    one = ENCODERS[name]() if name in ENCODERS else lambda part: tone.encode(part, name)
    for start in range(0, len(samples) - size + 1, size):
        yield one((ctypes.c_int16 * size)(*samples[start : start + size]))


def packets(name: str, frequency: int, level: float, milliseconds: int) -> Iterator[bytes]:
    """The payloads of a tone, for ever."""
    made = cycle(frames(name, frequency, level))
    count = milliseconds // CODECS[name].milliseconds
    while True:
        yield b"".join(next(made) for _ in range(count))


def library(name: str) -> ctypes.CDLL:
    """One of the libraries above. Raises CodecError."""
    try:
        loaded = ctypes.CDLL(name)
    except OSError as error:
        raise CodecError(f"{name} is missing: {error}") from None
    for function in ("g722_encode_init", "g722_decode_init", "initBcg729EncoderChannel", "initBcg729DecoderChannel",
                     "speex_lib_get_mode", "speex_encoder_init", "speex_decoder_init"):  # fmt: skip
        if hasattr(loaded, function):
            getattr(loaded, function).restype = ctypes.c_void_p
    return loaded


def _g722_encoder():
    engine = library("libspandsp.so.2")
    state = ctypes.c_void_p(engine.g722_encode_init(None, 64000, 0))
    room = ctypes.create_string_buffer(400)

    def encode(samples) -> bytes:
        length = engine.g722_encode(state, room, samples, len(samples))
        return room.raw[:length]

    return encode


def _g722_decoder():
    engine = library("libspandsp.so.2")
    state = ctypes.c_void_p(engine.g722_decode_init(None, 64000, 0))

    def decode(payload: bytes) -> array:
        room = (ctypes.c_int16 * (2 * len(payload)))()
        length = engine.g722_decode(state, room, payload, len(payload))
        return _halved(room[:length])

    return decode


def _g729_encoder():
    engine = library("libbcg729.so.0")
    state = ctypes.c_void_p(engine.initBcg729EncoderChannel(0))  # 0: without Annex B
    room, length = ctypes.create_string_buffer(10), ctypes.c_uint8()

    def encode(samples) -> bytes:
        engine.bcg729Encoder(state, samples, room, ctypes.byref(length))
        return room.raw[: length.value]

    return encode


def _g729_decoder():
    engine = library("libbcg729.so.0")
    state = ctypes.c_void_p(engine.initBcg729DecoderChannel())
    room = (ctypes.c_int16 * 80)()

    def decode(payload: bytes) -> array:
        heard = array("h")
        for start in range(0, len(payload) - 9, 10):
            engine.bcg729Decoder(state, payload[start : start + 10], 10, 0, 0, 0, room)
            heard.extend(room)
        return heard

    return decode


def _speex_encoder():
    engine, bits = library("libspeex.so.1"), ctypes.create_string_buffer(128)
    engine.speex_bits_init(bits)
    state = ctypes.c_void_p(engine.speex_encoder_init(ctypes.c_void_p(engine.speex_lib_get_mode(1))))
    room = ctypes.create_string_buffer(400)

    def encode(samples) -> bytes:
        engine.speex_bits_reset(bits)
        engine.speex_encode_int(state, samples, bits)
        engine.speex_bits_insert_terminator(bits)  # RFC 5574 §3.3: padded to whole octets
        length = engine.speex_bits_write(bits, room, len(room))
        return room.raw[:length]

    return encode


def _speex_decoder():
    engine, bits = library("libspeex.so.1"), ctypes.create_string_buffer(128)
    engine.speex_bits_init(bits)
    state = ctypes.c_void_p(engine.speex_decoder_init(ctypes.c_void_p(engine.speex_lib_get_mode(1))))
    room = (ctypes.c_int16 * 320)()

    def decode(payload: bytes) -> array:
        engine.speex_bits_read_from(bits, payload, len(payload))
        heard = array("h")
        while engine.speex_decode_int(state, bits, room) == 0:
            heard.extend(_halved(room))
        return heard

    return decode


def _halved(samples) -> array:
    """16 kHz to 8 kHz; the mean of two neighbours is filter enough for tones."""
    return array("h", ((a + b) // 2 for a, b in zip(samples[::2], samples[1::2], strict=False)))


ENCODERS = {"G722": _g722_encoder, "G729": _g729_encoder, "speex": _speex_encoder}
_DECODERS = {"G722": _g722_decoder, "G729": _g729_decoder, "speex": _speex_decoder}


class Ear:
    """Decodes one stream: `keep` each payload as it comes, in order; `samples` of those kept, when they are wanted."""

    def __init__(self, name: str):
        self.name = name
        self._decode = _DECODERS[name]() if name in _DECODERS else None

    def keep(self, payload: bytes):
        """What `samples` takes: decoded where a decoder has a memory, else as it came."""
        return self._decode(payload) if self._decode else payload

    def length(self, kept) -> int:
        """In samples."""
        return len(kept) * 240 // _ILBC_FRAME if self.name == "iLBC" else len(kept)

    def silence(self, like):
        """In the place of a packet that is missing."""
        if self._decode:
            return array("h", bytes(2 * len(like)))
        return bytes(len(like)) if self.name == "iLBC" else (tone.SILENCE[self.name] * 8)[: len(like)]

    def samples(self, kept: list) -> array:
        if self._decode:
            return sum(kept, array("h"))
        return _ilbc(b"".join(kept)) if self.name == "iLBC" else tone.decode(b"".join(kept), self.name)


def _ilbc(stored: bytes) -> array:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-f",
        "ilbc",
        "-i",
        "pipe:0",
        "-f",
        "s16le",
        "-ac",
        "1",
        "-ar",
        "8000",
        "pipe:1",
    ]
    try:
        decoded = subprocess.run(command, input=_ILBC_HEAD + stored, capture_output=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise CodecError(f"ffmpeg, which decodes iLBC: {error}") from None
    return array("h", decoded[: len(decoded) // 2 * 2])

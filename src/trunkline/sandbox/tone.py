"""Tones in G.711: made, and recognised again by frequency and level (ITU-T G.711, levels in dBFS of a sine)."""

import math
from array import array
from dataclasses import dataclass
from functools import cache

RATE = 8000  # samples a second
FRAME = 160  # samples in 20 ms, and octets of G.711
SILENCE = {"PCMA": b"\xd5" * FRAME, "PCMU": b"\xff" * FRAME}
DEFAULT_LEVEL = -10.0
QUIETEST = -35.0  # dBFS below which nothing counts as a tone
PUREST = 0.75  # share of the power that must lie in the tone


@dataclass(frozen=True)
class Measure:
    """What was heard: the level of the wanted frequency and of everything, and the tone's share of the power."""

    frequency: float
    level: float
    total: float
    share: float

    @property
    def present(self) -> bool:
        return self.level >= QUIETEST and self.share >= PUREST

    def __str__(self) -> str:
        return f"{self.frequency:g} Hz at {self.level:.1f} dBFS, {self.share:.0%} of the power ({self.total:.1f} dBFS)"


@cache
def frames(frequency: int, codec: str, level: float = DEFAULT_LEVEL) -> tuple[bytes, ...]:
    """One second of a tone as 50 frames of 20 ms; it can be repeated without a click."""
    encode = _encode_alaw if codec == "PCMA" else _encode_ulaw
    peak = 32767 * 10 ** (level / 20)
    step = 2 * math.pi * frequency / RATE
    octets = bytes(encode(round(peak * math.sin(step * n))) for n in range(RATE))
    return tuple(octets[start : start + FRAME] for start in range(0, RATE, FRAME))


def encode(samples, codec: str) -> bytes:
    """16-bit samples in G.711."""
    one = _encode_alaw if codec == "PCMA" else _encode_ulaw
    return bytes(map(one, samples))


def decode(data: bytes, codec: str) -> array:
    """16-bit samples."""
    table = _table(codec)
    return array("h", [table[octet] for octet in data])


def measure(samples, frequency: float) -> Measure:
    """Measure one frequency by Goertzel's algorithm under a Hann window; -inf for silence or no samples."""
    count = len(samples)
    mean = sum(samples) / count if count else 0.0
    factor = 2 * math.cos(2 * math.pi * frequency / RATE)
    first = second = power = 0.0
    for n, sample in enumerate(samples):
        windowed = (sample - mean) * (0.5 - 0.5 * math.cos(2 * math.pi * n / count))
        power += windowed * windowed
        first, second = windowed + factor * first - second, first
    energy = first * first + second * second - factor * first * second
    # Under a Hann window a sine of amplitude A has |X| = A·N/4, and the windowed power sums to 3/16·A²·N.
    amplitude = 4 * math.sqrt(max(energy, 0.0)) / count if count else 0.0
    whole = math.sqrt(power * 16 / (3 * count)) if count else 0.0
    share = min(1.0, (amplitude / whole) ** 2) if whole > 1 else 0.0
    return Measure(frequency, _dbfs(amplitude), _dbfs(whole), share)


def dominant(samples, lowest: int = 100, highest: int = 3600) -> Measure:
    """The strongest frequency, to 10 Hz: for messages that say what was heard instead."""
    window = samples[-2 * RATE // 10 :]
    coarse = max(range(lowest, highest, 10), key=lambda frequency: measure(window[-400:], frequency).level)
    best = max(range(coarse - 20, coarse + 21, 10), key=lambda frequency: measure(window, frequency).level)
    return measure(window, best)


def _dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude / 32767) if amplitude > 0 else -math.inf


@cache
def _table(codec: str) -> tuple[int, ...]:
    one = _decode_alaw if codec == "PCMA" else _decode_ulaw
    return tuple(one(octet) for octet in range(256))


def _decode_ulaw(octet: int) -> int:
    octet = ~octet & 0xFF
    magnitude = (((octet & 0x0F) << 3) + 0x84) << ((octet & 0x70) >> 4)
    return 0x84 - magnitude if octet & 0x80 else magnitude - 0x84


def _decode_alaw(octet: int) -> int:
    octet ^= 0x55
    segment, magnitude = (octet & 0x70) >> 4, (octet & 0x0F) << 4
    magnitude = magnitude + 8 if segment == 0 else (magnitude + 0x108) << (segment - 1)
    return magnitude if octet & 0x80 else -magnitude


def _encode_ulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = max(magnitude.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


def _encode_alaw(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    magnitude = min(sample if sample >= 0 else -sample - 1, 32767) >> 3
    exponent = max(magnitude.bit_length() - 5, 0)
    mantissa = (magnitude >> max(exponent, 1)) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55

"""DTMF as tones in the audio (ITU-T Q.23): made here, and found by SpanDSP's detector."""

import ctypes
import math
from array import array

from trunkline.sandbox import tone
from trunkline.sandbox.codecs import library

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # Hz
KEYS = "123A456B789C*0#D"
LEVEL = -10.0  # dBFS of each of the two tones


def samples(digits: str, on: int, off: int, rate: int = tone.RATE) -> array:
    """Digits as 16-bit samples at `rate` Hz, each `on` ms of tone and `off` ms of silence."""
    peak = 32767 * 10 ** (LEVEL / 20)
    made = array("h")
    for digit in digits:
        low, high = (2 * math.pi * f / rate for f in (ROWS[KEYS.index(digit) // 4], COLUMNS[KEYS.index(digit) % 4]))
        made.extend(round(peak * (math.sin(low * n) + math.sin(high * n))) for n in range(on * rate // 1000))
        made.extend([0] * (off * rate // 1000))
    return made


class Detector:
    """Finds digits in one stream of samples."""

    def __init__(self):
        self._spandsp = library("libspandsp.so.2")
        self._spandsp.dtmf_rx_init.restype = ctypes.c_void_p
        self._state = ctypes.c_void_p(self._spandsp.dtmf_rx_init(None, None, None))
        self._room = ctypes.create_string_buffer(128)

    def hear(self, heard: array) -> str:
        """The digits that these samples have completed."""
        self._spandsp.dtmf_rx(self._state, (ctypes.c_int16 * len(heard))(*heard), len(heard))
        count = self._spandsp.dtmf_rx_get(self._state, self._room, len(self._room) - 1)
        return self._room.raw[:count].decode()

"""Tones, checked against numpy's FFT as an independent measure."""

import random

import numpy as np
import pytest

from trunkline.sandbox import tone

CODECS = pytest.mark.parametrize("codec", ["PCMA", "PCMU"])


def samples(frequency, codec="PCMA", level=-10.0, count=1600):
    return tone.decode(b"".join(tone.frames(frequency, codec, level)), codec)[:count]


@CODECS
@pytest.mark.parametrize("frequency", [300, 440, 523, 1004, 3000])
@pytest.mark.parametrize("level", [-3, -10, -30])
def test_a_tone_is_recognised_with_its_level(codec, frequency, level):
    measured = tone.measure(samples(frequency, codec, level), frequency)
    assert measured.present
    assert measured.level == pytest.approx(level, abs=0.3)


@CODECS
def test_made_tones_have_their_frequency_in_an_fft(codec):
    spectrum = np.abs(np.fft.rfft(np.array(samples(440, codec, count=8000), dtype=float)))
    assert int(np.argmax(spectrum)) == 440
    assert spectrum[440] / 4000 / 32767 == pytest.approx(10 ** (-10 / 20), rel=0.02)


@CODECS
def test_codecs_are_their_own_inverse(codec):
    encode = tone._encode_alaw if codec == "PCMA" else tone._encode_ulaw
    for octet in range(256):
        sample = tone.decode(bytes([octet]), codec)[0]
        assert tone.decode(bytes([encode(sample)]), codec)[0] == sample


def test_values_of_g711():
    """ITU-T G.711 tables 1a and 2a: the ends and the smallest steps, scaled to 16 bits."""
    assert list(tone.decode(bytes([0xAA, 0x2A, 0xD5, 0x55]), "PCMA")) == [32256, -32256, 8, -8]
    assert list(tone.decode(bytes([0x80, 0x00, 0xFF, 0x7F, 0xFE]), "PCMU")) == [32124, -32124, 0, 0, 8]


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param([], id="nothing"),
        pytest.param([0] * 1600, id="silence"),
        pytest.param([5000] * 1600, id="a constant"),
        pytest.param(samples(523), id="another tone"),
        pytest.param(samples(440, level=-50), id="too quiet"),
        pytest.param([random.Random(1).randint(-9000, 9000) for _ in range(1600)], id="noise"),
        pytest.param(list(samples(440))[:320] + [0] * 1280, id="a moment of it"),
    ],
)
def test_what_is_not_the_tone_is_not_present(heard):
    assert not tone.measure(heard, 440).present


def test_two_tones_are_not_one():
    mixed = [a + b for a, b in zip(samples(440), samples(700), strict=True)]
    assert not tone.measure(mixed, 440).present


def test_the_strongest_is_named():
    assert tone.dominant(samples(660)).frequency == 660

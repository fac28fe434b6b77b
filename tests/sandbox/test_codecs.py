"""The codecs at the ends of calls, against ffmpeg's as an independent measure."""

import subprocess
from array import array

import pytest

from trunkline.sandbox import codecs, dtmf, tone
from trunkline.sandbox.codecs import CODECS, CodecError, Ear

FORMATS = {"PCMA": "alaw", "PCMU": "mulaw", "G722": "g722", "G729": "g729"}


def ffmpeg(*arguments, data=b""):
    return subprocess.run(["ffmpeg", "-v", "error", *arguments], input=data, capture_output=True, check=True).stdout


def payloads(name, frequency, count=60, milliseconds=0):
    made = codecs.packets(name, frequency, tone.DEFAULT_LEVEL, milliseconds or CODECS[name].usual)
    return [next(made) for _ in range(count)]


def heard(name, given):
    ear = Ear(name)
    return ear.samples([ear.keep(payload) for payload in given])


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("frequency", [440, 600, 1004])
def test_a_tone_comes_back(name, frequency):
    if name == "iLBC" and frequency != codecs.ILBC_TONE:
        with pytest.raises(CodecError, match="no iLBC encoder"):
            payloads(name, frequency)
        return
    measured = tone.measure(heard(name, payloads(name, frequency))[-3200:], frequency)
    assert measured.present
    assert measured.level == pytest.approx(tone.DEFAULT_LEVEL, abs=3)
    assert not tone.measure(heard(name, payloads(name, frequency))[-3200:], frequency + 150).present


@pytest.mark.parametrize("name", FORMATS)
def test_ffmpeg_hears_what_is_encoded_here(name):
    rate = [] if name in ("G722", "G729") else ["-ar", "8000"]
    decoded = ffmpeg(
        "-f", FORMATS[name], *rate, "-i", "pipe:0", "-f", "s16le", "-ac", "1", "-ar", "8000", "pipe:1",
        data=b"".join(payloads(name, 440)),
    )  # fmt: skip
    measured = tone.measure(array("h", decoded)[-3200:], 440)
    assert measured.present
    assert measured.level == pytest.approx(tone.DEFAULT_LEVEL, abs=1)


@pytest.mark.parametrize("name", ["PCMA", "PCMU", "G722"])
def test_what_ffmpeg_encodes_is_heard_here(name):
    source = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000:duration=2"]
    rate = CODECS[name].rate
    encoded = ffmpeg(*source, "-f", FORMATS[name], "-ar", str(rate), "-ac", "1", "pipe:1")
    measured = tone.measure(heard(name, [encoded[i : i + 160] for i in range(0, 8000, 160)])[-3200:], 440)
    assert measured.present
    assert measured.level == pytest.approx(-18.1, abs=1)  # ffmpeg's sine has an eighth of the full amplitude


@pytest.mark.parametrize("name", CODECS)
def test_silence_is_silent_and_lengths_are_right(name):
    ear = Ear(name)
    kept = [ear.keep(payload) for payload in payloads(name, 0, 20)]
    samples = ear.samples(kept)
    assert len(samples) == sum(ear.length(item) for item in kept) == 20 * CODECS[name].usual * 8
    if name != "iLBC":  # whose decoder makes noise of empty frames
        assert tone.measure(samples[-1600:], 440).total < tone.QUIETEST
        assert len(ear.samples([ear.silence(kept[0])])) == ear.length(kept[0])


@pytest.mark.parametrize(("name", "milliseconds", "octets"), [("PCMA", 30, 240), ("G729", 40, 40), ("iLBC", 60, 100)])
def test_packets_may_be_longer(name, milliseconds, octets):
    assert {len(payload) for payload in payloads(name, 440, milliseconds=milliseconds)} == {octets}


def test_tones_of_digits_are_found():
    detector, samples = dtmf.Detector(), dtmf.samples(dtmf.KEYS, 60, 40)
    assert "".join(detector.hear(samples[i : i + 160]) for i in range(0, len(samples), 160)) == dtmf.KEYS
    assert dtmf.Detector().hear(tone.decode(b"".join(tone.frames(440, "PCMA")), "PCMA")) == ""

"""Samples and WAV files: rates, loudness, and headers that lie (lab protocol 10.2)."""

import math
import struct
import subprocess
import sys

import numpy as np
import pytest

from parlour.speech.pcm import Resampler, bytes_of, duration_ms, level, resampled, silence
from parlour.speech.wav import HEADER_BYTES, WavError, read_wav, wav_bytes, wav_header

RATES = ((24_000, 16_000), (16_000, 24_000), (22_050, 16_000), (22_050, 24_000), (44_100, 16_000), (48_000, 16_000))


def tone(hertz: float, rate: int, seconds: float = 1.0, loudness: int = 8_000) -> bytes:
    """A pure tone."""
    at = np.arange(int(rate * seconds)) / rate
    return (loudness * np.sin(2 * math.pi * hertz * at)).astype("<i2").tobytes()


def samples(sound: bytes) -> np.ndarray:
    """Its numbers."""
    return np.frombuffer(sound, "<i2").astype(float)


def wave(form: bytes, data: bytes, *, said: int | None = None, before: bytes = b"") -> bytes:
    """A WAV file whose data claims to have `said` bytes."""
    size = len(data) if said is None else said
    return (
        (b"RIFF\xff\xff\xff\xffWAVE" + b"fmt " + struct.pack("<I", len(form)) + form + before)
        + b"data"
        + struct.pack("<I", size)
        + data
    )


def form(kind: int, channels: int, rate: int, bits: int) -> bytes:
    """The description of samples."""
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", kind, channels, rate, rate * frame % 2**32, frame % 2**16, bits)


def coded(mono: np.ndarray, channels: int, width: str) -> bytes:
    """Samples between -1 and 1, written on every channel with so many bits: `u8`, `i24`, `f32`, ..."""
    many = np.repeat(mono, channels)
    bits = int(width[1:])
    if width[0] == "f":
        return many.astype(f"<f{bits // 8}").tobytes()
    if width == "u8":
        return (many * 128 + 128).astype(np.uint8).tobytes()
    whole = (many * 2 ** (bits - 1)).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, : bits // 8].tobytes()


@pytest.mark.parametrize(("given", "wanted"), RATES)
def test_a_tone_keeps_its_pitch_loudness_and_length_at_another_rate(given: int, wanted: int) -> None:
    got = samples(resampled(tone(1_000, given), given, wanted))
    assert got.size == wanted
    true = 8_000 * np.sin(2 * math.pi * 1_000 * np.arange(wanted) / wanted)
    inner = slice(wanted // 50, -wanted // 50)
    assert np.sqrt(np.mean((got[inner] - true[inner]) ** 2)) < 8_000 * 10 ** (-60 / 20)


@pytest.mark.parametrize(("given", "wanted"), RATES)
def test_how_a_stream_is_cut_into_pieces_is_not_heard(given: int, wanted: int) -> None:
    sound = tone(440, given, 0.5)
    whole = samples(resampled(sound, given, wanted))
    for step in (1, 2, 255, 256, 960, 4_800):
        stream = Resampler(given, wanted)
        cut = sound[: 20 * step + 1_000] if step < 10 else sound
        pieces = b"".join(stream.feed(cut[at : at + step]) for at in range(0, len(cut), step)) + stream.flush()
        same = samples(pieces)[: whole.size - 100]
        assert np.abs(same[: len(same) - 100] - whole[: len(same) - 100]).max() <= 1


def test_what_the_lower_rate_cannot_carry_is_kept_out() -> None:
    high = tone(10_500, 24_000)
    assert level(resampled(high, 24_000, 16_000)[2_000:-2_000]) < level(high) / 1_000


def test_a_resampler_is_fresh_after_its_end_and_says_no_to_impossible_rates() -> None:
    stream = Resampler(24_000, 16_000)
    first = stream.feed(tone(440, 24_000)) + stream.flush()
    assert stream.feed(tone(440, 24_000)) + stream.flush() == first
    assert stream.flush() == b""
    assert Resampler(16_000, 16_000).feed(b"abc") == b"ab"
    for rates in ((0, 16_000), (16_000, -1), (10**9, 16_000)):
        with pytest.raises(ValueError, match="samples a second"):
            Resampler(*rates)


def test_lengths_and_loudness_are_what_they_are() -> None:
    assert duration_ms(silence(250)) == 250
    assert bytes_of(20, 24_000) == 960
    assert level(b"") == level(silence(10)) == 0
    assert level(tone(440, 16_000, loudness=32_767)) == pytest.approx(1 / math.sqrt(2), abs=0.001)


def test_sound_loads_numpy_only_when_samples_are_computed() -> None:
    looks = (
        "import sys, parlour.speech.pcm, parlour.speech.wav, parlour.speech.activity; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", looks], check=True)


def test_a_wav_file_of_ours_is_read_back() -> None:
    sound = tone(440, 16_000)
    assert len(wav_header(len(sound))) == HEADER_BYTES
    wav = read_wav(wav_bytes(sound), 120)
    assert (wav.rate, wav.sound, wav.ms, wav.cut) == (16_000, sound, 1_000, False)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("width", ["u8", "i16", "i24", "i32", "f32", "f64"])
def test_samples_of_every_width_rate_and_number_of_channels_are_read(rate: int, channels: int, width: str) -> None:
    mono = samples(tone(440, rate, 0.1)) / 32_768
    described = form(3 if width[0] == "f" else 1, channels, rate, int(width[1:]))
    wav = read_wav(wave(described, coded(mono, channels, width)), 1)
    assert wav.rate == rate
    assert np.abs(samples(wav.sound) / 32_768 - mono).max() < (0.02 if width == "u8" else 0.001)


def test_the_bytes_count_and_not_what_a_header_says_of_them() -> None:
    sound = tone(440, 16_000)
    good = form(1, 1, 16_000, 16)
    for lie in (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, len(sound) * 50):
        assert read_wav(wave(good, sound, said=lie), 120).sound == sound
    assert read_wav(wave(good, sound, said=100), 120).sound == sound[:100]
    assert read_wav(wave(good, sound + b"x"), 120).sound == sound
    assert read_wav(wave(good[:12] + b"\xff\xff" + good[14:], sound), 120).sound == sound  # bytes of a frame
    chunk = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert read_wav(wave(good, sound, before=chunk * 3), 120).sound == sound


def test_only_the_first_seconds_are_kept_and_it_is_said() -> None:
    wav = read_wav(wav_bytes(tone(440, 16_000, 3.0)), 2)
    assert (wav.ms, wav.cut) == (2_000, True)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "broken"),
        (b"RIFF\0\0\0\0WAVE", "broken"),
        (wave(form(1, 1, 16_000, 16), b"")[:30], "broken"),
        (wave(form(1, 0, 16_000, 16), b"abcd"), "broken"),
        (wave(form(1, 1, 0, 16), b"abcd"), "broken"),
        (wave(form(1, 1, 4_000_000_000, 16), b"abcd"), "broken"),
        (wave(form(1, 65_535, 16_000, 8), b"abcd"), "broken"),
        (wave(form(1, 1, 16_000, 0), b"abcd"), "broken"),
        (wave(form(1, 1, 16_000, 64), b"abcd"), "broken"),
        (wave(form(3, 1, 16_000, 16), b"abcd"), "broken"),
        (wave(form(6, 1, 8_000, 8), b"abcd"), "unsupported"),
        (wave(form(85, 1, 8_000, 0), b"abcd"), "unsupported"),
        (b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", "broken"),
    ],
)
def test_what_is_no_wav_file_or_needs_a_decoder_is_said(file: bytes, reason: str) -> None:
    with pytest.raises(WavError) as refused:
        read_wav(file, 120)
    assert refused.value.reason == reason


def test_numbers_that_are_none_become_silence_and_not_a_fault() -> None:
    data = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30], "<f4").tobytes()
    assert list(samples(read_wav(wave(form(3, 1, 16_000, 32), data), 1).sound)) == [0, 32767, -32767, 32767, -32767]

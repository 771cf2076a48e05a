"""A voice has a pitch; noise, silence and broken samples have none."""

import math
import random
import struct

import pytest

from parlour.providers.speech.scripted import silence, tone
from parlour.speech.voicing import voiced_ms

ENOUGH_MS = 60


def hiss(seconds: float, loud: int) -> bytes:
    """White noise."""
    dice = random.Random(loud)
    count = round(16_000 * seconds)
    return struct.pack(f"<{count}h", *(dice.randint(-loud, loud) for _ in range(count)))


def hum(seconds: float, hertz: float, loud: int) -> bytes:
    """A voice as simple as it gets: a pitch with overtones."""
    return struct.pack(
        f"<{round(16_000 * seconds)}h",
        *(
            round(loud / 4 * sum(math.sin(2 * math.pi * hertz * n * at / 16_000) / n for n in range(1, 6)))
            for at in range(round(16_000 * seconds))
        ),
    )


@pytest.mark.parametrize("loud", [50, 500, 5_000, 30_000])
def test_noise_has_no_pitch_however_loud(loud: int) -> None:
    assert voiced_ms(hiss(5, loud)) < ENOUGH_MS


@pytest.mark.parametrize("sound", [b"", b"\0", silence(3_000), b"\xff\x7f" * 100])
def test_what_is_no_sound_has_none(sound: bytes) -> None:
    assert voiced_ms(sound) == 0


@pytest.mark.parametrize("hertz", [80, 120, 200, 300, 450])
@pytest.mark.parametrize("loud", [200, 20_000])
def test_a_voice_has_one_however_soft(hertz: float, loud: int) -> None:
    assert voiced_ms(silence(500) + hum(0.2, hertz, loud) + silence(500)) >= ENOUGH_MS


@pytest.mark.parametrize("noise_db", [None, 20.0, 10.0])
def test_tone_speech_counts_as_a_voice(noise_db: float | None) -> None:
    assert voiced_ms(tone("yes", noise_db=noise_db)) >= ENOUGH_MS

"""Tone speech: any text, through any rate, with noise; and the scripted engines that hear and speak it."""

import asyncio
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.scripted import ScriptedSynthesizer, ScriptedTranscriber, read_tones, silence, tone
from parlour.speech.pcm import Resampler
from parlour.speech.ports import HEARD_RATE, Transcript, Voice

TEXT = "Hello there, how are you? 你好吗 Grüße résumé 😀"


def at_hearing_rate(sound: bytes, rate: int) -> bytes:
    resampler = Resampler(rate, HEARD_RATE)
    return resampler.feed(sound) + resampler.flush()


def said(sound: bytes) -> str:
    return " ".join(word.text for word in read_tones(sound))


@settings(max_examples=30, deadline=None)
@given(strategies.text(strategies.characters(exclude_categories=("Cs",)), max_size=30))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert said(tone(text)) == " ".join(text.split())


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("noise", [None, 20.0, 10.0])
def test_it_survives_resampling_and_noise(rate: int, noise: float | None) -> None:
    sound = silence(333, rate=rate) + tone(TEXT, rate=rate, noise_db=noise) + silence(200, rate=rate)
    assert said(at_hearing_rate(sound, rate)) == TEXT


def test_words_have_their_times_and_confidence() -> None:
    words = read_tones(silence(1_000) + tone("one two three", confidence={"two": 0.3}, noise_db=20))
    assert [word.text for word in words] == ["one", "two", "three"]
    assert [word.confidence for word in words] == pytest.approx([1.0, 0.3, 1.0], abs=0.05)
    assert words[0].start_ms == pytest.approx(1_000, abs=5)
    assert words[0].end_ms == pytest.approx(1_000 + 9 * 20, abs=5)
    assert all(one.end_ms < other.start_ms for one, other in pairwise(words))


def test_noise_makes_words_less_sure() -> None:
    clear, noisy = (read_tones(tone("uncertain", noise_db=noise))[0].confidence for noise in (20, 0))
    assert (noisy or 0) < (clear or 0)


def test_sound_without_marks_has_no_words() -> None:
    noise = np.random.default_rng(7).normal(0, 5_000, HEARD_RATE * 20).clip(-32_768, 32_767).astype("<i2")
    assert read_tones(noise.tobytes()) == read_tones(silence(2_000)) == read_tones(b"") == ()


def test_a_word_that_is_cut_is_not_heard() -> None:
    sound = tone("whole cut")
    assert said(sound[: len(sound) - 4_000]) == "whole"
    assert said(sound[1_000:]) == "cut"


async def heard(text: str, engine: ScriptedTranscriber | None = None) -> Transcript:
    recognition = (engine or ScriptedTranscriber()).begin(language="en")
    sound = tone(text) + silence(100)
    for start in range(0, len(sound), 342):
        await recognition.feed(sound[start : start + 342])
    return await recognition.finish()


async def test_the_scripted_recogniser_tells_whole_words_as_they_come() -> None:
    recognition = ScriptedTranscriber().begin(language="en")
    sound, seen = tone("one two three"), list[str]()
    for start in range(0, len(sound), 640):
        await recognition.feed(sound[start : start + 640])
        seen.append(recognition.interim())
    assert {"", "one", "one two"} <= set(seen) <= {"", "one", "one two", "one two three"}
    assert (await recognition.finish()).text == "one two three"
    assert (await heard("one two three")).language == "en"


async def test_what_the_scripted_voice_says_can_be_read() -> None:
    voice = ScriptedSynthesizer()
    sound = b"".join([piece async for piece in voice.speak(TEXT, Voice(language="zh"))])
    assert said(at_hearing_rate(sound, voice.rate)) == TEXT


async def test_a_scripted_engine_dies_on_request() -> None:
    with pytest.raises(ProviderFault, match="died"):
        [piece async for piece in ScriptedSynthesizer().speak("now [engine dies] over", Voice())]
    with pytest.raises(ProviderFault, match="died"):
        await heard("now [engine dies] over")


@pytest.mark.parametrize("kind", [ScriptedTranscriber, ScriptedSynthesizer])
async def test_a_scripted_engine_is_broken_or_never_opens(kind: Any) -> None:
    with pytest.raises(ProviderFault, match="broken"):
        await kind("broken").warm()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await kind("never-opens").warm()
    await kind().warm()

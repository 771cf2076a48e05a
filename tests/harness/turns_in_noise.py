"""Streams of spoken turns in noise whose beginnings and ends are known: detectors of speech are measured with them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parlour.speech.pcm import resampled
from parlour.speech.ports import HEARD_RATE
from tests.harness.espeak_voices import RATE, Line, utterances

Noise = Literal["white", "pink", "hum", "none"]
Samples = NDArray[np.float64]

_TEXTS: dict[str, tuple[str, ...]] = {
    "en": (
        "Good morning, how are you today?",
        "I would like to hear more about that.",
        "No, I do not think so.",
        "Could you explain why the delivery was late?",
        "Let us talk about the budget first, and then about people.",
        "Yes, please.",
        "What happened after the meeting on Thursday?",
        "I am sorry to hear that you had so much trouble with it.",
        "She sells sea shells by the sea shore.",
        "Okay.",
    ),
    "de": (
        "Guten Tag, wie geht es Ihnen heute?",
        "Das habe ich so nicht verstanden.",
        "Können Sie mir das bitte noch einmal erklären?",
        "Ja, gerne.",
        "Wir sollten zuerst über die Kosten sprechen.",
    ),
    "fr": (
        "Bonjour, comment allez-vous aujourd'hui?",
        "Je ne suis pas d'accord avec cette proposition.",
        "Pouvez-vous répéter, s'il vous plaît?",
        "Oui, bien sûr.",
        "Nous en parlerons la semaine prochaine.",
    ),
    "cmn": ("你好，今天我们讨论什么？", "我不同意这个建议。", "请您再说一遍。", "好的，谢谢。", "我们下个星期再谈。"),
    "es": (
        "Buenos días, ¿cómo está usted?",
        "No estoy seguro de eso.",
        "¿Me lo puede repetir, por favor?",
        "Claro que sí.",
        "Hablemos primero de los costes.",
    ),
}
_VOICES = {
    "en": ("en-us", "en-us+f3", "en-gb-scotland+m2", "en-us+f4", "en-us+m7"),
    "de": ("de", "de+f2", "de+m4"),
    "fr": ("fr", "fr+f1"),
    "cmn": ("cmn", "cmn+f4"),
    "es": ("es+m3", "es+f3"),
}
_SPEEDS = (120, 160, 200, 240)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """Somebody speaks from `begin_ms` to `end_ms`."""

    begin_ms: int
    end_ms: int
    voice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """PCM16 at `HEARD_RATE` and the turns that are in it."""

    noise: Noise
    sound: bytes
    turns: tuple[Turn, ...]


def spoken(count: int) -> list[tuple[Line, Samples]]:
    """So many utterances at `HEARD_RATE`, no two alike, in the order of a shuffled deck."""
    deck = [
        Line(voice=voice, words_a_minute=speed, text=text)
        for language, voices in _VOICES.items()
        for voice in voices
        for speed in _SPEEDS
        for text in _TEXTS[language]
    ]
    random.Random(1).shuffle(deck)
    lines = deck[:count]
    sounds = [resampled(sound, RATE, HEARD_RATE) for sound in utterances(lines)]
    return [(line, _trimmed(sound)) for line, sound in zip(lines, sounds, strict=True)]


def _trimmed(sound: bytes) -> Samples:
    samples = np.frombuffer(sound, "<i2").astype(np.float64)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def stream(utterances_of_it: Sequence[tuple[Line, Samples]], noise: Noise, seed: int, decibels: float = 20) -> Stream:
    """One stream: utterances of different loudness with pauses of 1.3 to 2.5 s, and clicks in some of the pauses.

    `decibels`: by how much the quietest of them is louder than the noise, which is there all the time.
    """
    dice = random.Random(seed)
    parts: list[Samples] = []
    turns: list[Turn] = []
    at = 0
    quietest = 600.0

    def add(part: Samples) -> None:
        nonlocal at
        parts.append(part)
        at += part.size

    add(np.zeros(int(1.5 * HEARD_RATE)))
    for line, sound in utterances_of_it:
        loudness = quietest * dice.uniform(1, 8)
        begin = at
        add(sound * (loudness / np.sqrt(np.mean(sound**2))))
        turns.append(Turn(begin_ms=begin * 1000 // HEARD_RATE, end_ms=at * 1000 // HEARD_RATE, voice=line.voice))
        pause = np.zeros(int(dice.uniform(1.3, 2.5) * HEARD_RATE))
        if dice.random() < 0.4:
            _click(pause, dice)
        add(pause)
    clean = np.concatenate(parts)
    mixed = clean + _noise(noise, clean.size, seed) * quietest * 10 ** (-decibels / 20)
    return Stream(noise=noise, sound=np.clip(mixed, -32_768, 32_767).astype("<i2").tobytes(), turns=tuple(turns))


def _click(pause: Samples, dice: random.Random) -> None:
    """A key that is pressed: 8 ms that die away, loud."""
    length = HEARD_RATE // 125
    begin = dice.randrange(HEARD_RATE, pause.size - length)
    burst = np.random.default_rng(begin).normal(size=length) * np.exp(-np.arange(length) / (length / 4))
    pause[begin : begin + length] += 3_000 * burst


def _noise(kind: Noise, size: int, seed: int) -> Samples:
    generator = np.random.default_rng(seed)
    if kind == "none":
        return np.zeros(size)
    if kind == "hum":
        time = np.arange(size) / HEARD_RATE
        noise = sum(np.sin(2 * np.pi * 50 * n * time) / n for n in range(1, 8)) + generator.normal(size=size) / 4
    else:
        noise = generator.normal(size=size)
        if kind == "pink":
            spectrum = np.fft.rfft(noise)
            noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(spectrum.size), 20)), size)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), np.float64)

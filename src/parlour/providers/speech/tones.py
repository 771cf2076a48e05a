"""Tone speech: text as sound that a program can read back, in every language, through any resampling.

A word is a mark (two tones after each other), then its UTF-8 bytes as two tones each, high half first, then an
end tone. Every tone lasts 20 ms; words are 20 ms apart. A word is read when it was heard from its mark to its
end; sound without marks has no words. Used by the scripted engines, so that tests speak through the real path.
"""

from __future__ import annotations  # the names of numpy, which is imported on first use

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from parlour.speech.ports import HEARD_RATE, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

TONE_MS = 20
_TONE = HEARD_RATE * TONE_MS // 1000  # samples a tone
_HOP = _TONE // 8  # how finely a mark is looked for
_DIGITS = tuple(500.0 + 100.0 * digit for digit in range(16))
_MARK = (2400.0, 2800.0)
_END = 3200.0
_HEARD = (*_DIGITS, _END, *_MARK)  # the order of the columns below
_END_COLUMN, _MARK_COLUMN = 16, 17
_UNDERTONE = 220.0  # makes it a voice for detectors of speech
_LOUD, _UNDER = 0.25, 0.09
_SURE = 0.4  # how much of the sound must be the tones of a mark
_TONAL = 0.2  # how much of the sound must be one tone in a word
_FLOOR = 1e-7  # mean square below which there is nothing to hear
_BATCH = HEARD_RATE // 20
_WORD_TONES_MAX = 2_000


def tone(
    text: str, *, rate: int = HEARD_RATE, noise_db: float | None = None, confidence: float | Mapping[str, float] = 1.0
) -> bytes:
    """`text` as tone speech: PCM16 at `rate`.

    `noise_db`: how far white noise is below the tones. `confidence`: what the scripted recogniser will say of
    the words, for all of them or by word; words that are not named are clear.
    """
    import numpy as np

    pieces = [_spoken(word, rate, _sure(word, confidence)) for word in text.split()]
    gap = np.zeros(_length(rate), np.float32)
    sound = np.concatenate([each for piece in pieces for each in (piece, gap)]) if pieces else gap
    if noise_db is not None:
        loud = _LOUD / math.sqrt(2) * 10 ** (-noise_db / 20)
        sound = sound + np.random.default_rng(len(sound)).normal(0.0, loud, len(sound))
    return (np.clip(sound, -1.0, 1.0) * 32_767).astype("<i2").tobytes()


def read_tones(sound: bytes) -> tuple[Word, ...]:
    """The words of tone speech (PCM16 at `HEARD_RATE`)."""
    reader = ToneReader()
    reader.feed(sound)
    reader.finish()
    return tuple(reader.words)


class ToneReader:
    """Reads tone speech as it comes. `words` are those whose end was heard."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._pending = bytearray()
        self._samples: Samples | None = None
        self._gone = 0  # samples that were read and forgotten
        self._marked: int | None = None  # where the word that is being read began, in samples
        self._digits: list[int] = []
        self._margins: list[float] = []

    def feed(self, sound: bytes) -> None:
        """Take in PCM16 at `HEARD_RATE`."""
        self._pending += sound
        if len(self._pending) >= 2 * _BATCH:
            self._take()
            self._read(last=False)

    def finish(self) -> None:
        """There is no more."""
        self._pending += bytes(2 * _TONE)  # a resampler may have kept the very end
        self._take()
        self._read(last=True)

    def _take(self) -> None:
        import numpy as np

        even = len(self._pending) // 2 * 2
        fresh = np.frombuffer(bytes(self._pending[:even]), "<i2").astype(np.float32) / np.float32(32_768)
        del self._pending[:even]
        self._samples = fresh if self._samples is None else np.concatenate((self._samples, fresh))

    def _read(self, *, last: bool) -> None:
        samples = self._samples
        if samples is None:
            return
        at = 0
        while True:
            before = at
            at = self._word(samples, at) if self._marked is not None else self._seek(samples, at, last=last)
            if at == before and (self._marked is None or at + _TONE > len(samples)):
                break
        self._samples = samples[at:]
        self._gone += at

    def _seek(self, samples: Samples, at: int, *, last: bool) -> int:
        """Look for a mark from `at` on; where to read on."""
        import numpy as np

        shares = _shares(samples[at:])
        if len(shares) <= 16:
            return at
        score = np.minimum(shares[:-8, 0], shares[8:, 1])
        sure = np.flatnonzero(score >= _SURE)
        if not len(sure):
            return at + max(0, len(score) - 8) * _HOP
        first = int(sure[0])
        if first + 9 > len(score) and not last:
            return at + first * _HOP if first else at
        best = first + int(np.argmax(score[first : first + 9]))
        self._marked = self._gone + at + best * _HOP
        self._digits, self._margins = [], []
        return at + best * _HOP + 2 * _TONE

    def _word(self, samples: Samples, at: int) -> int:
        """Read the tones of a word from `at` on as far as they are there; where to read on."""
        import numpy as np

        waves, whole = _waves(), float(np.square(_window()).sum())
        while at + _TONE <= len(samples):
            piece = samples[at : at + _TONE] * _window()
            energy = float(np.square(piece).sum())
            power = np.square(np.abs(np.einsum("i,ij->j", piece, waves))) * (2 * whole / float(_window().sum()) ** 2)
            best = int(np.argmax(power))
            if energy < _FLOOR * whole or power[best] < _TONAL * energy or best >= _MARK_COLUMN:
                self._marked = None  # it was cut short
                return at
            at += _TONE
            if best == _END_COLUMN:
                self._heard(self._gone + at)
                return at
            second = float(np.partition(power[:16], 14)[14])
            self._digits.append(best)
            self._margins.append(1.0 - second / float(power[best]))
            if len(self._digits) > _WORD_TONES_MAX:
                self._marked = None
                return at
        return at

    def _heard(self, end: int) -> None:
        start, self._marked = self._marked or 0, None
        high, low = self._digits[::2], self._digits[1::2]
        if len(high) == len(low) > 0:
            text = bytes(16 * one + other for one, other in zip(high, low, strict=True)).decode(errors="replace")
            sure = sum(self._margins) / len(self._margins)
            self.words.append(Word(text=text, start_ms=_ms(start), end_ms=_ms(end), confidence=round(sure, 3)))


def _ms(samples: int) -> int:
    return round(samples * 1000 / HEARD_RATE)


def _sure(word: str, confidence: float | Mapping[str, float]) -> float:
    sure = confidence.get(word, 1.0) if isinstance(confidence, Mapping) else confidence
    return min(1.0, max(0.05, sure))


def _length(rate: int) -> int:
    return rate * TONE_MS // 1000


def _spoken(word: str, rate: int, sure: float) -> Samples:
    """A word at `rate`, between -1 and 1."""
    import numpy as np

    digits = [half for byte in word.encode() for half in (byte >> 4, byte & 15)]
    main = [*_MARK, *(_DIGITS[digit] for digit in digits), _END]
    beside = [0.0, 0.0, *(_DIGITS[(digit + 8) % 16] for digit in digits), 0.0]
    length = _length(rate)
    when = np.arange(length * len(main), dtype=np.float64) * (2 * math.pi / rate)
    sound = _LOUD * np.sin(when * np.repeat(main, length))
    sound += _LOUD * math.sqrt(1.0 - sure) * np.sin(when * np.repeat(beside, length))
    sound += _UNDER * np.sin(when * _UNDERTONE)
    return sound.astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> Samples:
    import numpy as np

    return np.hanning(_TONE + 1)[:_TONE].astype(np.float32)


@lru_cache(maxsize=1)
def _waves() -> NDArray[np.complex64]:
    """What a piece is compared with: samples x tones of `_HEARD`."""
    import numpy as np

    when = np.arange(_TONE)[:, None] * (-2j * math.pi / HEARD_RATE)
    return np.exp(when * np.asarray(_HEARD)).astype(np.complex64)


def _shares(samples: Samples) -> Samples:
    """How much of the sound the two tones of a mark are: places every `_HOP` x 2."""
    import numpy as np

    if len(samples) < _TONE:
        return np.zeros((0, 2), np.float32)
    window = _window()
    pieces = np.lib.stride_tricks.sliding_window_view(samples, _TONE)[::_HOP] * window
    whole = float(np.square(window).sum())
    energy = np.square(pieces).sum(axis=1) + _FLOOR * whole
    power = np.square(np.abs(np.einsum("ij,jk->ik", pieces, _waves()[:, _MARK_COLUMN:]))) * (
        2 * whole / float(window.sum()) ** 2
    )
    return (power / energy[:, None]).astype(np.float32)

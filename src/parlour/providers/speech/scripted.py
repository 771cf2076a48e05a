"""Scripted engines of speech: they hear and speak tone speech, and fail on request. For tests and benchmarks.

Words that were heard, and texts to be spoken, may name a failure: `[engine dies]` (`ProviderFault`), or
`[engine slow]` (3 seconds more until the end). The engine as such fails by its name, the settings'
`speech.in_model` and `speech.out_model`: `never-opens` never answers, `broken` is a fault from the start.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.tones import ToneReader, read_tones, tone
from parlour.speech.ports import HEARD_RATE, Transcript, Voice

__all__ = ["ScriptedSynthesizer", "ScriptedTranscriber", "read_tones", "silence", "tone"]

NEVER_OPENS, BROKEN = "never-opens", "broken"
DIES, SLOW = "[engine dies]", "[engine slow]"
SLOW_SECONDS = 3.0
SPOKEN_RATE = 24_000
_PIECE = SPOKEN_RATE // 5 * 2  # bytes of 200 ms


def silence(ms: int, *, rate: int = HEARD_RATE) -> bytes:
    """No sound: PCM16 at `rate`."""
    return bytes(2 * (rate * ms // 1000))


class ScriptedTranscriber:
    """Reads tone speech. `model`: how it fails, see above; any other name does nothing."""

    def __init__(self, model: str = "") -> None:
        self.name = "scripted"
        self._model = model

    async def warm(self) -> None:
        """Be ready, unless it is one that never is."""
        await _opened(self._model)

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> "ScriptedRecognition":
        """Begin an utterance; `phrases` are not needed."""
        return ScriptedRecognition(self._model, language)

    async def aclose(self) -> None:
        """Nothing runs."""


class ScriptedRecognition:
    """An utterance of tone speech."""

    def __init__(self, model: str, language: str | None) -> None:
        self._model = model
        self._language = language
        self._reader = ToneReader()

    async def feed(self, sound: bytes) -> None:
        """Take in more sound."""
        await _opened(self._model)
        self._reader.feed(sound)
        _survived(self.interim())

    def interim(self) -> str:
        """The whole words so far."""
        return " ".join(word.text for word in self._reader.words)

    async def finish(self) -> Transcript:
        """The words."""
        await _opened(self._model)
        self._reader.finish()
        text = self.interim()
        _survived(text)
        if SLOW in text:
            await asyncio.sleep(SLOW_SECONDS)
        return Transcript(text=text, words=tuple(self._reader.words), language=self._language)

    async def aclose(self) -> None:
        """Nothing runs."""


class ScriptedSynthesizer:
    """Speaks tone speech at 24 kHz, the same for every voice."""

    def __init__(self, model: str = "") -> None:
        self.name = "scripted"
        self.rate = SPOKEN_RATE
        self._model = model

    async def warm(self) -> None:
        """Be ready, unless it is one that never is."""
        await _opened(self._model)

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        """The tones of `text`, in pieces of 200 ms."""
        await _opened(self._model)
        if SLOW in text:
            await asyncio.sleep(SLOW_SECONDS)
        sound = tone(text, rate=self.rate)
        for start in range(0, len(sound), _PIECE):
            yield sound[start : start + _PIECE]
            await asyncio.sleep(0)
            _survived(text)

    async def aclose(self) -> None:
        """Nothing runs."""


async def _opened(model: str) -> None:
    if model == NEVER_OPENS:
        await asyncio.Event().wait()
    if model == BROKEN:
        raise ProviderFault("The scripted engine is broken.", retryable=False)


def _survived(text: str) -> None:
    if DIES in text:
        raise ProviderFault("The scripted engine died.", retryable=True)

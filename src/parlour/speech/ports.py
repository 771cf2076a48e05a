"""The ports of speech: what Parlour asks of a recogniser, of a voice, and of a detector of speech.

Sound is PCM16: signed 16-bit little-endian samples, one channel. Engines hear at `HEARD_RATE`; what a voice
says comes at its own `rate`. An engine raises `ProviderFault` when it fails; closing a generator or a
recognition really ends the work behind it.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from parlour.kernel.dataclass import dataclass

HEARD_RATE = 16_000
SAMPLE_BYTES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """A word that was heard. Milliseconds from the beginning of the utterance's sound.

    `confidence` is between 0 and 1, None if the engine gives none.
    """

    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """What was heard; `text` is empty if there were no words. `words` are there if the engine gives them."""

    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None


class Recognition(Protocol):
    """One utterance on its way."""

    async def feed(self, sound: bytes) -> None:
        """Take in more sound (PCM16 at `HEARD_RATE`, any whole number of samples)."""
        ...

    def interim(self) -> str:
        """The words so far; empty as long as there are none, or if the engine only knows them at the end."""
        ...

    async def finish(self) -> Transcript:
        """Everything was fed: the words."""
        ...

    async def aclose(self) -> None:
        """Give up; after `finish` it changes nothing."""
        ...


class Transcriber(Protocol):
    """An engine that turns sound into words. `name` stands in the record of every utterance."""

    name: str

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> Recognition:
        """Begin an utterance. `phrases`: what is likely to be said, for engines that can use it."""
        ...

    async def aclose(self) -> None:
        """End what runs for this engine."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """How something is to be said. `name` None: the engine's voice for the language."""

    language: str = "en"
    name: str | None = None


class Synthesizer(Protocol):
    """An engine that says text. `rate` is that of its sound, in samples a second."""

    name: str
    rate: int

    def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        """The sound of a text, in pieces of whole samples, as it is made."""
        ...

    async def aclose(self) -> None:
        """End what runs for this engine."""
        ...


class VoiceActivity(Protocol):
    """A detector of speech in windows of `window_samples` at `HEARD_RATE`. One for each stream of sound."""

    window_samples: int

    def probability(self, window: bytes) -> float:
        """How likely it is that somebody speaks in this window, between 0 and 1."""
        ...

    def reset(self) -> None:
        """Forget what was heard before."""
        ...

"""A text said aloud by the engine that speaks in this deployment, as a WAV file."""

from contextlib import aclosing

from parlour.kernel.refusals import ProviderFault
from parlour.library.making.media import MediaWanted, Sink
from parlour.speech.ports import Synthesizer, Voice
from parlour.speech.wav import wav_bytes

TEXT_CHARACTERS_MAX = 12_000
SOUND_BYTES_MAX = 64 * 1024 * 1024
TOO_LONG = "The text is too long to be said."
SILENT = "The engine said nothing."


class SpokenTexts:
    """A `MediaEngine` for audio."""

    suffix = ".wav"

    def __init__(self, synthesizer: Synthesizer, language: str) -> None:
        self._synthesizer = synthesizer
        self._language = language

    async def make(self, wanted: MediaWanted, sink: Sink) -> None:
        """The whole text. Raises `ProviderFault` for one that is too long."""
        if len(wanted.text) > TEXT_CHARACTERS_MAX:
            raise ProviderFault(TOO_LONG, retryable=False)
        sound = bytearray()
        async with aclosing(self._synthesizer.speak(wanted.text, Voice(language=self._language))) as pieces:
            async for piece in pieces:
                sound += piece
                if len(sound) > SOUND_BYTES_MAX:
                    raise ProviderFault(TOO_LONG, retryable=False)
        if not sound:
            raise ProviderFault(SILENT, retryable=False)
        await sink(wav_bytes(bytes(sound), self._synthesizer.rate))

"""From words to a recording: RIFF WAV, PCM16, one channel, 16 kHz (lab protocol 10.3)."""

import asyncio
from contextlib import aclosing

from parlour.assistant.spoken.forms import language_of_voice
from parlour.files.entities import Received
from parlour.files.intake import Intake
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.speech.pcm import Resampler
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Synthesizer, Voice
from parlour.speech.wav import wav_bytes

SECONDS_MAX = 900  # of sound: more than any text of the allowed length takes to say


@dataclass(frozen=True, kw_only=True, slots=True)
class MouthNeed:
    """What replies are spoken with. `synthesizer` None: with nothing. `language`: of what has no own script."""

    synthesizer: Synthesizer | None
    intake: Intake
    language: str
    engine_seconds_max: float
    together_max: int


class Mouth:
    """Speaks replies; at most `together_max` at a time, others wait."""

    def __init__(self, need: MouthNeed) -> None:
        self._need = need
        self._places = asyncio.Semaphore(need.together_max)

    @property
    def can_speak(self) -> bool:
        """Whether there is an engine."""
        return self._need.synthesizer is not None

    async def say(self, name: str, text: str) -> Received:
        """The bytes of a WAV file that says `text`, stored. Raises `ProviderFault`; there is never an empty one."""
        synthesizer = self._need.synthesizer
        if synthesizer is None:
            raise ProviderFault("There is no engine that speaks.", retryable=False)
        if not any(character.isalnum() for character in text):
            raise ProviderFault("There is nothing to say.", retryable=False)
        async with self._places:
            try:
                async with asyncio.timeout(self._need.engine_seconds_max):
                    sound = await self._sound(synthesizer, text)
            except TimeoutError:
                raise ProviderFault("The engine did not speak in time.", retryable=False) from None
            if not sound:
                raise ProviderFault("The engine said nothing.", retryable=True)
            return await self._need.intake.keep_bytes(name, wav_bytes(sound, HEARD_RATE))

    async def _sound(self, synthesizer: Synthesizer, text: str) -> bytes:
        voice = Voice(language=language_of_voice(text, self._need.language))
        resampler = Resampler(synthesizer.rate, HEARD_RATE)
        sound = bytearray()
        async with aclosing(synthesizer.speak(text, voice)) as pieces:
            async for piece in pieces:
                sound += resampler.feed(piece)
                if len(sound) > SECONDS_MAX * HEARD_RATE * SAMPLE_BYTES:
                    raise ProviderFault("The engine does not come to an end.", retryable=False)
        sound += resampler.flush()
        return bytes(sound)

"""From a recording to words: decoded in a child, then recognised (lab protocol 10.2)."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Literal

from parlour.files.actions import PIECE_BYTES
from parlour.files.entities import StoredFile
from parlour.files.ports import BlobStore
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.speech.activity import GateRules, Onset, SpeechGate
from parlour.speech.decoding.entities import Decoded, DecodingLimits, Reason
from parlour.speech.decoding.process import decode
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Transcriber, Transcript, VoiceActivity
from parlour.speech.voicing import voiced_ms

logger = logging.getLogger("parlour.assistant")

NotHeard = Literal[
    "speech_recognition_unavailable", "speech_not_recognised", "speech_format_unsupported", "file_unreadable"
]
FED_BYTES = HEARD_RATE * SAMPLE_BYTES  # one second
VOICED_MS_MIN = 60  # the shortest yes has more
NOT_DECODED: Mapping[Reason, NotHeard] = {
    "unsupported": "speech_format_unsupported",
    "empty": "speech_not_recognised",
    **dict.fromkeys(("broken", "too_big", "time", "memory", "died"), "file_unreadable"),
}


class NotHeardError(Exception):
    """There are no words; `code` is one of 4.7. `retryable`: the engine failed and may do better soon."""

    def __init__(self, code: NotHeard, *, retryable: bool = False) -> None:
        super().__init__(code)
        self.code: NotHeard = code
        self.retryable = retryable


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardWords:
    """What was said. `confidence`: of the least certain word, None if the engine knows none.

    `cut`: the recording was longer than what is listened to.
    """

    text: str
    confidence: float | None
    cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class EarsNeed:
    """What recordings are heard with. `transcriber` None: with nothing. `activity` tells speech from other sound."""

    transcriber: Transcriber | None
    blobs: BlobStore
    limits: DecodingLimits
    engine_seconds_max: float
    together_max: int
    activity: Callable[[], VoiceActivity] | None = None


class Ears:
    """Hears recordings; at most `together_max` at a time, others wait."""

    def __init__(self, need: EarsNeed) -> None:
        self._need = need
        self._places = asyncio.Semaphore(need.together_max)

    async def hear(self, recording: StoredFile, language: str | None) -> HeardWords:
        """The words of a recording. `language` None: whatever the engine takes it for. Raises `NotHeardError`."""
        transcriber = self._need.transcriber
        if transcriber is None:
            raise NotHeardError("speech_recognition_unavailable")
        async with self._places:
            decoded = await self._decoded(recording)
            if not await asyncio.to_thread(self._speaks, decoded.sound):
                raise NotHeardError("speech_not_recognised")
            transcript = await self._recognised(transcriber, decoded.sound, language)
        text = transcript.text.strip().replace("\0", "")
        if not any(character.isalnum() for character in text):
            raise NotHeardError("speech_not_recognised")
        known = [word.confidence for word in transcript.words if word.confidence is not None]
        return HeardWords(text=text, confidence=min(known, default=None), cut=decoded.cut)

    async def _decoded(self, recording: StoredFile) -> Decoded:
        try:
            decoded = await decode(self._pieces(recording), recording.type, self._need.limits)
        except FileNotFoundError:
            decoded = Decoded(reason="empty")
        if decoded.reason is not None:
            logger.info("speech_not_decoded", extra={"file": recording.id, "reason": decoded.reason})
            raise NotHeardError(NOT_DECODED[decoded.reason])
        return decoded

    async def _pieces(self, recording: StoredFile) -> AsyncGenerator[bytes, None]:
        for start in range(0, recording.size, PIECE_BYTES):
            yield await asyncio.to_thread(self._need.blobs.read, recording.sha256, start, PIECE_BYTES)

    def _speaks(self, sound: bytes) -> bool:
        """Whether somebody speaks at all: an engine may make words of noise."""
        if voiced_ms(sound) < VOICED_MS_MIN:
            return False
        if self._need.activity is None:
            return True
        gate = SpeechGate(self._need.activity(), GateRules())
        return any(
            isinstance(event, Onset)
            for start in range(0, len(sound), FED_BYTES)
            for event in gate.feed(sound[start : start + FED_BYTES])
        )

    async def _recognised(self, transcriber: Transcriber, sound: bytes, language: str | None) -> Transcript:
        recognition = transcriber.begin(language=language)
        try:
            async with asyncio.timeout(self._need.engine_seconds_max):
                for start in range(0, len(sound), FED_BYTES):
                    await recognition.feed(sound[start : start + FED_BYTES])
                return await recognition.finish()
        except TimeoutError:
            raise NotHeardError("speech_recognition_unavailable") from None
        except ProviderFault as fault:
            logger.warning("recognition_failed", extra={"engine": transcriber.name, "reason": fault.text})
            raise NotHeardError("speech_recognition_unavailable", retryable=fault.retryable) from fault
        finally:
            await recognition.aclose()

"""What a dead process was told and could not say any more: its recording is recognised and said (Glow 6.8, 6.3.7)."""

import asyncio
import contextlib
import logging

from parlour.attempts.voice import acts
from parlour.attempts.voice.acts import RECOVER, RECOVER_SECONDS, RecoverSpeech
from parlour.conversations.spoken import sessions, utterances
from parlour.conversations.spoken.entities import Utterance
from parlour.conversations.spoken.utterances import Outcome
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.speech.pcm import duration_ms
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Transcriber, Transcript
from parlour.speech.recording import Spools
from parlour.storage.database import Database
from parlour.storage.tx import Tx

logger = logging.getLogger("parlour.voice")

FEED_BYTES = HEARD_RATE * SAMPLE_BYTES
LOST = "lost"
ALONE_SECONDS = 10.0  # a session that has left may still be finishing what was heard


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryNeed:
    """What recovery works with. `transcriber` None: what was said cannot be found out, its recording is kept."""

    database: Database
    spools: Spools
    transcriber: Transcriber | None
    language: str
    timezone_name: str
    engine_seconds_max: float


class Recovery:
    """Looks after an utterance until it has ended, whoever ends it."""

    def __init__(self, need: RecoveryNeed) -> None:
        self._need = need

    def kind(self) -> Kind:
        """The job that this does."""
        return Kind(name=RECOVER, step=self._step, stuck=self._stuck)

    async def _step(self, job: Job) -> None:
        need, body = self._need, job.read(RecoverSpeech)
        utterance = await need.database.write(lambda tx: self._forsaken(tx, job, body))
        if utterance is None:
            return
        name = utterance.spool or utterance.id
        outcome = await self._recognised(await need.spools.read(name))
        kept = await need.spools.keep(name) if outcome.text or outcome.error else None

        def end(tx: Tx) -> None:
            job.finish(tx)
            acts.end_speech(tx, utterance, outcome, kept, need.timezone_name)

        await need.database.write(end)
        await need.spools.remove(name)
        logger.info("speech_recovered", extra={"utterance_id": utterance.id, "said": bool(outcome.text)})

    def _forsaken(self, tx: Tx, job: Job, body: RecoverSpeech) -> Utterance | None:
        """The utterance, if nobody looks after it; otherwise look again later, or never if it has ended."""
        found = utterances.utterance(tx, body.utterance_id)
        if found is None or found.state not in ("speaking", "recognising"):
            job.finish(tx)
            return None
        live = sessions.is_live(tx, found.session_id, found.chat_id)
        if body.alone and not live:
            return found
        job.finish(tx)
        again = RecoverSpeech(utterance_id=found.id, alone=not live)
        tx.enqueue(RECOVER, again, delay_seconds=RECOVER_SECONDS if live else ALONE_SECONDS)
        return None

    async def _recognised(self, sound: bytes) -> Outcome:
        transcriber, ms = self._need.transcriber, duration_ms(sound)
        if not sound:
            return Outcome(transcript=None, engine="", error=LOST)
        if transcriber is None:
            return Outcome(transcript=None, engine="", error="unavailable", audio_ms=ms)
        try:
            transcript = await self._transcript(transcriber, sound)
        except (ProviderFault, TimeoutError):
            return Outcome(transcript=None, engine=transcriber.name, error="unavailable", audio_ms=ms)
        return Outcome(transcript=transcript, engine=transcriber.name, audio_ms=ms)

    async def _transcript(self, transcriber: Transcriber, sound: bytes) -> Transcript:
        recognition = transcriber.begin(language=self._need.language)
        try:
            for at in range(0, len(sound), FEED_BYTES):
                async with asyncio.timeout(self._need.engine_seconds_max):
                    await recognition.feed(sound[at : at + FEED_BYTES])
            async with asyncio.timeout(self._need.engine_seconds_max):
                return await recognition.finish()
        finally:
            with contextlib.suppress(ProviderFault):
                await recognition.aclose()

    def _stuck(self, tx: Tx, body: bytes, _reason: str) -> None:
        found = utterances.utterance(tx, decode(body, RecoverSpeech).utterance_id)
        if found is not None:
            outcome = Outcome(transcript=None, engine="", error="internal")
            acts.end_speech(tx, found, outcome, None, self._need.timezone_name)

"""What a session does with speech: from the first sound to words, a recording, and a message."""

import asyncio
from collections import deque

from parlour.attempts.voice import acts
from parlour.attempts.voice.acts import SpeechSaid
from parlour.attempts.voice.channels import Understood
from parlour.attempts.voice.need import SessionNeed
from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.entities import Utterance
from parlour.conversations.spoken.utterances import Outcome
from parlour.kernel.dataclass import dataclass
from parlour.speech.recording import Kept, Spool, Spools

WORDS_SECONDS = 0.25
WORDS_CHARACTERS_MAX = 20_000


@dataclass(slots=True)
class _Speaking:
    """The utterance that is being spoken, and what of its words was told."""

    utterance: Utterance
    spool: Spool
    words: str = ""
    told: str = ""
    told_at: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ended:
    """An utterance whose words are awaited, while its recording is made."""

    utterance: Utterance
    told: str
    ms: int
    keeping: "asyncio.Task[Kept | None]"


class Uttering:
    """The utterances of one session: at most one is spoken, those before it may still be recognised, in order."""

    def __init__(self, need: SessionNeed) -> None:
        self._need = need
        self._current: _Speaking | None = None
        self._ended: deque[_Ended] = deque()

    @property
    def speaking(self) -> bool:
        """Whether somebody is speaking."""
        return self._current is not None

    @property
    def open(self) -> bool:
        """Whether somebody is speaking, or was and is not understood yet."""
        return self._current is not None or bool(self._ended)

    @property
    def lasts_ms(self) -> int:
        """How long somebody has been speaking."""
        return self._current.spool.ms if self._current else 0

    def begin(self, utterance: Utterance, sound: bytes) -> None:
        """Somebody speaks; this is the sound of it so far."""
        spool = self._need.spools.begin(utterance.id)
        spool.add(sound)
        self._current = _Speaking(utterance, spool)

    def add(self, pcm16k: bytes) -> None:
        """More sound; it is kept if somebody is speaking."""
        if self._current is not None:
            self._current.spool.add(pcm16k)

    def words(self, text: str) -> None:
        """What was understood so far."""
        if self._current is not None:
            self._current.words = text[:WORDS_CHARACTERS_MAX]

    async def tell_words(self, now: float) -> None:
        """Tell the room what is new, a few times a second at most."""
        current = self._current
        if current is None or current.words == current.told or now - current.told_at < WORDS_SECONDS:
            return
        current.told, current.told_at = current.words, now
        utterance, words = current.utterance, current.words
        await self._need.database.write(lambda tx: utterances.understood(tx, utterance, words))

    async def end(self) -> None:
        """The turn is over; its words will be told. The recording is made meanwhile."""
        current, self._current = self._current, None
        if current is None:
            return
        keeping = asyncio.create_task(_kept(self._need.spools, current.spool), name="voice-keep")
        self._ended.append(_Ended(current.utterance, current.told, current.spool.ms, keeping))
        utterance_id = current.utterance.id
        await self._need.database.write(lambda tx: utterances.recognise(tx, utterance_id))

    async def understood(self, item: Understood) -> SpeechSaid | None:
        """The words of the turn that ended first: it becomes a message that is answered, or nothing."""
        if not self._ended:
            return None
        ended = self._ended.popleft()
        return await self._store(
            ended,
            Outcome(transcript=item.transcript, engine=item.engine, told=ended.told, audio_ms=ended.ms),
        )

    async def fail(self, error: str) -> None:
        """Nobody will say any more what was said: the recordings stay, the bubbles close."""
        await self.end()
        while self._ended:
            ended = self._ended.popleft()
            await self._store(ended, Outcome(transcript=None, engine="", error=error, audio_ms=ended.ms))

    async def discard(self) -> None:
        """The chat has ended, and with it what was being said."""
        if self._current is not None:
            await self._current.spool.discard()
            self._current = None
        while self._ended:
            ended = self._ended.popleft()
            await ended.keeping
            await self._need.spools.remove(ended.utterance.id)

    async def suspend(self) -> None:
        """The process ends: everything is on disk, and `recovering` goes on with it."""
        if self._current is not None:
            await self._current.spool.close()
            self._current = None
        while self._ended:
            await self._ended.popleft().keeping

    async def _store(self, ended: _Ended, outcome: Outcome) -> SpeechSaid:
        kept = await ended.keeping
        utterance, timezone_name = ended.utterance, self._need.timezone_name
        said = await self._need.database.write(lambda tx: acts.end_speech(tx, utterance, outcome, kept, timezone_name))
        await self._need.spools.remove(utterance.id)
        return said


async def _kept(spools: Spools, spool: Spool) -> Kept | None:
    """The recording of what was said; None if there is none, or if the disk fails."""
    await spool.close()
    return await spools.keep(spool.name)

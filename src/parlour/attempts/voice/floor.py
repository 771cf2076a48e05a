"""Who has the floor in a voice session: whoever speaks is heard, and is not spoken to (Glow 6.8.5, 6.8.6).

Used by the session's one task only.
"""

import asyncio
from collections.abc import Callable
from typing import assert_never

from parlour.attempts.voice import acts
from parlour.attempts.voice.answering import Answering
from parlour.attempts.voice.channels import (
    Channel,
    Failed,
    SentenceBegan,
    SoundMade,
    SpeechBegan,
    SpeechEnded,
    SpeechGoesOn,
    TextMade,
    Told,
    Understood,
    WordsHeard,
)
from parlour.attempts.voice.ears import Ears
from parlour.attempts.voice.need import SessionNeed
from parlour.attempts.voice.uttering import Uttering
from parlour.conversations.facts import (
    LearnerMessageAdded,
    ReplyCompleted,
    ReplyStarted,
    ReplyWritten,
    TextAdded,
    TextReset,
)
from parlour.conversations.spoken.entities import VoiceSession
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal

RoomFact = LearnerMessageAdded | ReplyCompleted | ReplyStarted | ReplyWritten | TextAdded | TextReset
RESUME_MS = 300
FRAMELESS_SECONDS = 3.0
LOOK_SECONDS_MAX = 0.3  # a process that stood still has not listened meanwhile


@dataclass(slots=True)
class _Tentative:
    """Speech while an answer is given: perhaps an interruption. `at_ms`: where it began; `on_ms`: where it last went
    on."""

    at_ms: int
    on_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What has the floor, or not. `failed` and `refused` are told what ends the session."""

    channel: Channel
    ears: Ears
    answering: Answering
    uttering: Uttering
    failed: Callable[[str, str], None]
    refused: Callable[[Refusal], None]


class Floor:
    """Decides, item by item. `active_at`: when somebody last spoke or was spoken to (time of the loop)."""

    def __init__(self, need: SessionNeed, session: VoiceSession, parts: Parts) -> None:
        self._need = need
        self._session = session
        self._channel, self._ears = parts.channel, parts.ears
        self._answering, self._uttering = parts.answering, parts.uttering
        self._failed, self._refused = parts.failed, parts.refused
        self._loop = asyncio.get_running_loop()
        self._tentative: _Tentative | None = None
        self.active_at = self._looked_at = self._loop.time()
        self._heard_ms: int = 0
        self._frameless = 0.0

    @property
    def busy(self) -> bool:
        """Whether somebody speaks, or was not understood yet, or perhaps speaks."""
        return self._tentative is not None or self._uttering.open

    def give(self) -> None:
        """Who speaks is not spoken to."""
        self._answering.hold(self.busy)

    def forget(self) -> None:
        """What perhaps was an interruption was a cough: the answer goes on where it was held."""
        if self._tentative is not None:
            self._tentative = None
            self._channel.forget()

    async def handle(self, item: Told | RoomFact) -> None:
        """The next thing that was told, by the channel or in the room."""
        if isinstance(item, RoomFact):
            self._read(item)
        else:
            await self._hear(item)
        self.give()

    async def look(self) -> None:
        """What time brings."""
        now = self._loop.time()
        self._notice_frames(now)
        held, frameless = self._ears.held, self._frameless > FRAMELESS_SECONDS
        tentative = self._tentative
        if tentative is not None and not held and (frameless or self._ears.end_ms - tentative.on_ms >= RESUME_MS):
            self.forget()
        if self._uttering.speaking:
            if (frameless and not held) or self._too_long():
                self._channel.end_turn()
            elif held:  # who holds the turn may think
                self.active_at = now
        await self._uttering.tell_words(now)
        if await self._answering.look():
            self.active_at = now
        self.give()

    def _too_long(self) -> bool:
        """Whether what is being said must end; without sound, too, nobody holds a turn for ever."""
        held_ms = self._frameless * 1000 if self._ears.held else 0.0
        return self._uttering.lasts_ms + held_ms >= self._need.rules.utterance_seconds_max * 1000

    def _notice_frames(self, now: float) -> None:
        """For how long no frame has come, while there was somebody to notice."""
        if self._ears.end_ms != self._heard_ms:
            self._heard_ms, self._frameless = self._ears.end_ms, 0.0
        else:
            self._frameless += min(now - self._looked_at, LOOK_SECONDS_MAX)
        self._looked_at = now

    async def _hear(self, item: Told) -> None:
        answering = self._answering
        match item:
            case SpeechBegan():
                await self._speech_began(item.at_ms)
            case SpeechGoesOn():
                await self._speech_goes_on(item.speech_ms)
            case WordsHeard():
                self._uttering.words(item.text)
            case SpeechEnded():
                await self._speech_ended()
            case Understood():
                await self._understood(item)
            case Failed():
                self._failed(item.code, item.text)
            case TextMade():
                await answering.text_made(item)
            case SentenceBegan():
                answering.sentence(item)
            case SoundMade():
                answering.sound(item)
            case _:
                assert_never(item)

    def _read(self, fact: RoomFact) -> None:
        answering = self._answering
        match fact:
            case LearnerMessageAdded():
                if fact.item_id is None:
                    self._channel.said(fact.content)
            case ReplyStarted():
                answering.begin(fact.message_id)
            case TextAdded():
                answering.text_added(fact.message_id, fact.text)
            case TextReset():
                answering.again(fact.message_id)
            case ReplyWritten():
                answering.written(fact.message_id)
            case ReplyCompleted():
                answering.completed(fact.message_id)
            case _:
                assert_never(fact)

    async def _speech_began(self, at_ms: int) -> None:
        self.active_at = self._loop.time()
        if self._answering.running and not self._uttering.speaking:
            self._tentative = _Tentative(at_ms=at_ms, on_ms=self._ears.end_ms)
        else:
            await self._confirm(at_ms)

    async def _speech_goes_on(self, speech_ms: int) -> None:
        self.active_at = self._loop.time()
        tentative = self._tentative
        if tentative is None:
            return
        tentative.on_ms = self._ears.end_ms
        if speech_ms >= self._need.rules.barge_in_ms:
            await self._confirm(tentative.at_ms)

    async def _speech_ended(self) -> None:
        if self._tentative is not None:
            self.forget()
        else:
            await self._uttering.end()

    async def _confirm(self, at_ms: int) -> None:
        """Somebody really speaks: an answer that is being given ends with what was heard of it."""
        self._tentative = None
        played, timezone_name = self._answering.playback(), self._need.timezone_name
        try:
            utterance = await self._need.database.write(
                lambda tx: acts.begin_speech(tx, self._session, played, timezone_name)
            )
        except Refusal as refusal:
            self._channel.forget()
            self._refused(refusal)
            return
        self._answering.end()
        self._uttering.begin(utterance, self._ears.since(at_ms))

    async def _understood(self, item: Understood) -> None:
        said = await self._uttering.understood(item)
        self.active_at = self._loop.time()
        if said is not None and said.limited is not None:
            self._refused(said.limited)

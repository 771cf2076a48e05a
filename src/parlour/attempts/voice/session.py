"""One voice session, from its start to its end (Glow 6.8).

One task owns a session and handles, one after the other, what its channel tells, what the chat's rooms tell and
what its connection asks. It never waits inside a transaction; what it starts, it ends. Everybody else only leaves
something in the inbox. Who may speak when is decided in `floor.py`.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from typing import Literal

from parlour.attempts.voice import acts
from parlour.attempts.voice.acts import Situation
from parlour.attempts.voice.answering import Answering, Stage
from parlour.attempts.voice.channels import Briefing, Failed, SpeechEnded, Told, Understood
from parlour.attempts.voice.ears import Ears
from parlour.attempts.voice.floor import Floor, Parts, RoomFact
from parlour.attempts.voice.holders import ENDED_TEXTS, READY_TEXT, EndReason, Holder, VoiceOpened
from parlour.attempts.voice.need import SessionNeed
from parlour.attempts.voice.uttering import Uttering
from parlour.conversations.facts import (
    LearnerMessageAdded,
    ReplyCompleted,
    ReplyStarted,
    ReplyWritten,
    TextAdded,
    TextReset,
    VoiceEnding,
    VoiceTaken,
)
from parlour.conversations.spoken.entities import VoiceSession
from parlour.events.facts import fact_of
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.dialects import Logged

logger = logging.getLogger("parlour.voice")

Reason = EndReason | Literal["gone"]
KINDS = frozenset(
    kind.__name__
    for kind in (
        LearnerMessageAdded,
        ReplyCompleted,
        ReplyStarted,
        ReplyWritten,
        TextAdded,
        TextReset,
        VoiceEnding,
        VoiceTaken,
    )
)
AT_ONCE = frozenset(("takeover", "chat_ended", "shutting_down"))
LOOK_SECONDS = 0.1
REST_SECONDS = 1.0
OVERRUN_SECONDS = 10.0
OPEN_MARGIN_SECONDS = 0.5
UNAVAILABLE_TEXT = "The voice service is not available."
TIMEOUT_TEXT = "The voice session could not be opened in time."
OVERRUN_TEXT = "The server cannot keep up with the sound; some of it was lost."
INTERNAL_TEXT = "Something went wrong with the voice session."


class LiveSession:
    """A session of this process. Made by the desk; `run` is its one task."""

    def __init__(self, need: SessionNeed, session: VoiceSession, holder: Holder) -> None:
        self.session = session
        self._need = need
        self._holder = holder
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._inbox: deque[Told | RoomFact] = deque()
        self._ears = Ears(need.rules.queue_seconds_max, self._wake.set)
        self._channel = need.channels.channel(self._told)
        stage = Stage(channel=self._channel, offer=holder.audio, wake=self._wake.set, tell=self._told)
        self._answering = Answering(need, session, stage)
        self._uttering = Uttering(need)
        parts = Parts(
            channel=self._channel,
            ears=self._ears,
            answering=self._answering,
            uttering=self._uttering,
            failed=self._fail,
            refused=self._refused,
        )
        self._floor = Floor(need, session, parts)
        self._opening: asyncio.Task[None] | None = None
        self._reason: Reason | None = None
        self._silent = False
        self._ours = False
        self._ready = False
        self._overrun = 0
        self._overrun_at: float | None = None
        self.told_ended = False
        self.opened: VoiceOpened | None = None

    @property
    def ending(self) -> bool:
        """Whether nothing is heard any more."""
        return self._reason is not None

    def hear(self, sound: bytes, seq: int | None) -> bool:
        """A frame: whether it is heard."""
        if not self._ready or self._reason is not None:
            return False
        return self._ears.hear(sound, seq)

    def mute(self, muted: bool, *, hold: bool) -> None:
        """Hear nothing, or again; what is being said ends as a turn. `hold`: from now on no pause ends one."""
        self._ears.mute(muted, hold=hold)
        self._wake.set()

    def played(self, message_id: str, played_ms: int) -> bool:
        """The listener's report."""
        return self._answering.report(message_id, played_ms)

    def again(self) -> None:
        """The same connection has asked for a session again: it has one."""
        if self._ready:
            self._holder.ready(self.session.chat_id, READY_TEXT)

    def end(self, reason: Reason) -> None:
        """End the session, once. `gone`: its connection is, nothing is told any more."""
        self._silent = self._silent or reason == "gone"
        if self._reason is None:
            self._reason = reason
            self._answering.hush()
            if self._opening is not None:
                self._opening.cancel()
        if reason in AT_ONCE:
            self.tell_ended()
        self._wake.set()

    def tell_ended(self) -> None:
        """Say that the session is over, once: when it is, or before if another one of its connection begins."""
        reason = self._reason or "failed"
        if not self.told_ended:
            self.told_ended = True
            if not self._silent and reason != "gone":
                self._holder.ended(self.session.chat_id, reason, ENDED_TEXTS[reason])

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """What the chat's rooms tell; nothing counts that was told before the session was there."""
        if event.kind not in KINDS:
            return
        fact = fact_of(event)
        if isinstance(fact, VoiceTaken):
            if fact.session_id == self.session.id:
                self._ours = True
            elif self._ours:
                self.end("takeover")
        elif not self._ours:
            return
        elif isinstance(fact, VoiceEnding):
            self.end("chat_ended")
        elif isinstance(fact, RoomFact):
            if isinstance(fact, ReplyCompleted):
                self._answering.quiet(fact.message_id)
            self._inbox.append(fact)
            self._wake.set()

    async def run(self, situation: Situation) -> None:
        """The life of the session, to its end. Raises nothing but a cancellation."""
        try:
            await self._live_and_leave(situation)
        finally:
            self.tell_ended()
            await self._channel.aclose()

    async def _live_and_leave(self, situation: Situation) -> None:
        try:
            if await self._open(situation):
                await self._live()
        except Exception:
            logger.exception("voice_session_broke", extra={"session_id": self.session.id})
            self._fail("internal", INTERNAL_TEXT)
        try:
            await self._leave(self._reason or "failed")
        except Exception:
            logger.exception("voice_session_left_badly", extra={"session_id": self.session.id})
            await self._uttering.suspend()

    async def _open(self, situation: Situation) -> bool:
        briefing = Briefing(
            instructions=situation.instructions,
            said=situation.said,
            language=self._need.language,
            phrases=situation.phrases,
        )
        seconds = self._need.rules.open_seconds_max
        opening = self._opening = asyncio.create_task(self._channel.open(briefing), name="voice-open")
        if self._reason is not None:
            opening.cancel()
        try:
            async with asyncio.timeout(max(seconds - OPEN_MARGIN_SECONDS, seconds / 2)):
                await asyncio.wait([opening])
            if opening.cancelled() or self._reason is not None:
                return False
            opening.result()
        except ProviderFault:
            self._give_up_opening("unavailable", UNAVAILABLE_TEXT)
            return False
        except TimeoutError:
            self._give_up_opening("audio_timeout", TIMEOUT_TEXT)
            return False
        finally:
            self._opening = None
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        self._ready = True
        self._floor.active_at = self._loop.time()
        self._holder.ready(self.session.chat_id, READY_TEXT)
        return True

    async def _live(self) -> None:
        while self._reason is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if self._floor.busy else REST_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            await self._hear_frames()
            await self._floor.look()
            now = self._loop.time()
            if self._ears.dropped > self._overrun:
                self._tell_overrun(now)
            if now - self._floor.active_at > self._need.rules.idle_seconds:
                self.end("idle")

    async def _hear_frames(self) -> None:
        await self._handle_all()
        while self._reason is None and await self._hear_next(rest=False):  # noqa: ASYNC110 (others have their turn)
            await asyncio.sleep(0)

    async def _hear_rest(self) -> None:
        """What came before the end is heard like everything else."""
        while await self._hear_next(rest=True):
            pass

    async def _hear_next(self, *, rest: bool) -> bool:
        """The next piece of sound, or that a turn was ended by muting; False if there is no more."""
        frame = self._ears.take(rest=rest)
        if frame is not None:
            self._channel.hear(frame)
            self._uttering.add(frame.pcm16k)
        elif self._ears.over():
            self._channel.end_turn()
        else:
            return False
        await self._handle_all()
        return True

    async def _handle_all(self) -> None:
        while self._inbox:
            await self._floor.handle(self._inbox.popleft())

    async def _leave(self, reason: Reason) -> None:
        if reason in ("stopped", "gone", "idle"):
            await self._hear_rest()
        played = self._answering.playback() if reason == "stopped" else None
        self._answering.end()
        self._floor.forget()
        await self._need.database.write(lambda tx: acts.leave(tx, self.session, played))
        match reason:
            case "chat_ended":
                await self._uttering.discard()
            case "shutting_down":
                await self._uttering.suspend()
            case "failed":
                await self._uttering.fail("unavailable")
            case _:
                await self._finish_speech()

    async def _finish_speech(self) -> None:
        """What was heard is still understood and said, for a bounded time."""
        if not self._ready:
            return
        self._channel.end_turn()
        last = self._loop.time() + self._need.rules.stop_seconds_max
        while True:
            while self._inbox:
                await self._finish_with(self._inbox.popleft())
            left = last - self._loop.time()
            if not self._uttering.open or left <= 0:
                break
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()
        await self._uttering.fail("audio_timeout")

    async def _finish_with(self, item: Told | RoomFact) -> None:
        match item:
            case SpeechEnded():
                await self._uttering.end()
            case Understood():
                said = await self._uttering.understood(item)
                if said is not None and said.limited is not None:
                    self._tell_failed("rate_limited", said.limited.text)
            case Failed():
                await self._uttering.fail(item.code)
            case _:
                return

    def _told(self, told: Told) -> None:
        self._inbox.append(told)
        self._wake.set()

    def _refused(self, refusal: Refusal) -> None:
        if refusal.code == "rate_limited":
            self._tell_failed("rate_limited", refusal.text)
            self.end("limit")
        elif refusal.code == "not_found":
            self.end("takeover")

    def _fail(self, code: str, text: str) -> None:
        self._tell_failed(code, text)
        self.end("failed")

    def _give_up_opening(self, code: str, text: str) -> None:
        """A start that failed is answered once: nothing was open, so nothing ends."""
        self._tell_failed(code, text)
        self.told_ended = True
        self.end("failed")

    def _tell_overrun(self, now: float) -> None:
        if self._overrun_at is None or now - self._overrun_at >= OVERRUN_SECONDS:
            self._overrun_at, self._overrun = now, self._ears.dropped
            self._tell_failed("audio_overrun", OVERRUN_TEXT)

    def _tell_failed(self, code: str, text: str) -> None:
        if not self._silent and not self.told_ended:
            self._holder.failed(self.session.chat_id, code, text)

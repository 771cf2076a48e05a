"""The channel to a realtime service, which hears, understands, answers and speaks by itself (Glow 6.8.3).

The floor stays the session's: the service answers when it is asked, and an answer is cut to what was heard.
How long somebody has really been speaking, the service does not tell until the pause after it; for that a
detector of our own listens too. Words are told in the order in which they were said. A turn that the learner holds
over a pause is several to the service; they are told as one.
"""

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import assert_never

from parlour.attempts.voice.channels import (
    Briefing,
    Failed,
    Frame,
    SoundMade,
    SpeechBegan,
    SpeechEnded,
    SpeechGoesOn,
    Tell,
    TextMade,
    Told,
    Understood,
    WordsHeard,
)
from parlour.attempts.voice.outbox import Outbox
from parlour.attempts.voice.pieces import SpokenPiece, take_turns, words_so_far
from parlour.attempts.voice.speaking import SpeechMeter
from parlour.conversations.spoken.entities import VoicePath
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault
from parlour.settings import Settings
from parlour.speech import realtime
from parlour.speech.ports import SAMPLE_BYTES, Transcript, VoiceActivity
from parlour.speech.realtime import LINE_RATE, LineEvent, LineSetup, RealtimeLine, RealtimeService, SaidBefore
from parlour.turns.ports import Said

log = logging.getLogger(__name__)

ANSWERS_KEPT = 4
_STALLED = "The voice service takes in no more sound."
_NO_WORDS = "The voice service did not find out what was said."
_NO_ANSWER = "The voice service gave no answer."
_BROKEN = "The voice session broke off."


@dataclass(frozen=True, kw_only=True, slots=True)
class RealtimeRules:
    """`threshold`, `prefix_ms`, `silence_ms`: what the service is told of voice activity. The others bound waiting:
    for room in what is sent, for words after a turn, for the first piece of an answer."""

    voice: str | None
    threshold: float
    prefix_ms: int
    silence_ms: int
    queue_seconds_max: float
    words_seconds_max: float
    answer_seconds_max: float


class RealtimeChannels:
    """`Channels` to one realtime service; None: `why_not` says so."""

    def __init__(
        self, settings: Settings, service: RealtimeService | None, activity: Callable[[], VoiceActivity]
    ) -> None:
        voice = settings.voice
        self.why_not = None if service is not None else "No realtime service is configured."
        self._service = service
        self._activity = activity
        self._rules = RealtimeRules(
            voice=voice.realtime_voice,
            threshold=voice.threshold,
            prefix_ms=voice.prefix_ms,
            silence_ms=voice.silence_ms,
            queue_seconds_max=voice.queue_seconds_max,
            words_seconds_max=settings.speech.engine_seconds_max,
            answer_seconds_max=settings.limits.first_token_seconds_max,
        )

    def channel(self, tell: Tell) -> "RealtimeChannel":
        """See `Channels.channel`. Raises `ProviderFault` when there is no service."""
        if self._service is None:
            raise ProviderFault(self.why_not or "", retryable=False)
        return RealtimeChannel(self._service, self._rules, self._activity, tell)

    async def aclose(self) -> None:
        """Close the service's connections."""
        if self._service is not None:
            await self._service.aclose()


class RealtimeChannel:
    """A `Channel` over a `RealtimeLine`."""

    path: VoicePath = "realtime"
    answers = True

    def __init__(
        self, service: RealtimeService, rules: RealtimeRules, activity: Callable[[], VoiceActivity], tell: Tell
    ) -> None:
        self._service = service
        self._rules = rules
        self._activity = activity
        self._tell_session = tell
        self._outbox = Outbox(round(rules.queue_seconds_max * LINE_RATE * SAMPLE_BYTES))
        self._line: RealtimeLine | None = None
        self._meter: SpeechMeter | None = None
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._closed = False
        self._end_ms = 0
        self._floor_ms = 0
        self._held = False
        self._speaking_since_ms = self._spoken_ms = 0
        self._turns: deque[SpokenPiece] = deque()
        self._answers: OrderedDict[int, MessageId] = OrderedDict()
        self._count = 0
        self._answer_timer: asyncio.TimerHandle | None = None

    async def open(self, briefing: Briefing) -> None:
        """See `Channel.open`."""
        rules = self._rules
        # The first detector loads its library, which takes a moment.
        activity = await asyncio.to_thread(self._activity)
        self._meter = SpeechMeter(activity, rules.threshold)
        setup = LineSetup(
            instructions=briefing.instructions,
            said=_said(briefing.said),
            voice=rules.voice,
            language=briefing.language.partition("-")[0] or None,
            threshold=rules.threshold,
            prefix_ms=rules.prefix_ms,
            silence_ms=rules.silence_ms,
        )
        line = self._line = await self._service.open(setup)
        self._tasks = (
            asyncio.create_task(self._running(lambda: self._listen(line)), name="voice-realtime-listen"),
            asyncio.create_task(self._running(lambda: self._outbox.send(line)), name="voice-realtime-send"),
        )

    def hear(self, frame: Frame) -> None:
        """See `Channel.hear`."""
        self._end_ms = frame.end_ms
        if self._held and not frame.held:
            self._let_go()
        self._held = frame.held
        self._put(self._outbox.hear(frame.pcm24k))
        if self._meter is None:
            return
        self._meter.hear(frame.pcm16k, frame.end_ms)
        self._goes_on()

    def end_turn(self) -> None:
        """See `Channel.end_turn`."""
        turn = self._turns[-1] if self._turns else None
        if turn is not None and not turn.ended:
            self._put(self._outbox.call(lambda line: line.end_turn(turn.item_id)))
            self._ended(turn)
            self._tell(SpeechEnded(at_ms=self._end_ms))
        else:
            self._let_go()
            if self._end_ms > self._floor_ms:
                self._put(self._outbox.call(lambda line: line.forget(None)))
        self._held = False
        self._floor_ms = self._end_ms
        if self._meter is not None:
            self._meter.reset()

    def forget(self) -> None:
        """See `Channel.forget`."""
        turn = self._turns.pop() if self._turns else None
        self._forget(turn)
        while turn is not None and self._turns and self._turns[-1].goes_on:
            self._forget(self._turns.pop())
        self._floor_ms = self._end_ms

    def said(self, text: str) -> None:
        """See `Channel.said`."""
        self._put(self._outbox.call(lambda line: line.say(text)))

    def answer(self, message_id: MessageId) -> None:
        """See `Channel.answer`."""
        self._count += 1
        number = self._count
        self._answers[number] = message_id
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        self._put(self._outbox.call(lambda line: line.answer(number)))
        self._begun()
        self._answer_timer = asyncio.get_running_loop().call_later(
            self._rules.answer_seconds_max, self._fail, "unavailable", _NO_ANSWER
        )

    def text(self, message_id: MessageId, text: str, *, done: bool) -> None:
        """Not asked of a channel that answers by itself; nothing is done."""

    def want(self, more: bool) -> None:
        """Nothing: a realtime service is never asked to wait, or it would not be heard either."""

    def interrupt(self, message_id: MessageId, heard_ms: int) -> None:
        """See `Channel.interrupt`."""
        for number in [number for number, each in self._answers.items() if each == message_id]:
            del self._answers[number]
            self._put(self._outbox.call(lambda line, number=number: line.cut(number, heard_ms)))
            if number == self._count:
                self._begun()

    async def aclose(self) -> None:
        """See `Channel.aclose`."""
        self._close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._line is not None:
            await self._line.aclose()

    def _close(self) -> None:
        """Tell nothing from now on."""
        self._closed = True
        self._begun()
        for turn in self._turns:
            if turn.timer is not None:
                turn.timer.cancel()
        self._turns.clear()

    def _forget(self, turn: SpokenPiece | None) -> None:
        if turn is not None and turn.timer is not None:
            turn.timer.cancel()
        item_id = turn.item_id if turn is not None else None
        self._put(self._outbox.call(lambda line: line.forget(item_id)))

    def _let_go(self) -> None:
        """A turn that was held over a pause, and in which nobody speaks now, is over."""
        turn = self._turns[-1] if self._turns else None
        if turn is not None and turn.goes_on:
            turn.goes_on = False
            self._tell(SpeechEnded(at_ms=self._end_ms))
            # Later, because whoever hears of the end may want it forgotten.
            asyncio.get_running_loop().call_soon(self._tell_words)

    def _begun(self) -> None:
        """Nothing is waited for any more: an answer has begun, or is not wanted."""
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None

    def _put(self, fits: bool) -> None:
        if not fits:
            self._fail("unavailable", _STALLED)

    def _tell(self, told: Told) -> None:
        if not self._closed:
            self._tell_session(told)

    def _fail(self, code: str, text: str) -> None:
        """The last thing that is told."""
        self._tell(Failed(code=code, text=text))
        self._close()

    async def _running(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do half of the work of an open line; when it fails the channel has failed."""
        try:
            await work()
        except ProviderFault as fault:
            self._fail("unavailable", fault.text)
        except Exception:
            log.exception("A realtime voice channel broke.")
            self._fail("internal", _BROKEN)

    async def _listen(self, line: RealtimeLine) -> None:
        async with aclosing(line.events()) as events:
            async for event in events:
                self._take(event)

    def _take(self, event: LineEvent) -> None:
        match event:
            case realtime.SpeechBegan():
                self._began(event)
            case realtime.SpeechEnded():
                turn = self._find(event.item_id)
                if turn is not None and not turn.ended:
                    self._paused(turn, self._place(event.at_ms))
            case realtime.WordsSoFar():
                self._understood_so_far(event.item_id, event.text)
            case realtime.WordsKnown():
                self._understood(event.item_id, event.text)
            case realtime.WordsLost():
                if self._find(event.item_id) is not None:
                    self._fail("unavailable", _NO_WORDS)
            case realtime.AnswerText() | realtime.AnswerSound() | realtime.AnswerEnded():
                self._answered(event)
            case _:
                assert_never(event)

    def _began(self, event: realtime.SpeechBegan) -> None:
        """Speech; none if it lies before what was forgotten, and was told of too late."""
        since_ms = event.at_ms + self._rules.prefix_ms
        if since_ms < self._floor_ms:
            self._put(self._outbox.call(lambda line: line.forget(event.item_id)))
            return
        self._speaking_since_ms, self._spoken_ms = since_ms, 0
        goes_on = bool(self._turns) and self._turns[-1].goes_on
        self._turns.append(SpokenPiece(item_id=event.item_id))
        if not goes_on:
            self._tell(SpeechBegan(at_ms=self._place(event.at_ms)))
        self._goes_on()

    def _goes_on(self) -> None:
        """Tell of new speech. What the service tells comes late: then there was speech already, or it is over."""
        if self._meter is not None and self._turns and not self._turns[-1].ended:
            spoken_ms = self._meter.spoken_ms(self._speaking_since_ms)
            if spoken_ms > self._spoken_ms:
                self._spoken_ms = spoken_ms
                self._tell(SpeechGoesOn(speech_ms=spoken_ms))

    def _place(self, at_ms: int) -> int:
        """A place in the sound: the service counts what it was given, which cannot be more than there was."""
        return max(self._floor_ms, min(at_ms, self._end_ms))

    def _ended(self, turn: SpokenPiece) -> None:
        turn.ended = True
        turn.timer = asyncio.get_running_loop().call_later(
            self._rules.words_seconds_max, self._fail, "unavailable", _NO_WORDS
        )

    def _understood(self, item_id: str, text: str) -> None:
        """Words; they are told when those of all turns before are."""
        turn = self._find(item_id)
        if turn is None:
            return
        if not turn.ended:
            self._paused(turn, self._end_ms)
        turn.words = turn.so_far = text
        if turn.timer is not None:
            turn.timer.cancel()
        self._tell_words()

    def _paused(self, turn: SpokenPiece, at_ms: int) -> None:
        """The service takes a turn for ended; it is, unless it is held."""
        self._ended(turn)
        turn.goes_on = self._held and turn is self._turns[-1]
        if not turn.goes_on:
            self._tell(SpeechEnded(at_ms=at_ms))

    def _understood_so_far(self, item_id: str, text: str) -> None:
        """Words of what is being said."""
        turn = self._find(item_id)
        if turn is not None:
            turn.so_far = text
            words = words_so_far(self._turns)
            if words is not None:
                self._tell(WordsHeard(text=words))

    def _tell_words(self) -> None:
        for words in take_turns(self._turns):
            self._tell(Understood(transcript=Transcript(text=words), engine=self._service.name))

    def _find(self, item_id: str) -> SpokenPiece | None:
        return next((turn for turn in self._turns if turn.item_id == item_id), None)

    def _answered(self, event: realtime.AnswerText | realtime.AnswerSound | realtime.AnswerEnded) -> None:
        """A piece of an answer; nothing if it was interrupted meanwhile."""
        message_id = self._answers.get(event.answer)
        if message_id is None:
            return
        if event.answer == self._count:
            self._begun()
        match event:
            case realtime.AnswerText():
                self._tell(TextMade(message_id=message_id, text=event.text))
            case realtime.AnswerSound():
                self._tell(SoundMade(message_id=message_id, pcm=event.sound))
            case realtime.AnswerEnded(how="failed"):
                self._fail("unavailable", _NO_ANSWER)
            case realtime.AnswerEnded():
                self._tell(TextMade(message_id=message_id, text="", done=True))
                self._tell(SoundMade(message_id=message_id, pcm=b"", done=True))


def _said(said: Sequence[Said]) -> tuple[SaidBefore, ...]:
    """The conversation so far; what is for the model alone stands in the instructions."""
    return tuple(
        SaidBefore(by="learner" if each.role == "user" else "persona", text=each.content)
        for each in said
        if each.role in ("user", "assistant") and each.content
    )

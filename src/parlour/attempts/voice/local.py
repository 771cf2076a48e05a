"""The local chain as a channel: speech is detected and recognised here, answers are said sentence by sentence."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from parlour.attempts.voice.channels import (
    Briefing,
    Failed,
    Frame,
    SpeechBegan,
    SpeechEnded,
    SpeechGoesOn,
    Tell,
    Told,
    Understood,
    WordsHeard,
)
from parlour.attempts.voice.mouth import UNAVAILABLE_TEXT, Mouth
from parlour.conversations.spoken.entities import VoicePath
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault
from parlour.speech.activity import GateRules, Offset, Onset, SpeechGate
from parlour.speech.endpointing import PauseRules, pause_ms
from parlour.speech.engines import SpeechEngines, warm
from parlour.speech.ports import Recognition, Synthesizer, Transcriber, Transcript, Voice, VoiceActivity

logger = logging.getLogger("parlour.voice")

CLOSE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalRules:
    """`voices`: the name of the voice by language. `engine_seconds_max`: how long an engine may take for one thing."""

    gate: GateRules
    pauses: PauseRules
    voices: Mapping[str, str]
    engine_seconds_max: float


class LocalChannels:
    """Makes channels of the deployment's engines. `activity` makes a detector; its first call may load a library."""

    def __init__(self, engines: SpeechEngines, activity: Callable[[], VoiceActivity], rules: LocalRules) -> None:
        self._engines = engines
        self._activity = activity
        self._rules = rules
        self.why_not = engines.why_no_in if engines.transcriber is None else engines.why_no_out

    def channel(self, tell: Tell) -> "LocalChannel":
        """A channel that is not open yet; `ProviderFault` if an engine is missing."""
        engines = self._engines
        if engines.transcriber is None or engines.synthesizer is None:
            raise ProviderFault(self.why_not or "An engine is missing.", retryable=False)
        return LocalChannel((engines.transcriber, engines.synthesizer), self._activity, self._rules, tell)

    async def aclose(self) -> None:
        """Nothing: the engines are the deployment's."""


class _Hearing:
    """One utterance on its way to the recogniser."""

    def __init__(self, recognition: Recognition, began_ms: int, first: bytes) -> None:
        self.recognition = recognition
        self.began_ms = began_ms
        self.sound = bytearray(first)
        self.words = ""
        self.over = False
        self.more = asyncio.Event()
        self.more.set()

    def add(self, sound: bytes) -> None:
        self.sound += sound
        self.more.set()

    def end(self) -> None:
        self.over = True
        self.more.set()


class LocalChannel:
    """Ears and mouth of one session."""

    path: VoicePath = "local"
    answers = False

    def __init__(
        self,
        engines: tuple[Transcriber, Synthesizer],
        activity: Callable[[], VoiceActivity],
        rules: LocalRules,
        tell: Tell,
    ) -> None:
        self._transcriber, self._synthesizer = engines
        self._activity = activity
        self._rules = rules
        self._tell_session = tell
        self._briefing = Briefing(instructions="", said=(), language="en")
        self._gate: SpeechGate | None = None
        self._base_ms = 0
        self._end_ms = 0
        self._hearing: _Hearing | None = None
        self._latest: _Hearing | None = None
        self._newest: asyncio.Task[None] | None = None
        self._tasks: dict[asyncio.Task[None], _Hearing | None] = {}
        self._mouth: Mouth | None = None
        self._closed = False

    async def open(self, briefing: Briefing) -> None:
        """Be ready: the detector is there, both engines are loaded."""
        self._briefing = briefing
        self._gate = SpeechGate(await asyncio.to_thread(self._activity), self._rules.gate)
        await warm(self._transcriber)
        await warm(self._synthesizer)

    def hear(self, frame: Frame) -> None:
        """More sound: beginnings and ends of speech; what is between them goes to the recogniser."""
        gate = self._gate
        if gate is None or self._closed:
            return
        self._end_ms = frame.end_ms
        if self._hearing is not None:
            self._hearing.add(frame.pcm16k)
        turns = [event for event in gate.feed(frame.pcm16k) if isinstance(event, Onset | Offset)]
        begun = [event for event in turns if isinstance(event, Onset)]
        if begun and self._hearing is None:
            self._begin(begun[0])
        hearing = self._hearing
        if hearing is None:
            return
        if gate.speaking or turns:  # a piece may hold all that was said, or its end
            spoken_ms = self._base_ms + gate.heard_ms - gate.quiet_ms - hearing.began_ms
            self._tell(SpeechGoesOn(speech_ms=max(0, spoken_ms)))
        paused = not gate.speaking and gate.quiet_ms >= pause_ms(hearing.words, self._rules.pauses)
        if paused and not frame.held:
            self._end(hearing)

    def end_turn(self) -> None:
        """What is being said ends here; detection begins anew."""
        if self._hearing is not None:
            self._end(self._hearing)
        self._start_anew()

    def forget(self) -> None:
        """What began last was nothing, also if it has ended by now."""
        latest, self._latest, self._hearing = self._latest, None, None
        for task, of in tuple(self._tasks.items()):
            if latest is not None and of is latest:
                task.cancel()
        self._start_anew()

    def said(self, text: str) -> None:
        """The turn's job reads it from the conversation."""

    def answer(self, message_id: MessageId) -> None:
        """An answer will be written: have a mouth for it."""
        self._hush()
        language = self._briefing.language
        voice = Voice(language=language, name=self._rules.voices.get(language))
        mouth = Mouth(message_id, self._tell, self._synthesizer, voice, self._rules.engine_seconds_max)
        self._mouth = mouth
        self._own(mouth.task, None)

    def text(self, message_id: MessageId, text: str, *, done: bool) -> None:
        """More of the answer."""
        if self._mouth is not None and self._mouth.message_id == message_id:
            self._mouth.text(text, done=done)

    def interrupt(self, message_id: MessageId, heard_ms: int) -> None:
        """Say no more of it."""
        if self._mouth is not None and self._mouth.message_id == message_id:
            self._hush()

    def want(self, more: bool) -> None:
        """Let the engine wait, or go on."""
        if self._mouth is not None:
            self._mouth.want(more)

    async def aclose(self) -> None:
        """End what runs."""
        self._closed = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)

    def _tell(self, told: Told) -> None:
        if not self._closed:
            self._tell_session(told)

    def _own(self, task: asyncio.Task[None], hearing: _Hearing | None) -> None:
        self._tasks[task] = hearing
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("voice_engine_broke", exc_info=error)
            self._tell(Failed(code="internal", text=UNAVAILABLE_TEXT))

    def _hush(self) -> None:
        mouth, self._mouth = self._mouth, None
        if mouth is not None:
            mouth.task.cancel()

    def _start_anew(self) -> None:
        if self._gate is not None:
            self._gate.reset()
            self._base_ms = self._end_ms

    def _begin(self, onset: Onset) -> None:
        began_ms = self._base_ms + onset.at_ms
        briefing = self._briefing
        recognition = self._transcriber.begin(language=briefing.language, phrases=briefing.phrases)
        hearing = self._hearing = self._latest = _Hearing(recognition, began_ms, onset.sound)
        self._tell(SpeechBegan(at_ms=max(0, began_ms - self._rules.gate.prefix_ms)))
        self._newest = asyncio.create_task(self._listen(hearing, self._newest), name="voice-hearing")
        self._own(self._newest, hearing)

    def _end(self, hearing: _Hearing) -> None:
        self._hearing = None
        hearing.end()
        self._tell(SpeechEnded(at_ms=self._end_ms))

    async def _listen(self, hearing: _Hearing, before: asyncio.Task[None] | None) -> None:
        """Feed the recogniser, then tell its words: after those of the utterance before."""
        try:
            transcript = await self._recognise(hearing)
            if before is not None:
                await asyncio.wait([before])
            self._tell(Understood(transcript=transcript, engine=self._transcriber.name))
        except (ProviderFault, TimeoutError):
            self._tell(Failed(code="unavailable", text=UNAVAILABLE_TEXT))
        finally:
            with contextlib.suppress(ProviderFault):
                await hearing.recognition.aclose()

    async def _recognise(self, hearing: _Hearing) -> Transcript:
        recognition, seconds = hearing.recognition, self._rules.engine_seconds_max
        while True:
            await hearing.more.wait()
            hearing.more.clear()
            sound, over = bytes(hearing.sound), hearing.over
            hearing.sound.clear()
            if sound:
                async with asyncio.timeout(seconds):
                    await recognition.feed(sound)
                self._interim(hearing, recognition.interim())
            if over:
                break
        async with asyncio.timeout(seconds):
            return await recognition.finish()

    def _interim(self, hearing: _Hearing, words: str) -> None:
        if words and words != hearing.words:
            hearing.words = words
            if hearing is self._hearing:
                self._tell(WordsHeard(text=words))

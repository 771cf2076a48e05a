"""The client of the realtime protocol, against a local service that speaks it (`tests.harness.realtime_service`)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import SpeechLimits
from parlour.providers.speech.realtime import OpenAIRealtime, build_realtime
from parlour.providers.speech.scripted import read_tones, silence, tone
from parlour.settings import Settings
from parlour.speech.pcm import resampled
from parlour.speech.realtime import (
    LINE_RATE,
    AnswerEnded,
    AnswerSound,
    AnswerText,
    LineEvent,
    LineSetup,
    RealtimeLine,
    SaidBefore,
    SpeechBegan,
    SpeechEnded,
    WordsKnown,
    WordsLost,
    WordsSoFar,
)
from tests.harness.realtime_service import Call
from tests.harness.speech_services import KEY, SpeechServices, running_speech_services

SETUP = LineSetup(
    instructions="You are a lab assistant.",
    said=(SaidBefore(by="persona", text="Hello."), SaidBefore(by="learner", text="Hi.")),
    voice="marin",
    language="en",
    silence_ms=200,
)


@pytest.fixture(scope="module")
def services() -> Iterator[SpeechServices]:
    with running_speech_services() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_prepared(services: SpeechServices) -> None:
    services.answers.clear()


Event = TypeVar("Event", bound=LineEvent)


@dataclass
class Conversation:
    """An open line whose events are collected."""

    line: RealtimeLine
    call: Call
    events: list[LineEvent] = field(default_factory=list[LineEvent])
    fault: ProviderFault | None = None

    async def listen(self) -> None:
        try:
            async with aclosing(self.line.events()) as events:
                async for event in events:
                    self.events.append(event)
        except ProviderFault as fault:
            self.fault = fault

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 (the other side is another thread)
                await asyncio.sleep(0.01)

    async def until_told(self, *kinds: type[LineEvent]) -> None:
        """Until every one of these was told."""
        await self.until(lambda: all(self.of(kind) for kind in kinds) or self.fault)
        assert self.fault is None, self.fault

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    async def speak(self, text: str) -> None:
        """Say something, in frames of 256 bytes as clients in the field do, and fall silent."""
        sound = silence(100, rate=LINE_RATE) + tone(text, rate=LINE_RATE) + silence(600, rate=LINE_RATE)
        for start in range(0, len(sound), 256):
            await self.line.hear(sound[start : start + 256])

    def words_spoken(self, answer: int) -> str:
        sound = b"".join(event.sound for event in self.of(AnswerSound) if event.answer == answer)
        return " ".join(word.text for word in read_tones(resampled(sound, LINE_RATE, 16_000)))

    def text(self, answer: int) -> str:
        return "".join(event.text for event in self.of(AnswerText) if event.answer == answer)


@asynccontextmanager
async def talking(services: SpeechServices, model: str = "gpt-realtime") -> AsyncGenerator[Conversation]:
    service = OpenAIRealtime(services.url, SecretStr(KEY), model)
    line = await service.open(SETUP)
    conversation = Conversation(line, services.calls[-1])
    listening = asyncio.create_task(conversation.listen())
    try:
        yield conversation
    finally:
        await line.aclose()
        await listening
        await service.aclose()


@pytest.mark.parametrize("model", ["gpt-realtime", "beta"])
async def test_speech_is_heard_understood_and_answered_when_asked(services: SpeechServices, model: str) -> None:
    async with talking(services, model) as talk:
        await talk.speak("How are you?")
        await talk.until_told(WordsKnown)
        await talk.line.answer(7)
        await talk.until_told(AnswerEnded)
        began, ended = talk.of(SpeechBegan)[0], talk.of(SpeechEnded)[0]
        assert began.item_id == ended.item_id == talk.of(WordsKnown)[0].item_id
        assert 0 <= began.at_ms < ended.at_ms
        assert [event.text for event in talk.of(WordsSoFar)] == ["How", "How are", "How are you?"]
        assert talk.of(WordsKnown)[0].text == "How are you?"
        assert talk.text(7) == talk.words_spoken(7) == "You said: How are you?"
        assert talk.of(AnswerEnded) == [AnswerEnded(answer=7, how="complete")]
        assert [(item.role, item.text) for item in talk.call.items[:3]] == [
            ("assistant", "Hello."),
            ("user", "Hi."),
            ("user", "How are you?"),
        ]


@pytest.mark.parametrize(("model", "where"), [("gpt-realtime", "audio"), ("beta", "flat")])
async def test_the_service_is_told_to_wait_for_us(services: SpeechServices, model: str, where: str) -> None:
    async with talking(services, model) as talk:
        session = talk.call.session
    assert session["instructions"] == SETUP.instructions
    if where == "audio":
        audio = session["audio"]
        assert isinstance(audio, dict)
        turns, voice, hearing = (
            audio["input"]["turn_detection"],
            audio["output"]["voice"],
            audio["input"]["transcription"],
        )
    else:
        turns, voice, hearing = session["turn_detection"], session["voice"], session["input_audio_transcription"]
    assert isinstance(turns, dict)
    assert (turns["create_response"], turns["interrupt_response"], turns["silence_duration_ms"]) == (False, False, 200)
    assert voice == "marin"
    assert hearing == {"model": "whisper-1", "language": "en"}


async def test_small_frames_are_sent_together(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.speak("One")
        await talk.until_told(WordsKnown)
        assert min(talk.call.append_bytes) >= 1_920


async def test_silence_has_no_events(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.line.hear(silence(2_000, rate=LINE_RATE))
        await talk.line.say("Still there?")
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        assert talk.text(1) == "You said: Still there?"
        assert not talk.of(SpeechBegan)


async def test_a_turn_that_we_end_has_its_words_under_the_id_it_began_with(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.line.hear(tone("Push to talk", rate=LINE_RATE))
        await talk.until_told(SpeechBegan)
        item_id = talk.of(SpeechBegan)[0].item_id
        await talk.line.end_turn(item_id)
        await talk.line.end_turn(item_id)
        await talk.until_told(WordsKnown)
        assert talk.of(WordsKnown) == [WordsKnown(item_id=item_id, text="Push to talk")]
        assert talk.call.received.count("input_audio_buffer.commit") == 1
        assert talk.call.items[-1].id != item_id


async def test_ending_a_turn_that_the_service_has_ended_already_changes_nothing(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.speak("One two")
        await talk.until_told(SpeechBegan)
        await talk.line.end_turn(talk.of(SpeechBegan)[0].item_id)
        await talk.until_told(WordsKnown)
        await talk.speak("Three")
        await talk.until(lambda: len(talk.of(WordsKnown)) == 2)
        assert [event.text for event in talk.of(WordsKnown)] == ["One two", "Three"]
        assert talk.fault is None


async def test_what_is_forgotten_is_not_told_and_not_remembered_by_the_service(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.line.hear(tone("A cough", rate=LINE_RATE))
        await talk.until_told(SpeechBegan)
        await talk.line.forget(talk.of(SpeechBegan)[0].item_id)
        await talk.speak("Something")
        await talk.until_told(WordsKnown)
        item_id = talk.of(WordsKnown)[0].item_id
        await talk.line.forget(item_id)
        await talk.until(lambda: "conversation.item.delete" in talk.call.received)
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        assert [event.text for event in talk.of(WordsKnown)] == ["Something"]
        assert talk.text(1) == "You said: Hi."


async def test_a_turn_without_words_is_told_and_not_remembered_by_the_service(services: SpeechServices) -> None:
    noise = b"".join(value.to_bytes(2, "little", signed=True) for value in [9_000, -9_000] * 6_000)
    async with talking(services) as talk:
        await talk.line.hear(noise + silence(600, rate=LINE_RATE))
        await talk.until_told(WordsKnown)
        assert talk.of(WordsKnown)[0].text == ""
        await talk.until(lambda: len(talk.call.items) == 2)


async def test_an_answer_that_is_cut_stops_and_is_remembered_as_far_as_it_was_heard(services: SpeechServices) -> None:
    services.answers[:] = [" ".join(f"word{n}" for n in range(60)), "Go on."]
    async with talking(services) as talk:
        await talk.line.answer(1)
        await talk.until(lambda: len(talk.of(AnswerSound)) > 5)
        await talk.line.cut(1, 700)
        await talk.until(lambda: talk.call.responses == ["cancelled"])
        told = len(talk.of(AnswerSound))
        await talk.line.say("Wait.")
        await talk.line.answer(2)
        await talk.until_told(AnswerEnded)
        assert [event.answer for event in talk.of(AnswerSound)[told:]] == [2] * (len(talk.of(AnswerSound)) - told)
        assert talk.of(AnswerEnded) == [AnswerEnded(answer=2, how="complete")]
        assert talk.text(2) == "Go on."
        cut = next(item for item in talk.call.items if item.text.startswith("word0"))
        assert cut.heard_ms == 700


async def test_an_answer_can_be_cut_when_all_of_it_was_made(services: SpeechServices) -> None:
    services.answers[:] = ["All of this."]
    async with talking(services) as talk:
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        await talk.line.cut(1, 300)
        await talk.until(lambda: talk.call.items[-1].heard_ms == 300)
        assert "response.cancel" not in talk.call.received
        services.answers[:] = ["And of this."]
        await talk.line.answer(2)
        await talk.until(lambda: len(talk.of(AnswerEnded)) == 2)
        await talk.line.cut(2, 0)
        await talk.until(lambda: talk.call.items[-1].text == "All of this.")


async def test_an_answer_is_asked_for_again_when_the_one_before_has_ended(services: SpeechServices) -> None:
    services.answers[:] = ["First answer of two.", "Second."]
    async with talking(services) as talk:
        await talk.line.answer(1)
        await talk.line.answer(2)
        await talk.until(lambda: len(talk.of(AnswerEnded)) == 2)
        assert (talk.text(1), talk.text(2)) == ("First answer of two.", "Second.")
        assert talk.call.responses == ["completed", "completed"]


async def test_an_answer_that_is_cut_before_it_began_is_never_told(services: SpeechServices) -> None:
    services.answers[:] = ["One two three four five six seven.", "Two."]
    async with talking(services) as talk:
        await talk.line.answer(1)
        await talk.line.cut(1, 0)
        await talk.line.answer(2)
        await talk.until_told(AnswerEnded)
        assert talk.text(1) == ""
        assert talk.of(AnswerEnded) == [AnswerEnded(answer=2, how="complete")]


async def test_a_service_that_answers_unasked_is_stopped(services: SpeechServices) -> None:
    services.answers[:] = [" ".join(["unasked"] * 40), "Asked."]
    async with talking(services, "eager") as talk:
        await talk.speak("Hello")
        await talk.until_told(WordsKnown)
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        assert talk.text(1) == "Asked."
        assert talk.call.responses == ["cancelled", "completed"]


async def test_text_that_comes_at_the_end_alone_is_told_then(services: SpeechServices) -> None:
    services.answers[:] = ["All at once."]
    async with talking(services, "wordless") as talk:
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        assert talk.text(1) == talk.words_spoken(1) == "All at once."


async def test_an_answer_that_is_refused_has_failed_and_the_line_goes_on(services: SpeechServices) -> None:
    async with talking(services, "refuses") as talk:
        await talk.line.answer(1)
        await talk.until_told(AnswerEnded)
        assert talk.of(AnswerEnded) == [AnswerEnded(answer=1, how="failed")]
        await talk.speak("Hello")
        await talk.until_told(WordsKnown)


async def test_words_that_cannot_be_found_out_are_lost(services: SpeechServices) -> None:
    async with talking(services, "deaf") as talk:
        await talk.speak("Hello")
        await talk.until_told(WordsLost)
        assert talk.fault is None


async def test_a_line_that_breaks_is_a_fault(services: SpeechServices) -> None:
    async with talking(services) as talk:
        await talk.speak("Now the [engine dies]")
        await talk.until(lambda: talk.fault)
        assert talk.fault is not None
        assert talk.fault.retryable

        async def more() -> None:
            for _ in range(1_000):
                await talk.line.hear(silence(100, rate=LINE_RATE))
                await asyncio.sleep(0)

        with pytest.raises(ProviderFault):
            await more()


async def test_sound_that_cannot_be_read_is_a_fault(services: SpeechServices) -> None:
    async with talking(services, "garbled") as talk:
        await talk.line.answer(1)
        await talk.until(lambda: talk.fault)


async def test_hanging_up_ends_the_session(services: SpeechServices) -> None:
    async with talking(services) as talk:
        pass
    await talk.until(lambda: talk.call.closed)
    assert talk.fault is None


@pytest.mark.parametrize("model", ["refused", "strict", "never-opens"])
async def test_a_session_that_cannot_be_opened_is_a_fault(services: SpeechServices, model: str) -> None:
    seconds = 0.5 if model == "never-opens" else 60
    service = OpenAIRealtime(services.url, SecretStr(KEY), model, limits=SpeechLimits(engine_seconds_max=seconds))
    with pytest.raises(ProviderFault) as fault:
        await service.open(SETUP)
    assert "PRIVATE" not in fault.value.text
    assert fault.value.retryable is (model == "never-opens")
    await service.aclose()


async def test_opening_can_be_cancelled(services: SpeechServices) -> None:
    service = OpenAIRealtime(services.url, SecretStr(KEY), "never-opens")
    opening = asyncio.create_task(service.open(SETUP))
    before = len(services.calls)
    async with asyncio.timeout(60):
        while len(services.calls) == before:  # noqa: ASYNC110 (the other side is another thread)
            await asyncio.sleep(0.01)
    opening.cancel()
    await asyncio.wait([opening])
    assert opening.cancelled()
    await service.aclose()


async def test_nobody_there_is_a_fault() -> None:
    service = OpenAIRealtime("http://127.0.0.1:9/v1", None, "m")
    with pytest.raises(ProviderFault):
        await service.open(SETUP)
    await service.aclose()


def test_the_settings_name_the_service() -> None:
    assert build_realtime(Settings()) is None
    settings = Settings.model_validate(
        {
            "providers": [{"name": "cloud", "base_url": "https://speech.example/v1", "api_key": "k"}],
            "voice": {"path": "realtime", "realtime_provider": "cloud", "realtime_model": "tiny"},
        }
    )
    service = build_realtime(settings)
    assert service is not None
    assert service.name == "openai-realtime:tiny"

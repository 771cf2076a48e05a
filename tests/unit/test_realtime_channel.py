"""The channel of a voice session to a realtime service, against a local service that speaks the protocol."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from pydantic import SecretStr

from parlour.attempts.voice.channels import (
    Briefing,
    Failed,
    Frame,
    SoundMade,
    SpeechBegan,
    SpeechEnded,
    SpeechGoesOn,
    TextMade,
    Told,
    Understood,
    WordsHeard,
)
from parlour.attempts.voice.realtime import RealtimeChannel, RealtimeChannels
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.activity import build_activity
from parlour.providers.speech.realtime import OpenAIRealtime
from parlour.providers.speech.scripted import read_tones, silence, tone
from parlour.settings import Settings
from parlour.speech.pcm import Resampler, resampled
from parlour.turns.ports import Said
from tests.harness.realtime_service import Call
from tests.harness.speech_services import KEY, SpeechServices, running_speech_services

M1, M2 = MessageId("m1"), MessageId("m2")
BRIEFING = Briefing(
    instructions="Be Ada.",
    said=(Said(role="system", content="Secret"), Said(role="user", content="Hi"), Said(role="assistant", content="Yo")),
    language="en-GB",
)
Event = TypeVar("Event", bound=Told)


@pytest.fixture(scope="module")
def services() -> Iterator[SpeechServices]:
    with running_speech_services() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_prepared(services: SpeechServices) -> None:
    services.answers.clear()


@dataclass
class Session:
    """What a voice session would see of its channel."""

    channel: RealtimeChannel
    told: list[Told]
    call: Call
    end_ms: int = 0
    held: bool = False
    resampler: Resampler = field(default_factory=lambda: Resampler(24_000, 16_000))

    def hear(self, sound: bytes) -> None:
        """Sound at 24 kHz, in frames of 20 ms."""
        for start in range(0, len(sound), 960):
            frame = sound[start : start + 960]
            self.end_ms += len(frame) // 48
            pcm16k = self.resampler.feed(frame)
            self.channel.hear(Frame(pcm24k=frame, pcm16k=pcm16k, end_ms=self.end_ms, held=self.held))

    def speak(self, text: str, pause_ms: int = 700) -> None:
        self.hear(silence(200, rate=24_000) + tone(text, rate=24_000) + silence(pause_ms, rate=24_000))

    def of(self, kind: type[Event]) -> list[Event]:
        return [each for each in self.told if isinstance(each, kind)]

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110 (the other side is another thread)
                await asyncio.sleep(0.01)

    async def until_told(self, kind: type[Told], count: int = 1) -> None:
        await self.until(lambda: len(self.of(kind)) >= count)

    def words(self) -> list[str]:
        return [each.transcript.text for each in self.of(Understood)]

    def text(self, message_id: MessageId) -> str:
        return "".join(each.text for each in self.of(TextMade) if each.message_id == message_id)

    async def answered(self, message_id: MessageId) -> None:
        await self.until(lambda: any(each.done and each.message_id == message_id for each in self.of(SoundMade)))


def settings(**voice: object) -> Settings:
    return Settings.model_validate({"voice": {"silence_ms": 300, **voice}, "limits": {"first_token_seconds_max": 60}})


@asynccontextmanager
async def session(
    services: SpeechServices, model: str = "gpt-realtime", given: Settings | None = None
) -> AsyncGenerator[Session]:
    given = given or settings()
    service = OpenAIRealtime(services.url, SecretStr(KEY), model)
    channels = RealtimeChannels(given, service, build_activity(given))
    told: list[Told] = []
    channel = channels.channel(told.append)
    await channel.open(BRIEFING)
    try:
        yield Session(channel, told, services.calls[-1])
    finally:
        await channel.aclose()
        await channels.aclose()


async def test_a_spoken_turn_is_told_in_order_and_answered(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.speak("What is a titration?")
        await talk.until_told(Understood)
        assert talk.words() == ["What is a titration?"]
        assert talk.of(Understood)[0].engine == "openai-realtime:gpt-realtime"
        kinds = [type(each) for each in talk.told if not isinstance(each, SpeechGoesOn)]
        assert kinds == [SpeechBegan, SpeechEnded, *[WordsHeard] * 4, Understood]
        assert talk.of(WordsHeard)[-1].text == "What is a titration?"
        assert 0 <= talk.of(SpeechBegan)[0].at_ms <= 250
        assert talk.of(SpeechEnded)[0].at_ms > 800
        talk.channel.answer(M1)
        await talk.answered(M1)
        assert talk.text(M1) == "You said: What is a titration?"
        sound = b"".join(each.pcm for each in talk.of(SoundMade))
        assert " ".join(word.text for word in read_tones(resampled(sound, 24_000, 16_000))) == talk.text(M1)
        assert [each.done for each in talk.of(TextMade)][-2:] == [False, True]


async def test_the_service_knows_what_was_said_before(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.channel.said("Typed.")
        talk.channel.answer(M1)
        await talk.answered(M1)
        assert [item.text for item in talk.call.items] == ["Hi", "Yo", "Typed.", "You said: Typed."]
        assert talk.call.session["instructions"] == "Be Ada."


async def test_how_long_somebody_speaks_is_told_without_the_pause_after_it(services: SpeechServices) -> None:
    async with session(services) as talk:
        sound = silence(400, rate=24_000) + tone("Hm", rate=24_000)  # 180 ms
        talk.hear(sound)
        await talk.until_told(SpeechBegan)
        talk.hear(silence(280, rate=24_000))
        longest = max((each.speech_ms for each in talk.of(SpeechGoesOn)), default=0)
        assert 0 <= longest < 300
        talk.hear(tone("and this goes on", rate=24_000))
        assert talk.of(SpeechGoesOn)[-1].speech_ms > 300


async def test_a_turn_that_is_ended_here_is_understood(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.hear(tone("Push to talk", rate=24_000))
        await talk.until_told(SpeechBegan)
        talk.channel.end_turn()
        await talk.until_told(Understood)
        assert [each.at_ms for each in talk.of(SpeechEnded)] == [talk.end_ms]
        assert talk.words() == ["Push to talk"]
        talk.speak("Again")
        await talk.until_told(Understood, 2)
        assert talk.words() == ["Push to talk", "Again"]


async def test_a_turn_that_is_held_over_pauses_is_one(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.held = True
        talk.speak("Let me think.")
        await talk.until(lambda: talk.of(WordsHeard) and talk.of(WordsHeard)[-1].text == "Let me think.")
        told = len(talk.of(SpeechGoesOn))
        talk.hear(silence(900, rate=24_000) + tone("It is Paris", rate=24_000))
        await talk.until_told(SpeechGoesOn, told + 1)
        assert (talk.of(SpeechEnded), talk.words(), len(talk.of(SpeechBegan))) == ([], [], 1)
        talk.channel.end_turn()  # let go while speaking
        await talk.until_told(Understood)
        assert talk.words() == ["Let me think. It is Paris"]
        talk.speak("Now I let go in a pause.")
        await talk.until(lambda: talk.of(WordsHeard)[-1].text == "Now I let go in a pause.")
        talk.channel.end_turn()
        await talk.until_told(Understood, 2)
        talk.speak("And now I go on.")
        await talk.until(lambda: talk.of(WordsHeard)[-1].text == "And now I go on.")
        assert len(talk.of(SpeechEnded)) == 2
        talk.held = False
        talk.hear(silence(20, rate=24_000))
        await talk.until_told(Understood, 3)
        assert talk.words()[1:] == ["Now I let go in a pause.", "And now I go on."]
        assert len(talk.of(SpeechBegan)) == len(talk.of(SpeechEnded)) == 3


async def test_what_is_forgotten_while_it_is_held_is_forgotten_whole(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.held = True
        talk.speak("Hm.")
        await talk.until(lambda: talk.of(WordsHeard) and talk.of(WordsHeard)[-1].text == "Hm.")
        told = len(talk.of(SpeechGoesOn))
        talk.hear(tone("hm", rate=24_000))
        await talk.until_told(SpeechGoesOn, told + 1)
        talk.channel.forget()
        await talk.until(lambda: "conversation.item.delete" in talk.call.received)
        talk.held = False
        talk.speak("Words")
        await talk.until_told(Understood)
        assert talk.words() == ["Words"]


async def test_ending_a_turn_that_nobody_began_only_empties_the_buffers(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.hear(silence(500, rate=24_000))
        talk.channel.end_turn()
        talk.channel.end_turn()
        talk.channel.said("Typed")
        await talk.until(lambda: "input_audio_buffer.clear" in talk.call.received)
        await talk.until(lambda: talk.call.received[-1] == "conversation.item.create")
        assert talk.call.received.count("input_audio_buffer.clear") == 1
        assert talk.told == []


async def test_what_was_forgotten_is_not_told(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.hear(tone("Cough", rate=24_000))
        await talk.until_told(SpeechBegan)
        talk.channel.forget()
        talk.speak("Words")
        await talk.until_told(Understood)
        assert talk.words() == ["Words"]
        assert len(talk.of(SpeechBegan)) == 2
        assert talk.of(SpeechBegan)[1].at_ms >= talk.of(SpeechBegan)[0].at_ms


async def test_an_interrupted_answer_ends_at_once_and_the_service_remembers_what_was_heard(
    services: SpeechServices,
) -> None:
    services.answers[:] = [" ".join(f"word{n}" for n in range(60)), "Yes?"]
    async with session(services) as talk:
        talk.channel.answer(M1)
        await talk.until(lambda: len(talk.of(SoundMade)) > 4)
        talk.channel.interrupt(M1, 650)
        told = len(talk.told)
        talk.channel.answer(M2)
        await talk.answered(M2)
        assert all(getattr(each, "message_id", M2) == M2 for each in talk.told[told:])
        assert talk.text(M2) == "Yes?"
        assert next(item for item in talk.call.items if item.text.startswith("word0")).heard_ms == 650
        assert talk.call.responses == ["cancelled", "completed"]


async def test_words_are_told_in_the_order_of_the_turns(services: SpeechServices) -> None:
    async with session(services) as talk:
        for text in ("One", "Two", "Three"):
            talk.speak(text)
        await talk.until_told(Understood, 3)
        assert talk.words() == ["One", "Two", "Three"]


@pytest.mark.parametrize("model", ["refuses", "deaf", "garbled"])
async def test_a_service_that_fails_is_told_once_and_last(services: SpeechServices, model: str) -> None:
    async with session(services, model) as talk:
        talk.speak("Hello")
        if model != "deaf":
            await talk.until_told(Understood)
            talk.channel.answer(M1)
        await talk.until_told(Failed)
        assert talk.of(Failed)[0].code == "unavailable"
        talk.speak("Still there?")
        talk.channel.answer(M2)
        talk.channel.end_turn()
        await asyncio.sleep(0.1)
        assert isinstance(talk.told[-1], Failed)
        assert len(talk.of(Failed)) == 1


async def test_a_service_that_breaks_off_has_failed(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.speak("Now the [engine dies]")
        await talk.until_told(Failed)
        assert talk.of(Failed)[0].code == "unavailable"


async def test_an_answer_that_never_comes_is_a_failure(services: SpeechServices) -> None:
    given = Settings.model_validate({"limits": {"first_token_seconds_max": 0.2}})
    async with session(services, "mute", given) as talk:
        talk.channel.answer(M1)
        await talk.until_told(Failed)


async def test_after_closing_nothing_is_told_and_the_service_is_left(services: SpeechServices) -> None:
    async with session(services) as talk:
        talk.channel.answer(M1)
        await talk.until_told(SoundMade)
    told = len(talk.told)
    talk.channel.hear(Frame(pcm24k=bytes(960), pcm16k=bytes(640), end_ms=10))
    talk.channel.end_turn()
    talk.channel.interrupt(M1, 10)
    await talk.until(lambda: talk.call.closed)
    assert len(talk.told) == told


async def test_a_service_that_cannot_be_opened_is_a_fault_and_none_at_all_says_why(services: SpeechServices) -> None:
    given = settings()
    service = OpenAIRealtime(services.url, SecretStr(KEY), "refused")
    channel = RealtimeChannels(given, service, build_activity(given)).channel(lambda told: None)
    with pytest.raises(ProviderFault):
        await channel.open(BRIEFING)
    await channel.aclose()
    await service.aclose()
    none = RealtimeChannels(given, None, build_activity(given))
    assert none.why_not
    with pytest.raises(ProviderFault):
        none.channel(lambda told: None)


async def test_too_much_sound_for_the_service_is_a_failure(services: SpeechServices) -> None:
    async with session(services, given=settings(queue_seconds_max=1)) as talk:
        talk.hear(silence(3_000, rate=24_000))
        assert [type(each) for each in talk.told] == [Failed]

"""Replies that wait for their sound: spoken once, or told as text, whatever happens meanwhile (10.3, 7.6)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from parlour.assistant.entities import LabMessage
from parlour.assistant.facts import LabReplyReady, LabTurnFinished, LabTurnStarted
from parlour.assistant.messages import reading
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.scripted import ScriptedSynthesizer, read_tones
from parlour.speech.engines import SpeechEngines
from parlour.speech.ports import Voice
from parlour.speech.wav import read_wav
from tests.lab.loop_hall import Hall, calls, says
from tests.promises.waiting import eventually

BOUNDARIES_MAX = 40


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    opened.engines = SpeechEngines(synthesizer=ScriptedSynthesizer())
    yield opened
    await opened.close()


class Gate:
    """An engine that speaks when it is let; `speaking` counts whom it keeps waiting."""

    name = "gate"
    rate = 24_000

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.speaking = 0

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        self.speaking += 1
        try:
            await self.open.wait()
        finally:
            self.speaking -= 1
        async for piece in ScriptedSynthesizer().speak(text, voice):
            yield piece

    async def aclose(self) -> None:
        return


class Failing:
    """An engine that fails in one way."""

    name = "failing"
    rate = 24_000

    def __init__(self, pieces: list[bytes], fault: Exception | None = None) -> None:
        self.pieces = pieces
        self.fault = fault
        self.asked = 0

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        self.asked += 1
        for piece in self.pieces:
            yield piece
        if self.fault is not None:
            raise self.fault

    async def aclose(self) -> None:
        return


def heard(hall: Hall, message: LabMessage) -> str:
    """What a spoken reply says."""
    assert message.speech is not None, message
    assert message.speech.endswith(f"/reply-{message.id}.wav")
    said = hall.bytes_of(message.speech)
    assert (said[:4], said[8:16], message.files[message.speech]) == (b"RIFF", b"WAVEfmt ", len(said))
    wav = read_wav(said, 600)
    assert wav.rate == 16_000
    return " ".join(word.text for word in read_tones(wav.sound))


async def question(hall: Hall) -> LabMessage:
    """The message of the open question."""
    asked = await hall.question()
    assert asked is not None
    found = await hall.database.read(lambda tx: reading.message_of(tx, hall.ada, asked.message_id or ""))
    assert found is not None
    return found


@pytest.mark.lab("G2")
async def test_a_final_and_a_question_are_spoken(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "740 ohm"})), says("I **wrote** it down, see https://lab.example."))
    said = await hall.say("Write it down", reply_in_speech=True)
    asked = await question(hall)
    assert asked.error is None
    words = heard(hall, asked)
    assert "Write it down" in words
    assert "740 ohm" in words
    assert (await hall.asked(), await hall.state()) == ("authorize", "WAITING")
    await hall.say("yes", inner=True, reply_in_speech=True)
    final = await hall.final(said.turn_id)
    assert (final.error, final.extra_info) == (None, None)
    assert heard(hall, final).startswith("I wrote it down")
    assert "https" not in heard(hall, final)
    assert await hall.effects() == ["740 ohm"]
    assert final.speech != asked.speech
    steps = [(step.kind, step.outcome) for step in await hall.steps(said.turn_id)]
    assert steps.count(("speech", "ok")) == 2
    assert steps[-1] == ("speech", "ok")


@pytest.mark.lab("G6")
async def test_the_latest_message_of_the_turn_decides_the_form(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "one"})), says("Done."))
    said = await hall.say("Write it down")
    assert (await question(hall)).speech is None
    await hall.tell("Another one", reply_in_speech=False)
    queued = await hall.tell("And another", reply_in_speech=True)
    await hall.say("yes", inner=True, reply_in_speech=True)
    assert heard(hall, await hall.final(said.turn_id)) == "Done."
    await hall.say("no", inner=True, reply_in_speech=False)
    await hall.say("no", inner=True, reply_in_speech=False)
    assert (await hall.final(queued.turn_id)).speech is None


@pytest.mark.lab("G7")
async def test_a_long_answer_is_cut_and_stands_whole_beside_it(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"speech_out_chars_max": 60})
    text = "The first sentence is here. The second one is longer than the first. The third is not said."
    hall.model.play(says(text))
    final = await hall.final((await hall.say("Tell me", reply_in_speech=True)).turn_id)
    assert (final.text, final.extra_info, final.error) == (text, text, None)
    spoken = heard(hall, final)
    assert text.startswith(spoken)
    assert 20 < len(spoken) <= 60


@pytest.mark.lab("G4")
@pytest.mark.parametrize(
    ("engine", "times"),
    [
        (None, 0),
        (Failing([]), 2),
        (Failing([], ProviderFault("no", retryable=False)), 1),
        (Failing([bytes(100)], ProviderFault("perhaps", retryable=True)), 2),
    ],
    ids=["missing", "silent", "broken", "flaky"],
)
async def test_without_sound_the_text_comes_with_an_error(hall: Hall, engine: Failing | None, times: int) -> None:
    hall.engines = SpeechEngines(synthesizer=engine)
    asked = engine.asked if engine else 0
    hall.model.play(says("你好。"))
    final = await hall.final((await hall.say("你好", reply_in_speech=True)).turn_id)
    assert (final.text, final.speech, dict(final.files)) == ("你好。", None, {})
    assert (final.error or "").startswith("speech_unavailable: 此")
    assert (engine.asked if engine else 0) - asked == times
    assert await hall.state() == "IDLE"


@pytest.mark.lab("G4")
async def test_without_room_for_the_file_the_text_comes_with_an_error(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"quota_bytes": 10})
    hall.model.play(says("Hello."))
    final = await hall.final((await hall.say("Hi", reply_in_speech=True)).turn_id)
    assert (final.speech, (final.error or "").partition(":")[0]) == (None, "speech_unavailable")


@pytest.mark.lab("B6")
async def test_nothing_overtakes_a_reply_that_is_being_spoken(hall: Hall) -> None:
    gate = Gate()
    hall.engines = SpeechEngines(synthesizer=gate)
    hall.model.play(says("An answer."))
    first = await hall.tell("One", reply_in_speech=True)
    second = await hall.tell("Two")
    working = asyncio.create_task(hall.run())
    await eventually(lambda: gate.speaking == 1)
    assert (await hall.state(), (await hall.turn(second.turn_id)).state) == ("RUNNING", "queued")
    said = await hall.said_in(first.turn_id)
    assert [message.kind for message in said] == ["text"]
    gate.open.set()
    await working
    one, two = await hall.final(first.turn_id), await hall.final(second.turn_id)
    assert one.ordinal < two.ordinal
    order = [fact for fact in await hall.facts() if isinstance(fact, LabReplyReady | LabTurnFinished | LabTurnStarted)]
    assert [type(fact).__name__ for fact in order] == ["LabTurnStarted", "LabReplyReady", "LabTurnFinished"] * 2
    assert heard(hall, one) == "An answer."


@pytest.mark.lab("X5")
async def test_a_cancelled_reply_is_not_spoken_and_the_text_stays(hall: Hall) -> None:
    gate = Gate()
    hall.engines = SpeechEngines(synthesizer=gate)
    hall.model.play(says("An answer that is long."))
    said = await hall.tell("One", reply_in_speech=True)
    working = asyncio.create_task(hall.run())
    await eventually(lambda: gate.speaking == 1)
    await hall.cancel()
    await eventually(lambda: gate.speaking == 0)
    await working
    final = await hall.final(said.turn_id)
    assert "An answer that is long." in final.text
    assert (final.speech, final.error, await hall.state()) == (None, None, "IDLE")
    assert await hall.streamed(final) == final.text
    told = [fact for fact in await hall.facts() if isinstance(fact, LabReplyReady)]
    assert len(told) == 1
    steps = {step.kind: step.outcome for step in await hall.steps(said.turn_id)}
    assert steps["speech"] == "stopped"
    following = await hall.say("Two")
    assert (await hall.final(following.turn_id)).text == "An answer that is long."


@pytest.mark.lab("X1", "D4", "G2")
@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_commit_a_reply_is_told_once(hall: Hall, *, after: bool) -> None:
    deaths = 0
    for at in range(1, BOUNDARIES_MAX):
        hall.model.play(calls(("write_down", {"text": f"entry {at}"})), says("It is done."))
        hall.mortal.left, hall.mortal.after = at, after
        said = await hall.tell("Write it down", reply_in_speech=True)
        await hall.run()
        asked = await question(hall)
        assert f"entry {at}" in heard(hall, asked)
        await hall.tell("yes", inner=True, reply_in_speech=True)
        await hall.run()
        died = hall.mortal.spared() is None
        final = await hall.final(said.turn_id)
        assert await hall.state() == "IDLE"
        if final.error is None:
            assert (final.text, heard(hall, final)) == ("It is done.", "It is done.")
        messages = await hall.said_in(said.turn_id)
        assert [message.kind for message in messages] == ["text", "question", "text", "final"]
        assert len(await hall.effects()) == at
        deaths += died
        if not died:
            break
    assert deaths >= 8


@pytest.mark.lab("E5", "G4")
async def test_what_went_wrong_is_said_aloud_too_and_stays_the_error(hall: Hall) -> None:
    hall.model.play([ProviderFault("gone", retryable=False)])
    final = await hall.final((await hall.say("Hello", reply_in_speech=True)).turn_id)
    assert ((final.error or "").partition(":")[0], heard(hall, final)) == ("model_unavailable", final.text)
    hall.engines = SpeechEngines()
    final = await hall.final((await hall.say("Hello", reply_in_speech=True)).turn_id)
    assert ((final.error or "").partition(":")[0], final.speech) == ("model_unavailable", None)

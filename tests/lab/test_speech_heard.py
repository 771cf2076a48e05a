"""Recordings become words before anything else happens, or are told to have none (10.2, 6.4)."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Accepted, Attachment, GivenFlags, Said
from parlour.assistant.entities import LabMessage
from parlour.assistant.facts import LabMessageUpdated
from parlour.assistant.messages import reading
from parlour.files.entities import Received
from parlour.files.intake import Intake
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.scripted import ScriptedSynthesizer, ScriptedTranscriber, silence, tone
from parlour.speech.engines import SpeechEngines
from parlour.speech.ports import Recognition, Transcript
from parlour.speech.wav import wav_bytes
from parlour.storage.blobs.folder import FolderBlobs
from tests.lab.loop_hall import Hall, calls, says
from tests.promises.waiting import eventually

BOUNDARIES_MAX = 40


@dataclass
class Listener:
    """An engine that does what it is told to, and counts what it is asked."""

    name: str = "listener"
    faults: list[Exception] = field(default_factory=list)
    open: asyncio.Event | None = None
    asked: int = 0
    waiting: int = 0
    languages: list[str | None] = field(default_factory=list)

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> Recognition:
        self.asked += 1
        self.languages.append(language)
        return _Listening(self, ScriptedTranscriber().begin(language=language))

    async def aclose(self) -> None:
        return


class _Listening:
    def __init__(self, listener: Listener, inner: Recognition) -> None:
        self._listener = listener
        self._inner = inner

    async def feed(self, sound: bytes) -> None:
        if self._listener.faults:
            raise self._listener.faults.pop(0)
        await self._inner.feed(sound)

    def interim(self) -> str:
        return self._inner.interim()

    async def finish(self) -> Transcript:
        if self._listener.open is not None:
            self._listener.waiting += 1
            try:
                await self._listener.open.wait()
            finally:
                self._listener.waiting -= 1
        return await self._inner.finish()

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    opened = await Hall(store_url).open()
    opened.engines = SpeechEngines(transcriber=ScriptedTranscriber(), synthesizer=ScriptedSynthesizer())
    yield opened
    await opened.close()


def noise(seconds: float = 1.0, loud: int = 1_500) -> bytes:
    """Sound in which nobody speaks."""
    dice = random.Random(7)
    count = round(16_000 * seconds)
    return struct.pack(f"<{count}h", *(dice.randint(-loud, loud) for _ in range(count)))


async def record(hall: Hall, content: bytes, *, inner: bool = False, speak: bool | None = False) -> Accepted:
    """Send a recording; nothing is done about it yet."""
    folder = Path(hall.folder.name)
    intake = Intake(folder / "incoming", FolderBlobs(folder), 50_000_000)
    received: Received = await intake.keep_bytes("speech.wav", content)
    said = Said(
        account_id=hall.ada,
        author_id=hall.ada,
        route="inner_chat_speech" if inner else "chat_speech",
        kind="speech",
        inner=inner,
        flags=GivenFlags(reply_in_speech=speak),
        attachment=Attachment(name="speech.wav", received=received),
    )
    return await hall.database.write(lambda tx: accept(tx, said, hall.limits))


def spoken(text: str, **options: object) -> bytes:
    """A WAV file in which somebody says this."""
    return wav_bytes(silence(200) + tone(text, **options) + silence(200), 16_000)  # type: ignore[arg-type]


async def message(hall: Hall, accepted: Accepted) -> LabMessage:
    found = await hall.database.read(lambda tx: reading.message(tx, accepted.message_id))
    assert found is not None
    return found


@pytest.mark.lab("G1")
async def test_the_words_become_the_text_of_the_message_and_reach_the_model(hall: Hall) -> None:
    hall.model.play(says("It is 740 ohm."))
    sent = await record(hall, spoken("What is the contact resistance? 接触电阻"))
    assert (await message(hall, sent)).text == ""
    await hall.run()
    said = await message(hall, sent)
    assert (said.text, said.kind, said.language) == ("What is the contact resistance? 接触电阻", "speech", "zh")
    assert said.speech is not None
    assert said.speech in said.files
    assert hall.model.requests[0].messages[-1].content == said.text
    final = await hall.final(sent.turn_id)
    assert (final.text, final.error) == ("It is 740 ohm.", None)
    told = [fact.message for fact in await hall.facts() if isinstance(fact, LabMessageUpdated)]
    assert [(each.id, each.text) for each in told] == [(said.id, said.text)]
    steps = await hall.steps(sent.turn_id)
    assert (steps[0].kind, steps[0].title, steps[0].outcome) == ("speech", "聆听", "ok")
    assert steps[1].kind == "think"


@pytest.mark.lab("G3")
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (wav_bytes(silence(1_000), 16_000), "speech_not_recognised"),
        (wav_bytes(noise(), 16_000), "speech_not_recognised"),
        (wav_bytes(b"", 16_000), "speech_not_recognised"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x99\x99", "file_unreadable"),
        (spoken("Hello [engine dies] you"), "speech_recognition_unavailable"),
    ],
    ids=["silence", "noise", "empty", "broken", "engine fault"],
)
async def test_without_words_the_model_is_not_asked(hall: Hall, content: bytes, code: str) -> None:
    sent = await record(hall, content, speak=None)
    await hall.run()
    final = await hall.final(sent.turn_id)
    assert ((final.error or "").partition(":")[0], final.speech) == (code, None)
    assert final.text
    assert (hall.model.requests, await hall.state()) == ([], "IDLE")
    assert (await message(hall, sent)).text == ""
    assert [step.outcome for step in await hall.steps(sent.turn_id)] == [code]


@pytest.mark.lab("G3")
async def test_without_a_recogniser_the_model_is_not_asked(hall: Hall) -> None:
    hall.engines = SpeechEngines()
    sent = await record(hall, spoken("Hello"))
    await hall.run()
    final = await hall.final(sent.turn_id)
    assert (final.error or "").partition(":")[0] == "speech_recognition_unavailable"
    assert hall.model.requests == []


async def test_an_engine_that_fails_for_a_moment_is_asked_again(hall: Hall) -> None:
    engine = Listener(faults=[ProviderFault("a moment", retryable=True)])
    hall.engines = SpeechEngines(transcriber=engine)
    hall.model.play(says("Good."))
    sent = await record(hall, spoken("Hello there"))
    await hall.run()
    assert (await hall.final(sent.turn_id)).text == "Good."
    assert engine.asked == 2


@pytest.mark.lab("G5", "D2")
@pytest.mark.parametrize(
    ("words", "confidence", "done"),
    [("Yes, go ahead", 1.0, True), ("好的", 0.9, True), ("yes", 0.5, False), ("no", 1.0, False), ("maybe", 1.0, False)],
)
async def test_a_spoken_answer_approves_only_with_a_clear_yes(
    hall: Hall, words: str, confidence: float, done: bool
) -> None:
    hall.model.play(calls(("write_down", {"text": "740 ohm"})), says("That is all."))
    said = await hall.say("Write it down")
    assert await hall.asked() == "authorize"
    sent = await record(hall, spoken(words, confidence=confidence), inner=True)
    assert (sent.effect, await hall.state()) == ("answering", "RUNNING")
    await hall.run()
    assert (await message(hall, sent)).text == words
    assert await hall.effects() == (["740 ohm"] if done else [])
    assert (await hall.final(said.turn_id)).text == "That is all."


@pytest.mark.lab("G5", "G3")
async def test_noise_leaves_the_question_open_and_says_so(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "740 ohm"})), says("That is all."))
    said = await hall.say("Write it down")
    asked = await hall.question()
    assert asked is not None
    await record(hall, wav_bytes(noise(), 16_000), inner=True)
    await hall.run()
    again = await hall.question()
    assert again is not None
    assert (again.id, again.state, again.answer_error) == (asked.id, "open", "speech_not_recognised")
    carrying = await hall.database.read(lambda tx: reading.message_of(tx, hall.ada, asked.message_id or ""))
    assert carrying is not None
    assert (carrying.error or "").startswith("speech_not_recognised: ")
    assert (await hall.effects(), await hall.state()) == ([], "WAITING")
    await record(hall, spoken("yes"), inner=True)
    await hall.run()
    assert await hall.effects() == ["740 ohm"]
    steps = [(step.kind, step.outcome) for step in await hall.steps(said.turn_id)]
    assert ("speech", "speech_not_recognised") in steps
    assert ("speech", "ok") in steps


async def test_a_spoken_answer_that_another_overtakes_is_kept_and_starts_nothing(hall: Hall) -> None:
    engine = Listener(open=asyncio.Event())
    hall.engines = SpeechEngines(transcriber=engine)
    hall.model.play(calls(("write_down", {"text": "740 ohm"})), says("That is all."))
    said = await hall.say("Write it down")
    asked = await hall.question()
    assert asked is not None
    spoke = await record(hall, spoken("yes"), inner=True)
    working = asyncio.create_task(hall.run())
    await eventually(lambda: engine.waiting == 1)
    no = Said(
        account_id=hall.ada,
        author_id=hall.ada,
        route="chat_text",
        kind="text",
        inner=True,
        text="no",
        question_id=asked.id,
    )
    assert (await hall.database.write(lambda tx: accept(tx, no, hall.limits))).effect == "answered"
    assert engine.open is not None
    engine.open.set()
    await working
    await hall.run()
    assert (await message(hall, spoke)).text == "yes"
    assert await hall.effects() == []
    assert (await hall.final(said.turn_id)).text == "That is all."
    assert await hall.state() == "IDLE"


async def test_a_cancelled_turn_is_listened_to_no_longer(hall: Hall) -> None:
    engine = Listener(open=asyncio.Event())
    hall.engines = SpeechEngines(transcriber=engine)
    sent = await record(hall, spoken("Hello"))
    working = asyncio.create_task(hall.run())
    await eventually(lambda: engine.waiting == 1)
    await hall.cancel()
    await eventually(lambda: engine.waiting == 0)
    await working
    assert (await hall.final(sent.turn_id)).error is None
    assert (hall.model.requests, await hall.state()) == ([], "IDLE")
    left = await hall.database.read(lambda tx: tx.all("SELECT id FROM jobs WHERE kind LIKE 'assistant.%'"))
    assert left == []


async def test_of_a_long_recording_the_beginning_is_heard_and_the_reply_says_so(hall: Hall) -> None:
    hall.limits = hall.limits.model_copy(update={"speech_seconds_max": 2})
    hall.model.play(calls(("write_down", {"text": "740 ohm"})), says("It is done."), says("It is done."))
    long = wav_bytes(tone("Write it down") + silence(4_000) + tone("and burn it"), 16_000)
    sent = await record(hall, long)
    await hall.run()
    assert (await message(hall, sent)).text == "Write it down"
    asked = await hall.question()
    assert asked is not None
    note = "I listened only to the first 2 seconds of your recording."
    assert asked.body.text.startswith(note)
    await hall.say("yes", inner=True)
    assert (await hall.final(sent.turn_id)).text == "It is done."
    hall.model.play(says("An answer."))
    sent = await record(hall, long)
    await hall.run()
    assert (await hall.final(sent.turn_id)).text == f"{note}\n\nAn answer."


async def test_a_queued_recording_is_heard_when_its_turn_begins(hall: Hall) -> None:
    hall.model.play(calls(("write_down", {"text": "one"})), says("Done."))
    await hall.say("Write it down")
    queued = [await hall.tell("plain, please"), await record(hall, spoken("yes"))]
    assert [each.effect for each in queued] == ["queued", "queued"]
    await hall.run()
    assert (await message(hall, queued[1])).text == ""
    hall.model.play(says("Done."))
    await hall.say("no", inner=True)
    assert (await message(hall, queued[1])).text == "yes"
    assert await hall.effects() == []


@pytest.mark.lab("X1", "G5")
@pytest.mark.parametrize("after", [False, True])
async def test_dying_at_any_commit_what_was_said_counts_once(hall: Hall, *, after: bool) -> None:
    deaths = 0
    for at in range(1, BOUNDARIES_MAX):
        hall.model.play(calls(("write_down", {"text": f"entry {at}"})), says("It is done."))
        hall.mortal.left, hall.mortal.after = at, after
        sent = await record(hall, spoken("Write it down"))
        await hall.run()
        assert await hall.asked() == "authorize"
        await record(hall, spoken("yes please"), inner=True)
        await hall.run()
        died = hall.mortal.spared() is None
        assert (await hall.final(sent.turn_id)).text == "It is done."
        assert (await hall.state(), len(await hall.effects())) == ("IDLE", at)
        said = await hall.said_in(sent.turn_id)
        assert [each.text for each in said if each.role == "person"] == ["Write it down", "yes please"]
        deaths += died
        if not died:
            break
    assert deaths >= 6

"""Voice sessions over a realtime service (Glow 6.8.3): the real desk on a real store, a local service that speaks the
protocol of OpenAI's. What clients and the record see is what they see of the local chain."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.voice.holders import SOUND_RATE
from parlour.providers.speech.scripted import tone
from tests.harness.realtime_service import Call
from tests.harness.speech_services import KEY, SpeechServices, running_speech_services
from tests.unit.voice_hall import Hall, eventually, joined, open_voice, quiet

LONG = " ".join(f"word{n}" for n in range(60))
SHORT = " ".join(f"word{n}" for n in range(12))


@pytest.fixture(scope="module")
def services() -> Iterator[SpeechServices]:
    with running_speech_services() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_prepared(services: SpeechServices) -> None:
    services.answers.clear()


class Talk:
    """A chat with a voice, and the service that is behind it."""

    def __init__(self, hall: Hall, services: SpeechServices) -> None:
        self.hall = hall
        self._services = services

    @property
    def call(self) -> Call:
        return self._services.calls[-1]


@asynccontextmanager
async def talking(
    sqlite_store_url: str, folder: Path, services: SpeechServices, model: str = "gpt-realtime", **voice: Any
) -> AsyncGenerator[Talk]:
    """A chat whose voice is that of the realtime service."""
    provider = {"name": "cloud", "base_url": services.url, "api_key": KEY}
    given: dict[str, Any] = {"path": "realtime", "realtime_provider": "cloud", "realtime_model": model, **voice}
    async with open_voice(sqlite_store_url, folder, providers=[provider], **given) as hall:
        yield Talk(hall, services)


@pytest.mark.case(92)
@pytest.mark.parametrize("model", ["gpt-realtime", "beta"])
async def test_what_is_said_is_understood_and_answered_aloud_by_the_service(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices, model: str
) -> None:
    async with talking(sqlite_store_url, tmp_path, services, model) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.speak("What have you tried?")
        [completed] = await hall.told("ReplyCompleted")
        kinds = await hall.kinds()
        assert [kind for kind in kinds if kind != "SpeechHeard"] == [
            "VoiceTaken",
            "SpeechStarted",
            "LearnerMessageAdded",
            "ReplyStarted",
            "TextAdded",
            "ReplyWritten",
            "ReplySpoken",
            "HintsAdded",
            "ReplyCompleted",
        ]
        assert completed.status == "complete"
        assert completed.content == client.heard() == "You said: What have you tried?"
        query, reply = await hall.messages()
        [utterance] = await hall.utterances()
        assert (query.content, query.item_id, query.id) == ("What have you tried?", utterance.id, utterance.message_id)
        assert (utterance.state, utterance.engine) == ("said", f"openai-realtime:{model}")
        assert utterance.upload_id is not None
        [heard] = await hall.ledger()
        assert (heard.message_id, heard.state, heard.text) == (reply.id, "complete", reply.content)
        assert heard.heard_characters == len(reply.content)
        assert [request for request in hall.model.asked if request.task == "reply"] == []
        assert [(item.role, item.text) for item in talk.call.items] == [
            ("user", "What have you tried?"),
            ("assistant", "You said: What have you tried?"),
        ]
        assert str(talk.call.session["instructions"])


@pytest.mark.case(92)
async def test_a_typed_message_is_answered_aloud_by_the_service(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices
) -> None:
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.type("Let me type this.")
        [completed] = await hall.told("ReplyCompleted")
        assert completed.content == client.heard() == "You said: Let me type this."
        await hall.speak("And now I speak.")
        await hall.told("ReplyCompleted", 2)
        assert [message.content for message in await hall.messages()] == [
            "Let me type this.",
            "You said: Let me type this.",
            "And now I speak.",
            "You said: And now I speak.",
        ]


@pytest.mark.case(92)
async def test_an_interruption_leaves_what_was_heard_here_and_at_the_service(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices
) -> None:
    services.answers[:] = [LONG, "Of course."]
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.speak("Tell me all of it.")
        await eventually(lambda: len(client.sounds) > 8)
        await hall.speak("Wait, I have a question about that.")
        first, _ = await hall.told("ReplyCompleted", 2)
        assert first.status == "stopped"
        assert first.content
        assert LONG.startswith(first.content)
        assert first.content != LONG
        facts = await hall.facts()
        assert joined(facts, first.message_id) == first.content
        kinds = [type(fact).__name__ for fact in facts]
        place = kinds.index("ReplyStopped")
        assert kinds[place - 1 : place + 2] == ["ReplyCompleted", "ReplyStopped", "SpeechStarted"]
        cut, after = await hall.ledger()
        assert (cut.state, after.state) == ("interrupted", "complete")
        item = next(item for item in talk.call.items if item.text.startswith("word0"))
        assert item.heard_ms is not None
        assert abs(item.heard_ms - cut.heard_ms) <= 500
        assert talk.call.responses[0] in ("cancelled", "completed")


async def test_a_cough_interrupts_nothing(sqlite_store_url: str, tmp_path: Path, services: SpeechServices) -> None:
    services.answers[:] = [SHORT]
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.speak("Tell me all of it.")
        await eventually(lambda: len(client.sounds) > 4)
        hall.hear(tone("a", rate=SOUND_RATE)[: SOUND_RATE // 10 * 2] + quiet(2_000))
        [completed] = await hall.told("ReplyCompleted")
        assert (completed.status, completed.content) == ("complete", SHORT)
        assert client.heard() == SHORT
        assert len(await hall.utterances()) == 1
        assert [item.role for item in talk.call.items] == ["user", "assistant"]


async def test_muting_ends_a_turn(sqlite_store_url: str, tmp_path: Path, services: SpeechServices) -> None:
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        await hall.open()
        hall.hear(quiet(200) + tone("Push to talk", rate=SOUND_RATE))
        await hall.told("SpeechStarted")
        hall.desk.mute("c1", hall.chat_id, True)
        [added] = await hall.told("LearnerMessageAdded")
        assert added.content == "Push to talk"
        [completed] = await hall.told("ReplyCompleted")
        assert completed.content == "You said: Push to talk"


async def test_what_was_said_before_the_end_is_still_said(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices
) -> None:
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        client = await hall.open()
        hall.hear(quiet(200) + tone("My last words", rate=SOUND_RATE))
        await hall.told("SpeechStarted")
        assert await hall.desk.close("c1", hall.chat_id)
        [added] = await hall.told("LearnerMessageAdded")
        assert added.content == "My last words"
        await eventually(lambda: ("ended", "stopped") in client.calls)
        [completed] = await hall.told("ReplyCompleted")
        assert completed.content == hall.model.reply
        await eventually(lambda: talk.call.closed)


@pytest.mark.case(92)
@pytest.mark.parametrize("model", ["refuses", "garbled"])
async def test_an_answer_that_the_service_does_not_give_is_given_by_the_model(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices, model: str
) -> None:
    async with talking(sqlite_store_url, tmp_path, services, model) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.speak("Is anybody there?")
        await eventually(lambda: ("ended", "failed") in client.calls)
        assert client.calls[1:] == [("failed", "unavailable"), ("ended", "failed")]
        [completed] = await hall.told("ReplyCompleted")
        assert completed.content == hall.model.reply
        assert joined(await hall.facts(), completed.message_id) == hall.model.reply


async def test_a_service_that_breaks_off_in_mid_speech_ends_the_session_but_not_the_chat(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices
) -> None:
    async with talking(sqlite_store_url, tmp_path, services) as talk:
        hall = talk.hall
        client = await hall.open()
        await hall.speak("Now the [engine dies]")
        await eventually(lambda: ("ended", "failed") in client.calls)
        [utterance] = await hall.utterances()
        assert utterance.state == "failed"
        assert utterance.upload_id is not None
        await hall.type("Still here?")
        [completed] = await hall.told("ReplyCompleted")
        assert completed.content == hall.model.reply


@pytest.mark.parametrize(("model", "code"), [("never-opens", "audio_timeout"), ("refused", "unavailable")])
async def test_a_service_that_does_not_open_is_told(
    sqlite_store_url: str, tmp_path: Path, services: SpeechServices, model: str, code: str
) -> None:
    async with talking(sqlite_store_url, tmp_path, services, model, open_seconds_max=1) as talk:
        hall = talk.hall
        client = hall.client()
        await hall.desk.open(hall.actor, hall.chat_id, client)
        await eventually(lambda: client.calls)
        assert client.calls == [("failed", code)]

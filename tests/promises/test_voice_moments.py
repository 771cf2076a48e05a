"""P9 of voice: two things at the same moment, each pair that was found to matter."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from parlour.attempts.voice import acts
from parlour.attempts.voice.holders import SOUND_RATE, ReplySound
from parlour.conversations.spoken import sessions
from parlour.kernel.refusals import Refusal
from parlour.providers.speech.scripted import tone
from tests.promises.voice_record import unsettled, wrongs
from tests.unit.voice_hall import GUARD_SECONDS, Client, Hall, eventually, open_voice, quiet

LATE = 9
LONG = " ".join(f"This is sentence number {number} of a long answer." for number in range(1, 30))


@pytest.fixture
async def hall(store_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_voice(store_url, tmp_path) as opened:
        yield opened


def running() -> list[str]:
    """The voice sessions of this process."""
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "voice-session"]


async def fine(hall: Hall) -> None:
    """Everything has ended, and as it should."""
    chat_id = hall.chat_id
    async with asyncio.timeout(GUARD_SECONDS):
        while await hall.read(lambda tx: unsettled(tx, chat_id)):  # noqa: ASYNC110 (the store)
            await asyncio.sleep(0.02)
    assert await hall.read(lambda tx: wrongs(tx, chat_id)) == []


async def steps(count: int) -> None:
    """So many turns of the loop."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.promise("P9")
async def test_who_disconnects_while_a_session_is_opened_leaves_none(hall: Hall) -> None:
    for after in (1, 2, 4, 8, 16):
        client = hall.client()
        opening = asyncio.create_task(hall.desk.open(hall.actor, hall.chat_id, client))
        await steps(after)
        hall.desk.left("c1")
        await asyncio.gather(opening, return_exceptions=True)
        await eventually(lambda: not running())
        assert not hall.desk.holds("c1", hall.chat_id)
        assert [each for each in client.calls if each[0] == "ended"] == [], after
        await eventually_no_row(hall)


async def eventually_no_row(hall: Hall) -> None:
    """No session has the voice of the chat."""
    async with asyncio.timeout(GUARD_SECONDS):
        while await hall.read(lambda tx: sessions.live(tx, hall.chat_id)):  # noqa: ASYNC110 (the store)
            await asyncio.sleep(0.02)


@pytest.mark.promise("P9")
async def test_a_start_that_is_sent_twice_at_once_is_one_session(hall: Hall) -> None:
    client = hall.client()
    found = await asyncio.gather(*(hall.desk.open(hall.actor, hall.chat_id, client) for _ in range(5)))
    assert len({each.run_id for each in found}) == 1
    await eventually(lambda: client.calls)
    await hall.speak("What have you tried?")
    await hall.told("ReplyCompleted")
    assert {each[0] for each in client.calls} == {"ready"}
    await hall.desk.close("c1", hall.chat_id)
    await eventually(lambda: not running())
    assert [each for each in client.calls if each[0] == "ended"] == [("ended", "stopped")]
    await fine(hall)


@pytest.mark.promise("P9")
async def test_a_start_during_the_stop_of_a_server_leaves_nothing(store_url: str, tmp_path: Path) -> None:
    async with open_voice(store_url, tmp_path) as hall:
        clients = [hall.client(f"c{number}") for number in range(4)]
        openings = [asyncio.create_task(hall.desk.open(hall.actor, hall.chat_id, client)) for client in clients]
        await steps(3)
        await hall.desk.stop()
        found = await asyncio.gather(*openings, return_exceptions=True)
        assert all(isinstance(each, Refusal) or not isinstance(each, BaseException) for each in found), found
        await eventually(lambda: not running())
        await eventually_no_row(hall)


@pytest.mark.promise("P9")
async def test_an_interruption_that_comes_in_one_piece_is_one(hall: Hall) -> None:
    hall.model.reply = LONG
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: client.sounds)
    hall.desk.hear("c1", hall.chat_id, quiet(60) + tone("No, stop that", rate=SOUND_RATE) + quiet(1_200), None)
    async with asyncio.timeout(GUARD_SECONDS):
        while len([each for each in await hall.messages() if each.type == "query"]) < 2:  # noqa: ASYNC110 (the store)
            await asyncio.sleep(0.02)
    assert [each.content for each in await hall.messages() if each.item_id][1] == "No, stop that"
    await hall.desk.close("c1", hall.chat_id)
    await hall.stop_reply()
    await fine(hall)


@pytest.mark.promise("P9")
async def test_push_to_talk_let_go_and_pressed_at_once_loses_no_word(hall: Hall) -> None:
    await hall.open()
    hall.hear(quiet(200) + tone("This is the first thing", rate=SOUND_RATE))
    hall.desk.mute("c1", hall.chat_id, True)
    hall.desk.mute("c1", hall.chat_id, False)
    hall.hear(quiet(100) + tone("and this the second", rate=SOUND_RATE) + quiet(1_500))
    async with asyncio.timeout(GUARD_SECONDS):
        while len(said := [each.content for each in await hall.messages() if each.item_id]) < 2:  # noqa: ASYNC110 (the store)
            await asyncio.sleep(0.02)
    assert said == ["This is the first thing", "and this the second"]
    await fine(hall)


@pytest.mark.promise("P9")
async def test_a_store_that_fails_at_the_end_of_a_session_loses_no_word(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = await hall.open()
    hall.hear(quiet(200) + tone("This was said", rate=SOUND_RATE))
    await hall.told("SpeechStarted")

    def fails(*_: object) -> None:
        raise OSError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(acts, "leave", fails)
        await hall.desk.close("c1", hall.chat_id)
        await eventually(lambda: not running())
    assert client.calls[-1] == ("ended", "stopped")
    [utterance] = await hall.utterances()
    assert utterance.state in ("speaking", "recognising")
    caplog.clear()
    recovered = acts.RecoverSpeech(utterance_id=utterance.id, alone=True)
    await hall.do(lambda tx: sessions.leave(tx, utterance.session_id, hall.chat_id))
    await hall.do(lambda tx: tx.enqueue(acts.RECOVER, recovered))
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == "This was said"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    await fine(hall)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("what", ["stop", "end", "left", "stop_reply", "type", "takeover"])
async def test_the_moment_an_answer_ends(hall: Hall, what: str) -> None:
    hall.model.reply = "Yes. No. Perhaps."
    doing: list[asyncio.Task[object]] = []

    async def now() -> None:
        match what:
            case "stop":
                await hall.desk.close("c1", hall.chat_id)
            case "end":
                await hall.end_chat()
            case "left":
                hall.desk.left("c1")
            case "stop_reply":
                await hall.stop_reply()
            case "type":
                with contextlib.suppress(Refusal):
                    await hall.type("More, please.")
            case _:
                await hall.desk.open(hall.actor, hall.chat_id, hall.client("c2"))

    client = _Counting(hall.actor.account_id)
    client.begin = lambda: doing.append(asyncio.create_task(now()))
    await hall.desk.open(hall.actor, hall.chat_id, client)
    await eventually(lambda: client.calls)
    await hall.speak("Tell me everything.")
    await eventually(lambda: doing)
    await asyncio.gather(*doing)
    await fine(hall)


class _Counting(Client):
    """A connection that does something when the sound is almost over."""

    begin: Callable[[], object]

    def audio(self, sound: ReplySound) -> bool:
        taken = super().audio(sound)
        if len(self.sounds) == LATE:
            self.begin()
        return taken

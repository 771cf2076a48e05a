"""Push to talk that holds the turn (Glow 8.2, `hold`): the real desk on a real store, by engines here and a service."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.voice.ears import Ears
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.providers.speech.scripted import tone
from tests.harness.speech_services import KEY, running_speech_services
from tests.unit.voice_hall import Hall, eventually, open_voice, quiet

THOUGHT = quiet(200) + tone("Let me think.", rate=SOUND_RATE) + quiet(2_500) + tone("Paris.", rate=SOUND_RATE)
WORDS = "Let me think. Paris."


@pytest.fixture
async def hall(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_voice(sqlite_store_url, tmp_path) as opened:
        yield opened


def press(hall: Hall) -> None:
    assert hall.desk.mute("c1", hall.chat_id, False, hold=True)


def let_go(hall: Hall) -> None:
    assert hall.desk.mute("c1", hall.chat_id, True)


async def heard_so_far(hall: Hall, words: str) -> None:
    """Wait until the room was told these words."""
    count = 0
    while True:
        told = await hall.told("SpeechHeard", count + 1)
        if told[-1].transcript == words:
            return
        count = len(told)


async def test_who_holds_the_turn_may_think(hall: Hall) -> None:
    await hall.open()
    let_go(hall)
    press(hall)
    hall.hear(THOUGHT + quiet(2_500))
    await heard_so_far(hall, WORDS)
    assert await hall.messages() == []
    let_go(hall)
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == WORDS
    [completed] = await hall.told("ReplyCompleted")
    assert completed.status == "complete"
    [utterance] = await hall.utterances()
    assert utterance.audio_ms > 5_000


async def test_without_holding_it_the_same_is_two_turns(hall: Hall) -> None:
    await hall.open()
    hall.hear(THOUGHT + quiet(1_500))
    first, second = await hall.told("LearnerMessageAdded", 2)
    assert (first.content, second.content) == ("Let me think.", "Paris.")


async def test_each_press_is_a_turn_and_after_the_last_one_a_pause_counts_again(hall: Hall) -> None:
    await hall.open()
    let_go(hall)
    for text in ("One.", "Two."):  # let go and pressed at once: the sound of the first is still to be heard
        press(hall)
        hall.hear(quiet(200) + tone(text, rate=SOUND_RATE) + quiet(2_000) + tone("And.", rate=SOUND_RATE))
        let_go(hall)
    assert hall.desk.mute("c1", hall.chat_id, False)
    await hall.told("LearnerMessageAdded", 2)
    hall.hear(THOUGHT + quiet(1_500))
    said = await hall.told("LearnerMessageAdded", 4)
    assert [each.content for each in said] == ["One. And.", "Two. And.", "Let me think.", "Paris."]


async def test_a_turn_that_is_held_no_longer_ends_by_its_pause(hall: Hall) -> None:
    await hall.open()
    press(hall)
    hall.hear(THOUGHT)
    await heard_so_far(hall, WORDS)
    assert hall.desk.mute("c1", hall.chat_id, False)
    hall.hear(quiet(1_500))
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == WORDS


async def test_a_stop_ends_a_turn_that_is_held(hall: Hall) -> None:
    client = await hall.open()
    press(hall)
    hall.hear(THOUGHT + quiet(2_500))
    await heard_so_far(hall, WORDS)
    assert await hall.desk.close("c1", hall.chat_id)
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == WORDS
    await eventually(lambda: ("ended", "stopped") in client.calls)


async def test_a_connection_that_is_gone_ends_a_turn_that_is_held(hall: Hall) -> None:
    await hall.open()
    press(hall)
    hall.hear(THOUGHT)
    await heard_so_far(hall, WORDS)
    hall.desk.left("c1")
    [said] = await hall.told("LearnerMessageAdded")
    assert said.content == WORDS


async def test_nobody_holds_a_turn_for_ever(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, utterance_seconds_max=4.0) as hall:
        await hall.open()
        press(hall)
        hall.hear(quiet(200) + tone("On and on.", rate=SOUND_RATE) + quiet(5_000))
        [said] = await hall.told("LearnerMessageAdded")
        assert said.content == "On and on."
        hall.hear(quiet(200) + tone("And then nothing comes", rate=SOUND_RATE))
        _, said = await hall.told("LearnerMessageAdded", 2)
        assert said.content == "And then nothing comes"


async def test_a_short_word_and_a_thought_interrupt_if_the_turn_is_held(hall: Hall) -> None:
    hall.model.reply = " ".join(f"This is sentence number {number} of a long answer." for number in range(1, 30))
    client = await hall.open()
    await hall.speak("Tell me everything.")
    await eventually(lambda: len(client.sounds) > 10)
    press(hall)
    hall.hear(tone("O", rate=SOUND_RATE) + quiet(1_500) + tone("please wait a moment", rate=SOUND_RATE))
    [completed, *_] = await hall.told("ReplyCompleted")
    assert completed.status == "stopped"
    let_go(hall)
    _, said = await hall.told("LearnerMessageAdded", 2)
    assert said.content == "O please wait a moment"


async def test_a_realtime_service_hears_pieces_and_the_chat_one_turn(sqlite_store_url: str, tmp_path: Path) -> None:
    with running_speech_services() as services:
        provider = {"name": "cloud", "base_url": services.url, "api_key": KEY}
        voice: dict[str, Any] = {"path": "realtime", "realtime_provider": "cloud", "realtime_model": "gpt-realtime"}
        async with open_voice(sqlite_store_url, tmp_path, providers=[provider], **voice) as hall:
            await hall.open()
            press(hall)
            hall.hear(THOUGHT + quiet(2_500))
            await eventually(lambda: len(services.calls[-1].items) == 2)
            await heard_so_far(hall, WORDS)
            assert await hall.messages() == []
            let_go(hall)
            [said] = await hall.told("LearnerMessageAdded")
            assert said.content == WORDS
            [completed] = await hall.told("ReplyCompleted")
            assert completed.status == "complete"
            assert len(await hall.utterances()) == 1
            assert [item.role for item in services.calls[-1].items] == ["user", "user", "assistant"]


def test_ears_hold_what_was_heard_between_two_commands() -> None:
    ears = Ears(10.0, lambda: None)
    ears.mute(False, hold=True)
    assert ears.held
    ears.hear(bytes(960), None)
    ears.mute(True)
    ears.mute(False)
    ears.hear(bytes(960), None)
    ears.mute(True)
    ears.mute(True)
    ears.mute(False, hold=True)
    ears.hear(bytes(960), None)
    told: list[bool | str] = []
    while (frame := ears.take(rest=True)) is not None or ears.over():
        told.append("over" if frame is None else frame.held)
    assert told == [True, "over", False, "over", True]

"""What bounds a voice session: opening, silence, daily limits, queues; each on the real desk."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.attempts.voice.ears import Ears
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.kernel.refusals import Refusal
from parlour.providers.speech.scripted import ScriptedSynthesizer, ScriptedTranscriber, tone
from parlour.speech.engines import SpeechEngines
from tests.unit.voice_hall import eventually, open_voice, quiet


def engines(model: str) -> SpeechEngines:
    return SpeechEngines(transcriber=ScriptedTranscriber(model), synthesizer=ScriptedSynthesizer())


@pytest.mark.parametrize(("model", "code"), [("never-opens", "audio_timeout"), ("broken", "unavailable")])
async def test_an_engine_that_does_not_open_is_told_once(
    sqlite_store_url: str, tmp_path: Path, model: str, code: str
) -> None:
    async with open_voice(sqlite_store_url, tmp_path, engines=engines(model), open_seconds_max=0.4) as hall:
        client = hall.client()
        await hall.desk.open(hall.actor, hall.chat_id, client)
        await eventually(lambda: client.calls)
        await eventually(lambda: not hall.desk.holds("c1", hall.chat_id))
        assert client.calls == [("failed", code)]
        assert not await hall.desk.close("c1", hall.chat_id)


async def test_a_stop_does_not_wait_for_an_engine_that_never_opens(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, engines=engines("never-opens"), open_seconds_max=120) as hall:
        client = hall.client()
        await hall.desk.open(hall.actor, hall.chat_id, client)
        assert await hall.desk.close("c1", hall.chat_id)
        await eventually(lambda: client.calls)
        assert client.calls == [("ended", "stopped")]


async def test_without_engines_there_is_no_voice(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, engines=SpeechEngines(why_no_in="off", why_no_out="off")) as hall:
        with pytest.raises(Refusal, match="unavailable"):
            await hall.desk.open(hall.actor, hall.chat_id, hall.client())
        with pytest.raises(Refusal, match="not_found"):
            await hall.desk.open(hall.actor, "nowhere", hall.client())


async def test_a_session_in_which_nobody_speaks_ends(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, idle_seconds=0.5) as hall:
        client = await hall.open()
        hall.hear(quiet(2_000))
        await eventually(lambda: len(client.calls) == 2)
        assert client.calls == [("ready",), ("ended", "idle")]


async def test_at_the_daily_limit_nobody_is_heard(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, limit=1) as hall:
        client = await hall.open()
        await hall.speak("The first one.")
        await hall.told("ReplyCompleted")
        await hall.speak("The second one.")
        await eventually(lambda: len(client.calls) == 3)
        assert client.calls == [("ready",), ("failed", "rate_limited"), ("ended", "limit")]
        assert len(await hall.told("SpeechStarted")) == 1
        with pytest.raises(Refusal, match="rate_limited"):
            await hall.desk.open(hall.actor, hall.chat_id, client)


async def test_a_limit_reached_while_somebody_speaks_drops_the_words(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, limit=1) as hall:
        client = await hall.open()
        hall.hear(quiet(200) + tone("Too late", rate=SOUND_RATE))
        await hall.told("SpeechStarted")
        await hall.do(lambda tx: accounts.take_request(tx, hall.actor.account_id, "UTC"))
        hall.hear(quiet(1_500))
        await hall.told("SpeechDropped")
        await eventually(lambda: len(client.calls) == 3)
        assert client.calls == [("ready",), ("failed", "rate_limited"), ("ended", "limit")]
        assert await hall.messages() == []
        assert await hall.read(lambda tx: accounts.requests_today(tx, hall.actor.account_id, "UTC")) == 1


async def test_so_many_sessions_and_no_more(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, sessions_max=1) as hall:
        await hall.open()
        with pytest.raises(Refusal, match="unavailable"):
            await hall.desk.open(hall.actor, hall.chat_id, hall.client("c2"))


async def test_a_speech_without_end_is_cut_into_turns(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, utterance_seconds_max=2.0) as hall:
        await hall.open()
        hall.hear(tone("on and on and on and on and on and on and on and on and on and on and on", rate=SOUND_RATE))
        [first, *_] = await hall.told("LearnerMessageAdded")
        assert first.content.startswith("on and on")


async def test_frames_that_stop_coming_end_a_turn(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path) as hall:
        await hall.open()
        hall.hear(quiet(200) + tone("The line is dead", rate=SOUND_RATE))
        [said] = await hall.told("LearnerMessageAdded")
        assert said.content == "The line is dead"


async def test_sound_beyond_the_queue_is_dropped_and_told_once(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path, queue_seconds_max=1.0) as hall:
        client = await hall.open()
        hall.hear(quiet(5_000))
        hall.hear(quiet(5_000))
        await eventually(lambda: len(client.calls) == 2)
        await hall.speak("Hello.", pause_ms=600)
        await hall.told("LearnerMessageAdded")
        assert client.calls == [("ready",), ("failed", "audio_overrun")]


async def test_a_server_that_stops_keeps_what_was_said(sqlite_store_url: str, tmp_path: Path) -> None:
    async with open_voice(sqlite_store_url, tmp_path) as hall:
        client = await hall.open()
        hall.hear(quiet(200) + tone("Not the end", rate=SOUND_RATE))
        await hall.told("SpeechStarted")
        await hall.desk.stop()
        assert client.calls == [("ready",), ("ended", "shutting_down")]
        [utterance] = await hall.utterances()
        assert utterance.state == "speaking"
        assert (tmp_path / "spool" / f"{utterance.id}.pcm").stat().st_size > 10_000
        with pytest.raises(Refusal, match="shutting_down"):
            await hall.desk.open(hall.actor, hall.chat_id, client)


async def test_ears_keep_the_newest_sound_and_drop_what_was_heard_before() -> None:
    woken: list[Any] = []
    ears = Ears(1.0, lambda: woken.append(None))
    assert ears.hear(bytes(960), 5)
    assert not ears.hear(bytes(960), 5)
    assert not ears.hear(bytes(960), 4)
    assert ears.hear(bytes(256), None)
    for _ in range(100):
        ears.hear(bytes(960), None)
    assert ears.dropped == 52
    frame = ears.take()
    assert frame is not None
    assert len(frame.pcm24k) == 48_000
    assert abs(frame.end_ms - 1000) < 5
    assert ears.take() is None
    assert abs(len(ears.since(frame.end_ms - 100)) - 3_200) < 40
    ears.mute(True)
    assert not ears.hear(bytes(960), None)
    await asyncio.sleep(0)

"""Every setting of speech and of voice has its effect: those that no other test changes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.voice.channels import Briefing, Frame, SpeechBegan, SpeechEnded, Told, WordsHeard
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.attempts.voice.local import LocalChannel, LocalChannels
from parlour.attempts.voice.realtime import RealtimeChannels, RealtimeRules
from parlour.kernel.clock import SystemClock
from parlour.providers.speech import build_speech
from parlour.providers.speech.activity import build_activity
from parlour.providers.speech.espeak_ng import EspeakNg
from parlour.providers.speech.recognising import Recogniser
from parlour.providers.speech.scripted import tone
from parlour.settings import Settings, sqlite_url
from parlour.speech.pcm import resampled
from parlour.speech.ports import HEARD_RATE
from tests.unit.voice_hall import eventually, murmur, open_voice, quiet

LONG = "One two three four five six seven eight nine ten, and that is all of it."


def hall(folder: Path, **voice: Any) -> Any:
    folder.mkdir(exist_ok=True)
    return open_voice(sqlite_url(folder), folder, **voice)


@asynccontextmanager
async def ears(folder: Path, **voice: Any) -> AsyncGenerator[tuple[LocalChannel, list[Told]]]:
    """What hears in a session under these settings, and what it tells."""
    async with hall(folder, **voice) as there:
        told: list[Told] = []
        channels = there.voice._channels
        assert isinstance(channels, LocalChannels)
        channel = channels.channel(told.append)
        await channel.open(Briefing(instructions="", said=(), language="en"))
        yield channel, told
        await channel.aclose()


def feed(channel: LocalChannel, sound: bytes, at_ms: int) -> int:
    """Sound at the client's rate in frames of 20 ms, from a moment on; the moment after it."""
    heard = resampled(sound, SOUND_RATE, HEARD_RATE)
    for start in range(0, len(heard), 640):
        at_ms += 20
        channel.hear(Frame(pcm24k=b"", pcm16k=heard[start : start + 640], end_ms=at_ms))
    return at_ms


@pytest.mark.parametrize(
    ("setting", "first"),
    [("silence_ms", "Good day"), ("silence_ended_ms", "Good day."), ("silence_unfinished_ms", "Good day,")],
)
async def test_a_pause_after_such_words_ends_a_turn_or_not(tmp_path: Path, setting: str, first: str) -> None:
    short = {"silence_ms": 300, "silence_ended_ms": 300, "silence_unfinished_ms": 300}
    for number, (pause_ms, turns) in enumerate(((300, 1), (2_500, 0))):
        async with ears(tmp_path / str(number), **(short | {setting: pause_ms})) as (channel, told):
            at = feed(channel, quiet(200) + tone(first, rate=SOUND_RATE) + quiet(100), 0)
            await eventually(lambda told=told: WordsHeard(text=first) in told)
            feed(channel, quiet(1_000), at)
            assert len([each for each in told if isinstance(each, SpeechEnded)]) == turns


async def test_what_stands_before_the_first_word_is_heard_for_so_long(tmp_path: Path) -> None:
    began: list[int] = []
    for number, prefix_ms in enumerate((0, 1_000)):
        async with ears(tmp_path / str(number), prefix_ms=prefix_ms) as (channel, told):
            feed(channel, quiet(2_000) + tone("Hello.", rate=SOUND_RATE), 0)
            began += [each.at_ms for each in told if isinstance(each, SpeechBegan)]
    assert began[0] - began[1] == 1_000


async def test_how_sure_the_detector_must_be_is_asked_of_it(tmp_path: Path) -> None:
    async with ears(tmp_path, threshold=0.7) as (channel, _):
        assert channel._gate is not None
        assert channel._gate.rules.threshold == 0.7


async def test_who_speaks_for_less_than_is_asked_does_not_interrupt(tmp_path: Path) -> None:
    async with hall(tmp_path, barge_in_ms=5_000) as there:
        there.model.reply = LONG
        client = await there.open()
        await there.speak("Count.")
        await eventually(lambda: len(client.sounds) > 5)
        there.hear(murmur(600) + quiet(800))
        [completed] = await there.told("ReplyCompleted")
        assert (completed.status, completed.content) == ("complete", LONG)


async def test_a_stop_waits_for_the_words_for_so_long(tmp_path: Path) -> None:
    async with hall(tmp_path, stop_seconds_max=0.3) as there:
        await there.open()
        there.hear(quiet(200) + tone("This takes [engine slow] long", rate=SOUND_RATE))
        await there.told("SpeechStarted")
        await there.desk.close("c1", there.chat_id)
        await there.told("SpeechDropped")
        assert [each.state for each in await there.utterances()] == ["failed"]


async def test_a_realtime_service_is_told_what_the_settings_say() -> None:
    given = Settings.model_validate(
        {
            "voice": {
                "realtime_voice": "marin",
                "threshold": 0.7,
                "prefix_ms": 250,
                "silence_ms": 450,
                "queue_seconds_max": 7,
            },
            "speech": {"engine_seconds_max": 11},
            "limits": {"first_token_seconds_max": 13},
        }
    )
    channels = RealtimeChannels(given, None, build_activity(given))
    assert channels._rules == RealtimeRules(
        voice="marin",
        threshold=0.7,
        prefix_ms=250,
        silence_ms=450,
        queue_seconds_max=7,
        words_seconds_max=11,
        answer_seconds_max=13,
    )


async def test_the_bounds_of_engines_are_those_of_the_settings(tmp_path: Path) -> None:
    pytest.importorskip("pocketsphinx")
    speech = {
        "in": "offline",
        "out": "espeak_ng",
        "model_path": tmp_path,
        "language": "de",
        "voices": {"de": "de+f2"},
        "engine_seconds_max": 11,
        "engine_processes_max": 5,
        "memory_bytes_max": 2**28,
    }
    engines = build_speech(Settings.model_validate({"speech": speech}), SystemClock())
    assert isinstance(engines.transcriber, Recogniser)
    assert isinstance(engines.synthesizer, EspeakNg)
    ear, mouth = engines.transcriber.need, engines.synthesizer._need
    assert (ear.model_path, ear.language) == (tmp_path, "de")
    assert (ear.engine_seconds_max, ear.processes_max, ear.memory_bytes_max) == (11, 5, 2**28)
    assert (mouth.voices, mouth.engine_seconds_max, mouth.processes_max) == ({"de": "de+f2"}, 11, 5)
    await engines.aclose()

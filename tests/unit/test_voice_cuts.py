"""However a busy process cuts the sound into pieces: who speaks for long enough is taken to speak."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.attempts.voice.channels import Briefing, Frame, SpeechBegan, SpeechEnded, SpeechGoesOn, Told
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.attempts.voice.local import LocalChannel, LocalRules
from parlour.providers.speech.activity import WebRtcActivity
from parlour.providers.speech.scripted import ScriptedSynthesizer, ScriptedTranscriber, silence, tone
from parlour.settings import sqlite_url
from parlour.speech.activity import GateRules
from parlour.speech.endpointing import PauseRules
from parlour.speech.pcm import bytes_of, duration_ms
from tests.unit.voice_hall import Hall, eventually, open_voice, quiet

PIECE_MS = 1_000
SOUND = silence(100) + tone("No, stop that.") + silence(1_500)
SPOKEN_MS = 700  # at least
LONG = " ".join(f"This is sentence number {number} of a long answer." for number in range(1, 30))


def pieces(first_ms: int, step_ms: int) -> Iterator[bytes]:
    """The sound cut once, and then in equal steps."""
    first, step = bytes_of(first_ms), bytes_of(step_ms)
    yield SOUND[:first]
    for start in range(first, len(SOUND), step):
        yield SOUND[start : start + step]


@pytest.mark.parametrize("step_ms", [20, 300, 700, PIECE_MS])
async def test_how_long_somebody_spoke_does_not_depend_on_how_the_sound_is_cut(step_ms: int) -> None:
    rules = LocalRules(gate=GateRules(), pauses=PauseRules(), voices={}, engine_seconds_max=60)
    for first_ms in range(20, PIECE_MS, 20):
        told: list[Told] = []
        channel = LocalChannel((ScriptedTranscriber(), ScriptedSynthesizer()), WebRtcActivity, rules, told.append)
        await channel.open(Briefing(instructions="", said=(), language="en"))
        end_ms = 0
        for piece in pieces(first_ms, step_ms):
            end_ms += duration_ms(piece)
            channel.hear(Frame(pcm24k=b"", pcm16k=piece, end_ms=end_ms))
        await channel.aclose()
        kinds = [type(each) for each in told]
        assert (kinds[0], kinds[-1]) == (SpeechBegan, SpeechEnded), first_ms
        assert max(each.speech_ms for each in told if isinstance(each, SpeechGoesOn)) >= SPOKEN_MS, first_ms


async def taken(hall: Hall) -> None:
    """All sound that has come was taken from the queue."""
    (live,) = hall.desk._tasks.values()
    await eventually(lambda: not live._ears._queue)


async def test_an_interruption_whose_beginning_and_end_come_in_two_pieces_is_one(tmp_path: Path) -> None:
    """The first piece is too short to interrupt; then a process stands still, and the end comes with the rest."""
    async with open_voice(sqlite_url(tmp_path), tmp_path) as hall:
        hall.model.reply = LONG
        client = await hall.open()
        await hall.speak("Tell me everything.")
        await eventually(lambda: client.sounds)
        sound = quiet(200) + tone("Just do it again.", rate=SOUND_RATE) + quiet(1_500)
        first = len(quiet(460))
        hall.hear(sound[:first])
        await taken(hall)
        await asyncio.sleep(0)
        hall.hear(sound[first:])
        [_, said] = await hall.told("LearnerMessageAdded", 2)
        assert said.content == "Just do it again."
        await hall.desk.close("c1", hall.chat_id)
        await hall.stop_reply()

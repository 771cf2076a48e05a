"""The engines of speech: how long a sentence takes to begin to sound and to be heard, and what tones cost.

Local engines as `auto` finds them, beside the scripted ones. `words` is the wait after the last sound was fed.
"""

import asyncio
import os

from bench.clock import cpu_seconds, now
from bench.report import PARLOUR, Column, Outcome, Reach, Row, Shape
from bench.systems import Plan
from parlour.kernel.clock import SystemClock
from parlour.providers.speech import build_speech
from parlour.providers.speech.scripted import ScriptedTranscriber, tone
from parlour.settings import Settings
from parlour.settings.speech import Speech
from parlour.speech.engines import SpeechEngines, warm
from parlour.speech.pcm import Resampler
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, Transcriber, Voice

COLUMNS = (
    Column(key="first", label="first sound, ms", digits=0),
    Column(key="ready", label="recogniser ready, ms", digits=0),
    Column(key="words", label="words, ms", digits=0),
)
SENTENCE = "I would like to order a cup of coffee."
_PIECE = HEARD_RATE // 20 * SAMPLE_BYTES


async def run(plan: Plan) -> Outcome:
    """One table; the sentence is fed as fast as somebody speaks, so `--quick` changes nothing."""
    local = build_speech(Settings(), SystemClock())
    scripted = build_speech(
        Settings(speech=Speech.model_validate({"in": "scripted", "out": "scripted"})), SystemClock()
    )
    try:
        rows = [await _row("local", local), await _row("scripted", scripted)]
        cost = await _tones()
    finally:
        await local.aclose()
        await scripted.aclose()
    return Outcome(
        shapes=[Shape(bench="speech", title="a sentence spoken and heard", columns=COLUMNS, rows=rows)],
        reaches=[Reach(text="tone speech, ms of CPU per second of sound", got=cost, wanted=20, sense="at most")],
    )


async def _row(kind: str, engines: SpeechEngines) -> Row:
    voice, ear = engines.synthesizer, engines.transcriber
    if voice is None or ear is None:
        return Row(system=f"{PARLOUR} {kind}", figures={}, note=engines.why_no_out or engines.why_no_in or "")
    begun, first, sound = now(), 0.0, b""
    async for piece in voice.speak(SENTENCE, Voice()):
        first = first or now() - begun
        sound += piece
    begun = now()
    await warm(ear)
    ready = now() - begun
    resampler = Resampler(voice.rate, HEARD_RATE)
    waited, words = await _heard(ear, resampler.feed(sound) + resampler.flush())
    figures = {"first": first * 1000, "ready": ready * 1000, "words": waited * 1000}
    return Row(system=f"{PARLOUR} {ear.name}, {voice.name}", figures=figures, note=words)


async def _heard(ear: Transcriber, sound: bytes) -> tuple[float, str]:
    recognition = ear.begin(language="en")
    for start in range(0, len(sound), _PIECE):
        await recognition.feed(sound[start : start + _PIECE])
        await asyncio.sleep(0.05)  # as fast as somebody speaks
    begun = now()
    transcript = await recognition.finish()
    return now() - begun, transcript.text


async def _tones() -> float:
    sound = tone(f"{SENTENCE} " * 20)
    recognition = ScriptedTranscriber().begin(language="en")
    begun = cpu_seconds(os.getpid())
    for start in range(0, len(sound), 342):
        await recognition.feed(sound[start : start + 342])
    await recognition.finish()
    spent = cpu_seconds(os.getpid()) - begun
    return spent * 1000 / (len(sound) / SAMPLE_BYTES / HEARD_RATE)

"""The local engines as they are: espeak-ng says texts, children hear them; and which engines a server gets."""

import asyncio
import os
import shutil
import signal
import sys
import types
from collections.abc import AsyncGenerator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from parlour.kernel.clock import SystemClock
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech import build_speech
from parlour.providers.speech.espeak_ng import EspeakNeed, EspeakNg, voice_name
from parlour.providers.speech.recognising import IDLE_SECONDS, Recogniser, RecogniserNeed
from parlour.providers.speech.recognising_ears import WhisperEar
from parlour.providers.speech.recognising_lines import Begin
from parlour.settings import Settings
from parlour.settings.speech import Speech
from parlour.speech.engines import warm
from parlour.speech.pcm import Resampler
from parlour.speech.ports import HEARD_RATE, Transcript, Voice

EXECUTABLE = shutil.which("espeak-ng")
PROGRAMS = [
    pytest.param(EXECUTABLE, id="executable", marks=pytest.mark.skipif(not EXECUTABLE, reason="no espeak-ng")),
    pytest.param(
        None,
        id="library",
        marks=pytest.mark.skipif(find_spec("espeakng_loader") is None, reason="no espeakng-loader"),
    ),
]
hears = pytest.mark.skipif(find_spec("pocketsphinx") is None, reason="no pocketsphinx")
QUIET = bytes(HEARD_RATE)  # half a second


class TurnedClock(SystemClock):
    """A clock that can be turned forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


async def until(true: Any) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 (a child tells nobody when it is ready)
            await asyncio.sleep(0.02)


async def sound_of(engine: EspeakNg, text: str, language: str = "en") -> bytes:
    return b"".join([piece async for piece in engine.speak(text, Voice(language=language))])


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, how are you?", "en"),
        ("你好，世界", "zh"),
        ("Guten Tag", "de-DE"),
        ("Bonjour", "fr"),
        ("hi 你好", "zh-CN"),
    ],
)
async def test_espeak_says_a_text_in_its_language(program: str | None, text: str, language: str) -> None:
    sound = await sound_of(EspeakNg(EspeakNeed(program=program)), text, language)
    assert len(sound) % 2 == 0
    assert 0.2 < len(sound) / 2 / 22_050 < 6
    assert len(set(sound)) > 100


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_text_is_never_a_command(program: str | None) -> None:
    engine = EspeakNg(EspeakNeed(program=program))
    for text in ("--version", "-f /etc/passwd", "[[h@l'oU]]", "<speak>x</speak>", "a\x00b\x01c", "\ud800 broken"):
        assert await sound_of(engine, text)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_language_without_a_voice_is_a_fault(program: str | None) -> None:
    for language in ("qq", "../../etc", "-w"):
        with pytest.raises(ProviderFault, match="voice"):
            await sound_of(EspeakNg(EspeakNeed(program=program)), "hello", language)


def test_a_configured_voice_comes_before_ours() -> None:
    assert voice_name(Voice(language="en-GB"), {"en": "en-gb-scotland+f2"}) == "en-gb-scotland+f2"
    assert voice_name(Voice(language="zh_TW"), {}) == "cmn"
    assert voice_name(Voice(language="de", name="fr"), {"de": "de+f1"}) == "fr"


@pytest.mark.parametrize("program", PROGRAMS)
async def test_closing_a_voice_ends_its_process_and_frees_its_place(program: str | None) -> None:
    engine = EspeakNg(EspeakNeed(program=program, processes_max=1))
    for _ in range(3):
        speaking = engine.speak("many words " * 2_000, Voice())
        assert await anext(speaking)
        await speaking.aclose()
    assert await sound_of(engine, "still there")
    speaking = engine.speak("many words " * 2_000, Voice())
    await anext(speaking)
    await engine.aclose()
    with pytest.raises(ProviderFault, match="ended"):
        async for _ in speaking:
            pass


async def test_a_listener_who_waits_keeps_no_other_waiting() -> None:
    engine = EspeakNg(EspeakNeed(program=EXECUTABLE, processes_max=1))
    slow = engine.speak("a long sentence that nobody listens to " * 20, Voice())
    await anext(slow)
    async with asyncio.timeout(60):
        assert await sound_of(engine, "me too")
    await slow.aclose()


async def test_a_program_that_is_no_espeak_is_a_fault(tmp_path: Path) -> None:
    for program in ("/bin/yes", "/bin/false", str(tmp_path / "nothing")):
        with pytest.raises(ProviderFault):
            await sound_of(EspeakNg(EspeakNeed(program=program)), "hello")


@pytest.fixture
async def recogniser() -> AsyncGenerator[Recogniser, None]:
    engine = Recogniser(RecogniserNeed(kind="pocketsphinx", processes_max=1), TurnedClock())
    yield engine
    await engine.aclose()


async def spoken(text: str) -> bytes:
    engine = EspeakNg(EspeakNeed(program=EXECUTABLE))
    resampler = Resampler(engine.rate, HEARD_RATE)
    return QUIET + resampler.feed(await sound_of(engine, text)) + resampler.flush() + QUIET


async def heard(engine: Recogniser, sound: bytes, language: str | None = None) -> Transcript:
    recognition = engine.begin(language=language)
    for start in range(0, len(sound), 6_400):
        await recognition.feed(sound[start : start + 6_400])
    return await recognition.finish()


@hears
async def test_what_espeak_says_pocketsphinx_hears(recogniser: Recogniser) -> None:
    phrases = ("yes", "I would like to order a cup of coffee", "please order a cup of coffee")
    wanted = found = 0
    for phrase in phrases:
        transcript = await heard(recogniser, await spoken(phrase), "en-GB")
        words = phrase.lower().split()
        wanted += len(words)
        found += sum(word in transcript.text.split() for word in words)
        assert transcript.text.split() == [word.text for word in transcript.words]
        assert all(0 <= (word.confidence or 0) <= 1 and word.start_ms < word.end_ms for word in transcript.words)
    assert found / wanted > 0.6, (found, wanted)
    assert recogniser.idle == 1


@hears
async def test_silence_has_no_words_and_neither_has_nothing(recogniser: Recogniser) -> None:
    assert (await heard(recogniser, bytes(2 * HEARD_RATE))).text == ""
    assert (await heard(recogniser, b"")).text == ""


@hears
async def test_interim_words_come_while_sound_is_fed(recogniser: Recogniser) -> None:
    recognition = recogniser.begin(language=None)
    await recognition.feed(await spoken("I would like to order a cup of coffee"))
    await until(recognition.interim)
    assert (await recognition.finish()).text


@hears
async def test_utterances_beyond_the_pool_wait_and_are_all_heard(recogniser: Recogniser) -> None:
    sound = await spoken("yes")
    texts = [each.text for each in await asyncio.gather(*(heard(recogniser, sound) for _ in range(4)))]
    assert texts == ["yes"] * 4
    assert recogniser.idle == 1


@hears
async def test_a_dead_child_is_a_fault_and_the_next_utterance_gets_a_new_one(recogniser: Recogniser) -> None:
    recognition = recogniser.begin(language=None)
    async with recogniser.child() as child:
        killed = child.pid
    await recognition.feed(QUIET)
    await until(lambda: recogniser.idle == 0)
    os.kill(killed, signal.SIGKILL)
    with pytest.raises(ProviderFault):
        await recognition.finish()
    assert (await heard(recogniser, await spoken("yes"))).text == "yes"


@hears
async def test_a_stuck_child_is_a_fault_within_the_limit(recogniser: Recogniser) -> None:
    async with recogniser.child() as child:
        os.kill(child.pid, signal.SIGSTOP)
    whole, recogniser.need = recogniser.need, replace(recogniser.need, engine_seconds_max=0.5)
    with pytest.raises(ProviderFault, match="too long"):
        await heard(recogniser, QUIET)
    recogniser.need = whole
    assert (await heard(recogniser, await spoken("yes"))).text == "yes"


@hears
async def test_a_child_hears_short_and_long_utterances_after_each_other(recogniser: Recogniser) -> None:
    sound = await spoken("yes")
    for times in (1, 4, 1, 2):
        assert (await heard(recogniser, sound * times)).text
    assert recogniser.idle == 1


@hears
async def test_giving_up_ends_the_child(recogniser: Recogniser) -> None:
    await warm(recogniser)
    recognition = recogniser.begin(language=None)
    await recognition.feed(QUIET)
    await until(lambda: recogniser.idle == 0)
    await recognition.aclose()
    assert recogniser.idle == 0


@hears
async def test_a_child_that_nobody_needs_is_ended() -> None:
    clock = TurnedClock()
    engine = Recogniser(RecogniserNeed(kind="pocketsphinx"), clock)
    await warm(engine)
    async with engine.child() as child:
        pass
    clock.ahead = IDLE_SECONDS - 5
    engine.tidy()
    assert engine.idle == 1
    clock.ahead = IDLE_SECONDS + 300
    engine.tidy()
    assert engine.idle == 0
    await until(lambda: not child.alive)
    await engine.aclose()


@hears
async def test_a_language_that_the_model_does_not_know_is_refused(recogniser: Recogniser) -> None:
    with pytest.raises(ProviderFault, match="language"):
        await heard(recogniser, QUIET, "de")


async def test_a_folder_without_a_model_is_a_fault(tmp_path: Path) -> None:
    engine = Recogniser(RecogniserNeed(kind="pocketsphinx", model_path=tmp_path), SystemClock())
    with pytest.raises(ProviderFault, match="could not be started"):
        await warm(engine)


def test_whisper_words_have_times_and_confidence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    word = types.SimpleNamespace(word=" Hello", start=0.25, end=0.5, probability=0.9)

    class Model:
        def __init__(self, folder: str, **_: Any) -> None:
            assert folder == str(tmp_path)

        def transcribe(self, samples: Any, **asked: Any) -> Any:
            assert (len(samples), asked["language"]) == (HEARD_RATE, "en")
            return iter([types.SimpleNamespace(text=" Hello", words=[word])]), types.SimpleNamespace(language="en")

    monkeypatch.setitem(sys.modules, "faster_whisper", types.SimpleNamespace(WhisperModel=Model))  # pyright: ignore[reportArgumentType]
    ear = WhisperEar(tmp_path)
    ear.begin(Begin(language="en-GB"))
    said = ear.end(bytes(2 * HEARD_RATE))
    assert (said.text, said.language) == ("Hello", "en")
    assert [(each.text, each.start_ms, each.end_ms, each.confidence) for each in said.words] == [
        ("Hello", 250, 500, 0.9)
    ]


def built(**given: Any) -> Any:
    return build_speech(Settings(speech=Speech(**given)), SystemClock())


async def test_engines_that_are_off_or_missing_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    off = built(into="off", out="off")
    assert (off.transcriber, off.synthesizer) == (None, None)
    assert "speech.in = off" in off.why_no_in
    assert "speech.out = off" in off.why_no_out
    assert "model_path" in built(into="offline", model_path=tmp_path / "nothing").why_no_in
    assert "English" in built(into="auto", language="de").why_no_in
    monkeypatch.setattr("parlour.providers.speech.find_spec", lambda _: None)  # pyright: ignore[reportUnknownLambdaType]
    monkeypatch.setenv("PATH", str(tmp_path))
    bare = built()
    assert "pocketsphinx" in bare.why_no_in
    assert "espeak-ng" in bare.why_no_out
    assert "faster-whisper" in built(into="faster_whisper", model_path=tmp_path).why_no_in


async def test_named_engines_are_built_and_nothing_is_started() -> None:
    scripted = built(into="scripted", out="scripted")
    assert (scripted.transcriber.name, scripted.synthesizer.name) == ("scripted", "scripted")
    assert scripted.why_no_in is scripted.why_no_out is None
    await scripted.aclose()


def test_building_engines_loads_none_of_their_libraries() -> None:
    import subprocess

    program = (
        "import sys; from parlour.providers.speech import build_speech; from parlour.settings import Settings;"
        "from parlour.kernel.clock import SystemClock; build_speech(Settings(), SystemClock());"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"av", "pocketsphinx", "numpy", "aiohttp", "webrtcvad", "espeakng_loader"} & set(loaded)

"""The engines behind `/audio/transcriptions` and `/audio/speech`, against a real local server."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.openai_sound import SoundStream
from parlour.providers.speech.openai_speech import OpenAISynthesizer, OpenAITranscriber
from parlour.providers.speech.openai_words import language_code, transcript_of
from parlour.providers.speech.outside import Outside, SpeechLimits
from parlour.providers.speech.scripted import read_tones, silence, tone
from parlour.speech.pcm import duration_ms, resampled
from parlour.speech.ports import Transcript, Voice
from tests.harness.speech_services import KEY, SpeechServices, running_speech_services

QUICK = SpeechLimits(retry_seconds=0.01, engine_seconds_max=60, silence_seconds_max=60)
HASTY = SpeechLimits(retry_seconds=0.01, engine_seconds_max=0.3, silence_seconds_max=0.3)
SAID = "The pipette drips, twice a minute."


@pytest.fixture
def services() -> Iterator[SpeechServices]:
    with running_speech_services() as running:
        yield running


async def heard(
    services: SpeechServices,
    model: str,
    sound: bytes,
    *,
    limits: SpeechLimits = QUICK,
    language: str | None = "en",
    key: str = KEY,
) -> Transcript:
    """What a model hears in a sound that is fed in pieces."""
    engine = OpenAITranscriber(services.url, SecretStr(key), model, limits=limits)
    try:
        recognition = engine.begin(language=language, phrases=("pipette", "titration"))
        for start in range(0, len(sound), 5_000):
            await recognition.feed(sound[start : start + 5_000])
        assert recognition.interim() == ""
        return await recognition.finish()
    finally:
        await engine.aclose()


async def spoken(
    services: SpeechServices, model: str, text: str, *, limits: SpeechLimits = QUICK, voice: Voice | None = None
) -> list[bytes]:
    """The pieces of sound of a text."""
    engine = OpenAISynthesizer(services.url, SecretStr(KEY), model, voices={"de": "onyx"}, limits=limits)
    try:
        return [piece async for piece in engine.speak(text, voice or Voice())]
    finally:
        await engine.aclose()


def words_in(sound: bytes) -> str:
    return " ".join(word.text for word in read_tones(resampled(sound, 24_000, 16_000)))


async def test_an_utterance_becomes_words_with_times_and_the_texts_punctuation(services: SpeechServices) -> None:
    words = await heard(services, "whisper-1", silence(200) + tone(SAID), language="en-GB")
    assert words.text == SAID
    assert words.language == "en"
    assert [word.text for word in words.words] == SAID.split()
    assert words.words[0].start_ms >= 150
    assert all(a.end_ms <= b.start_ms for a, b in zip(words.words, words.words[1:], strict=False))
    assert all(word.confidence == pytest.approx(0.905, abs=0.01) for word in words.words)
    asked = services.heard[0].fields
    assert asked["language"] == ["en"]
    assert asked["prompt"] == ["pipette, titration"]
    assert asked["timestamp_granularities[]"] == ["word", "segment"]


async def test_what_the_service_says_of_each_word_counts_more_than_of_the_sentence(services: SpeechServices) -> None:
    words = await heard(services, "sure", tone("One two"))
    assert [word.confidence for word in words.words] == [0.25, 0.25]


async def test_a_service_that_knows_less_is_asked_for_less_and_that_is_remembered(services: SpeechServices) -> None:
    engine = OpenAITranscriber(services.url, SecretStr(KEY), "plain", limits=QUICK)
    for _ in range(2):
        recognition = engine.begin(language=None)
        await recognition.feed(tone("Hallo, 你好"))
        assert await recognition.finish() == Transcript(text="Hallo, 你好")
    await engine.aclose()
    assert services.refused == ["plain", "plain"]
    assert [each.fields["response_format"][0] for each in services.heard] == ["verbose_json"] * 2 + ["json"] * 2
    assert "language" not in services.heard[0].fields
    assert (await heard(services, "sentences", tone("One two"))).words == ()


async def test_a_phrase_that_was_invented_in_silence_is_left_out(services: SpeechServices) -> None:
    assert (await heard(services, "inventing", tone("Yes please"))).text == "Yes please"


async def test_silence_has_no_words_and_what_is_too_short_is_not_even_asked(services: SpeechServices) -> None:
    assert (await heard(services, "whisper-1", silence(1_000))).text == ""
    assert (await heard(services, "whisper-1", silence(60))).text == ""
    assert len(services.heard) == 1


async def test_a_busy_service_is_asked_again_but_not_one_that_is_long_away(services: SpeechServices) -> None:
    assert (await heard(services, "busy", tone("Again"))).text == "Again"
    with pytest.raises(ProviderFault) as away:
        await heard(services, "away", tone("Again"))
    assert away.value.retryable
    assert [each.model for each in services.heard] == ["busy", "busy", "away"]


@pytest.mark.parametrize(("model", "retryable"), [("broken", True), ("garbage", False), ("cut", True)])
async def test_what_is_no_answer_is_a_fault_that_says_nothing_of_it(
    services: SpeechServices, model: str, retryable: bool
) -> None:
    with pytest.raises(ProviderFault) as fault:
        await heard(services, model, tone("One"))
    assert fault.value.retryable is retryable
    assert "PRIVATE" not in f"{fault.value.text}{fault.value!r}"
    assert fault.value.__cause__ is None


async def test_a_wrong_key_is_a_fault_without_the_key(services: SpeechServices) -> None:
    with pytest.raises(ProviderFault) as fault:
        await heard(services, "whisper-1", tone("One"), key="sk-PRIVATE-other")
    assert (fault.value.retryable, fault.value.text) == (False, "The speech service answered with status 401.")
    for url, key in (("ftp://host/v1", "k"), ("http://me:secret@host/v1", "k"), ("http://host/v1", "bad\nkey")):
        with pytest.raises(ValueError, match=r"base URL|API key") as wrong:
            OpenAITranscriber(url, SecretStr(key), "m")
        assert "secret" not in str(wrong.value)


async def test_a_service_that_never_answers_is_given_up_and_its_request_cancelled(services: SpeechServices) -> None:
    with pytest.raises(ProviderFault) as fault:
        await heard(services, "silent", tone("One"), limits=HASTY)
    assert fault.value.retryable
    async with asyncio.timeout(60):
        while services.gone != ["silent"]:  # noqa: ASYNC110 (it is in another thread)
            await asyncio.sleep(0.01)


async def test_nobody_there_and_link_local_addresses_are_faults() -> None:
    for url in ("http://127.0.0.1:9/v1", "http://169.254.169.254/v1", "http://[::ffff:169.254.169.254]/v1"):
        outside = Outside(url, None, QUICK)
        with pytest.raises(ProviderFault):
            await outside.post("/audio/speech", lambda: b"{}", 60)
        await outside.aclose()


async def test_an_utterance_that_is_too_long_is_refused_while_it_is_fed(services: SpeechServices) -> None:
    limits = SpeechLimits(utterance_bytes_max=10_000)
    with pytest.raises(ProviderFault):
        await heard(services, "whisper-1", silence(1_000), limits=limits)
    assert services.heard == []


@pytest.mark.parametrize("model", ["tts-1", "odd", "wav-only", "wav-22k"])
async def test_a_text_is_spoken_at_24_khz_whatever_the_service_sends(services: SpeechServices, model: str) -> None:
    pieces = await spoken(services, model, SAID)
    assert all(len(piece) % 2 == 0 for piece in pieces)
    assert words_in(b"".join(pieces)) == SAID
    assert duration_ms(b"".join(pieces), 24_000) == pytest.approx(duration_ms(tone(SAID)), abs=25)


async def test_the_voice_is_the_named_one_or_that_of_the_language(services: SpeechServices) -> None:
    for voice in (Voice(name="sage"), Voice(language="de-CH"), Voice(language="fr")):
        await spoken(services, "tts-1", "One", voice=voice)
    assert [each["voice"] for each in services.spoken] == ["sage", "onyx", "alloy"]


async def test_a_format_that_is_not_known_is_asked_for_once(services: SpeechServices) -> None:
    engine = OpenAISynthesizer(services.url, SecretStr(KEY), "wav-only", limits=QUICK)
    for text in ("One", "Two"):
        assert words_in(b"".join([piece async for piece in engine.speak(text, Voice())])) == text
    await engine.aclose()
    assert services.refused == ["wav-only"]


async def test_a_long_text_is_spoken_in_parts(services: SpeechServices) -> None:
    text = " ".join(["word"] * 900)
    assert await spoken(services, "tts-1", text)
    assert "".join(each["input"] for each in services.spoken) == text
    assert len(services.spoken) == 2
    assert max(len(each["input"]) for each in services.spoken) <= 4_000
    assert await spoken(services, "tts-1", "   ") == []


@pytest.mark.parametrize("model", ["mp3", "nothing", "broken", "cut", "stalls"])
async def test_sound_that_cannot_be_used_is_a_fault(services: SpeechServices, model: str) -> None:
    limits = HASTY if model == "stalls" else QUICK
    with pytest.raises(ProviderFault) as fault:
        await spoken(services, model, SAID, limits=limits)
    assert "PRIVATE" not in fault.value.text


async def test_closing_the_stream_really_ends_the_request(services: SpeechServices) -> None:
    engine = OpenAISynthesizer(services.url, SecretStr(KEY), "stalls", limits=QUICK)
    async with aclosing(engine.speak(SAID, Voice())) as stream:
        assert await anext(stream)
    async with asyncio.timeout(60):
        while services.gone != ["stalls"]:  # noqa: ASYNC110 (it is in another thread)
            await asyncio.sleep(0.01)
    await engine.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"text": 5}',
        b'{"text": "a", "words": [{"word": "a"}]}',
        b'{"text": "\xff"}',
        b"[" * 100_000,
        b'{"text": "' + b"a" * 200_000 + b'"}',
    ],
)
def test_answers_that_cannot_be_read_are_faults(answer: bytes) -> None:
    with pytest.raises(ProviderFault):
        transcript_of(answer)


def test_times_that_cannot_be_true_cost_the_words_but_not_the_text() -> None:
    found = transcript_of(b'{"text": " a ", "words": [{"word": "a", "start": -4, "end": 1e300}], "other": {}}')
    assert found == Transcript(text="a")
    assert language_code("German") == "de"
    assert language_code("de-CH") == "de-CH"
    assert language_code("gibberish!") is None


@pytest.mark.parametrize(
    "bad",
    [
        b"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(16) + b"data\x00\x00\x00\x00" + bytes(8),
        b"RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00" + bytes(8),
        b"RIFF\x00\x00\x00\x00WAVEjunk\xff\xff\xff\x7f" + bytes(8),
        b"OggS" + bytes(100),
        b"RIFF",
    ],
)
def test_headers_that_lie_are_faults(bad: bytes) -> None:
    stream = SoundStream("audio/wav")

    def read() -> None:
        for place in range(len(bad)):
            stream.feed(bad[place : place + 1])
        stream.end()

    with pytest.raises(ProviderFault):
        read()

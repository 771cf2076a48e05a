"""What of a reply is said aloud, in which voice; engines that do not come to an end (lab protocol 10.3)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from parlour.assistant.spoken import forms, mouth
from parlour.assistant.spoken.ears import Ears, EarsNeed, NotHeardError
from parlour.assistant.spoken.mouth import Mouth, MouthNeed
from parlour.files import handles
from parlour.files.entities import StoredFile
from parlour.files.intake import Intake
from parlour.kernel.refusals import ProviderFault
from parlour.pauses.entities import Body, Option
from parlour.providers.speech.scripted import ScriptedTranscriber, tone
from parlour.settings.lab import LabLimits
from parlour.speech.decoding.entities import decoding_limits
from parlour.speech.ports import Recognition, Voice
from parlour.speech.wav import wav_bytes
from parlour.storage.blobs.folder import FolderBlobs


def test_an_answer_is_said_without_markup_addresses_and_sources() -> None:
    text = "**Two** papers report it, see https://lab.example/x.\n\nSources\n- [1] Contacts to MoS2, p. 4 (held by lin)"
    said = forms.of_final(text, 3_000)
    assert (said.text.startswith("Two papers report it"), said.cut) == (True, False)
    assert "https" not in said.text
    assert "Sources" not in said.text
    assert "lin" not in said.text


def test_a_select_question_also_says_its_options() -> None:
    options = (Option(index=1, id="a", title="Contacts"), Option(index=2, id="b", title="Graphene"))
    body = Body(text="Which ones?", options=options, extra_info="1. Contacts ...")
    said = forms.of_question("select", body, 3_000).text
    assert "Contacts" in said
    assert "Graphene" in said
    assert (
        forms.of_question("select", Body(text="Which ones?\n1. Contacts", options=options), 3_000).text.count("Con")
        == 1
    )


def test_a_question_is_said_whole_with_every_value_of_its_operation() -> None:
    text = "May I do this? Download\n- url: https://x.example/a?b=1\n- name: a_b **c**\nPlease answer yes or no."
    said = forms.of_question("authorize", Body(text=text), 3_000)
    assert said.text == "May I do this? Download. url: https://x.example/a?b=1. name: a_b c. Please answer yes or no."
    assert not said.cut


@pytest.mark.parametrize("text", ["One. Two. " * 100, "word " * 300, "字" * 500, "你好。" * 200])
def test_what_is_too_long_ends_with_a_sentence_or_word(text: str) -> None:
    said = forms.of_final(text, 101)
    assert said.cut
    assert 50 < len(said.text) <= 101
    assert text.startswith(said.text)
    assert text[len(said.text)] in " 字你" or said.text[-1] in ".。"


@pytest.mark.parametrize(
    ("text", "otherwise", "language"),
    [
        ("The resistance is 740 ohm.", "en", "en"),
        ("Der Widerstand ist klein.", "de", "de"),
        ("接触电阻是 740 欧姆", "en", "zh"),
        ("论文 Contacts to MoS2", "en", "zh"),
        ("The lab calls it 电阻 in a long English sentence about many other things.", "en", "en"),
        ("これは論文です", "en", "ja"),
        ("연구실", "en", "ko"),
        ("Лаборатория", "en", "ru"),
        ("It is done.", "zh", "en"),
        ("740", "zh", "zh"),
    ],
)
def test_the_voice_is_that_of_the_script(text: str, otherwise: str, language: str) -> None:
    assert forms.language_of_voice(text, otherwise) == language


class Endless:
    """An engine that never comes to an end, in one way or the other."""

    name = "endless"
    rate = 16_000

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.closed = 0

    async def speak(self, text: str, voice: Voice) -> AsyncGenerator[bytes, None]:
        try:
            while self.piece:
                yield self.piece
                await asyncio.sleep(0)
            await asyncio.Event().wait()
        finally:
            self.closed += 1

    async def aclose(self) -> None:
        return


@pytest.mark.parametrize("piece", [b"", bytes(3_200_000)], ids=["silent", "talkative"])
async def test_an_engine_without_an_end_is_ended(tmp_path: Path, piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mouth, "SECONDS_MAX", 200)
    engine, blobs = Endless(piece), FolderBlobs(tmp_path)
    seconds = 60.0 if piece else 0.05
    intake = Intake(tmp_path / "incoming", blobs, 1_000)
    speaking = Mouth(
        MouthNeed(synthesizer=engine, intake=intake, language="en", engine_seconds_max=seconds, together_max=1)
    )
    with pytest.raises(ProviderFault):
        await speaking.say("reply.wav", "Hello")
    assert engine.closed == 1
    assert list(blobs.digests(2**62)) == []


@pytest.mark.parametrize("text", ["", "  ", "...", "🙂"])
async def test_nothing_is_never_a_file(tmp_path: Path, text: str) -> None:
    engine, blobs = Endless(b"\0\0"), FolderBlobs(tmp_path)
    intake = Intake(tmp_path / "incoming", blobs, 1_000)
    speaking = Mouth(MouthNeed(synthesizer=engine, intake=intake, language="en", engine_seconds_max=60, together_max=1))
    with pytest.raises(ProviderFault):
        await speaking.say("reply.wav", text)
    assert engine.closed == 0


class Deaf:
    """An engine that never has an answer."""

    name = "deaf"

    def __init__(self) -> None:
        self.closed = 0

    def begin(self, *, language: str | None, phrases: Sequence[str] = ()) -> Recognition:
        inner = ScriptedTranscriber("never-opens").begin(language=language)
        closing = inner.aclose

        async def aclose() -> None:
            self.closed += 1
            await closing()

        inner.aclose = aclose  # type: ignore[method-assign]
        return inner

    async def aclose(self) -> None:
        return


async def test_a_recogniser_without_an_answer_is_given_up(tmp_path: Path) -> None:
    blobs, engine = FolderBlobs(tmp_path), Deaf()
    received = await Intake(tmp_path / "incoming", blobs, 1_000_000).keep_bytes(
        "a.wav", wav_bytes(tone("Hello"), 16_000)
    )
    file = StoredFile(
        id=handles.new_file_id(),
        account_id=None,
        name="a.wav",
        type=received.type,
        charset=None,
        size=received.size,
        sha256=received.digest,
        origin="speech",
        shared=False,
        text_status="none",
        text_reason=None,
        pages=None,
        created_at=0,
    )
    limits = decoding_limits(LabLimits())
    ears = Ears(EarsNeed(transcriber=engine, blobs=blobs, limits=limits, engine_seconds_max=0.05, together_max=1))
    with pytest.raises(NotHeardError) as caught:
        await ears.hear(file, None)
    assert (caught.value.code, engine.closed) == ("speech_recognition_unavailable", 1)

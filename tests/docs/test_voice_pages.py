"""What the pages say of speech: every setting, the examples' clients against tones, and what the engines are."""

import json
import re
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.providers.speech.scripted import read_tones, tone
from parlour.settings import Settings
from parlour.settings.speech import Speech, VoiceSettings
from parlour.speech.pcm import resampled
from parlour.speech.ports import HEARD_RATE
from parlour.speech.wav import read_wav, wav_bytes
from tests.docs.demo import Demo, running_demo
from tests.docs.pages import ROOT

REFERENCE = (ROOT / "docs" / "reference" / "speech.md").read_text(encoding="utf-8")
RATE = 24_000
QUESTION = "I am glad that you came. What have you tried so far?"
TOLD = re.compile(r"heard: (.*)\nanswer: (.*)\nsaved: answer\.wav, (\d+) (?:seconds, of chat (\S+)|bytes)\n")


@pytest.fixture(scope="module")
def spoken_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that hears and speaks in tones, so that every word can be compared."""
    engines = {"PARLOUR_SPEECH__IN": "scripted", "PARLOUR_SPEECH__OUT": "scripted"}
    with running_demo(tmp_path_factory.mktemp("voice") / "demo", **engines) as running:
        yield running


def talk(client: str, who: list[str], demo: Demo, folder: Path) -> re.Match[str]:
    """Run an example with a question in tones: what it prints."""
    (folder / "question.wav").write_bytes(wav_bytes(tone(QUESTION, rate=RATE), RATE))
    ended = subprocess.run(
        [sys.executable, str(ROOT / "examples" / client), demo.url, *who, "question.wav", "answer.wav"],
        cwd=folder,
        env=demo.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = TOLD.fullmatch(ended.stdout)
    assert found, ended.stdout + ended.stderr
    return found


def said_in(file: Path) -> str:
    """The words of a WAV file in tone speech."""
    sound = read_wav(file.read_bytes(), 600)
    return " ".join(word.text for word in read_tones(resampled(sound.sound, sound.rate, HEARD_RATE)))


def test_the_voice_client_is_heard_and_saves_the_answer(spoken_demo: Demo, tmp_path: Path) -> None:
    told = talk("voice.py", [spoken_demo.token("learner")], spoken_demo, tmp_path)
    assert told[1] == QUESTION
    assert said_in(tmp_path / "answer.wav").split() == told[2].split()
    with wave.open(str(tmp_path / "answer.wav")) as saved:
        assert saved.getparams()[:3] == (1, 2, RATE)


def test_the_lab_client_is_heard_and_downloads_the_spoken_answer(spoken_demo: Demo, tmp_path: Path) -> None:
    told = talk("lab_voice.py", ["marek", "correct horse"], spoken_demo, tmp_path)
    assert told[1] == QUESTION
    assert said_in(tmp_path / "answer.wav").startswith(" ".join(told[2].split()[:3]))
    assert (tmp_path / "answer.wav").stat().st_size == int(told[3])


def test_the_recording_of_the_examples_is_one_that_the_client_takes() -> None:
    with wave.open(str(ROOT / "examples" / "question.wav")) as file:
        assert file.getparams()[:3] == (1, 2, RATE)
        assert 2 < file.getnframes() / RATE < 6


def rows(heading: str) -> dict[str, tuple[str, str]]:
    """Name, default and meaning of each setting of a group."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## )", REFERENCE, re.DOTALL | re.MULTILINE)
    assert found
    return {
        name: (default, text)
        for name, default, text in re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", found[1], re.MULTILINE)
    }


def shown(default: object) -> str:
    """A default as the page writes it."""
    if isinstance(default, float) and default.is_integer():
        return str(int(default))
    if default in (None, {}):
        return "none"
    return f"`{default}`" if isinstance(default, str) else str(default)


@pytest.mark.parametrize(("heading", "group"), [("Group `speech`", Speech), ("Group `voice`", VoiceSettings)])
def test_every_setting_is_there_with_its_default(heading: str, group: type[Speech | VoiceSettings]) -> None:
    defaults = json.loads(group().model_dump_json(by_alias=True))
    told = {name: default for name, (default, _) in rows(heading).items()}
    assert told == {name: shown(default) for name, default in defaults.items()}


def test_the_choices_of_a_setting_are_named() -> None:
    speech, voice = rows("Group `speech`"), rows("Group `voice`")
    for row, group, field in (
        (speech["in"], Speech, "into"),
        (speech["out"], Speech, "out"),
        (voice["path"], VoiceSettings, "path"),
        (voice["activity"], VoiceSettings, "activity"),
    ):
        choices = re.findall(r"'(\w+)'", str(group.model_fields[field].annotation))
        assert choices
        assert [choice for choice in choices if f"`{choice}`" not in row[1]] == []


def test_the_settings_page_leads_there() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert {"speech", "voice"} <= set(Settings.model_fields)
    assert "(speech.md#group-speech)" in page
    assert "(speech.md#group-voice)" in page

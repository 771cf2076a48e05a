"""The player of script files (lab protocol 7.4): what is played follows from the request alone."""

import json
from pathlib import Path

import pytest

from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.providers.models.scripted.played import PlayedFileError, load_played
from parlour.turns.ports import Piece, Request, Said, Text, ToolCall

STORY = """
turns:
  - match: contacts?
    steps:
      - thought: I look into the file.
        calls:
          - tool: file_search
            arguments: {file: $file, query: $words, limit: 3, deep: {list: [1, 2.5, true, null]}}
      - answer: One. Two.
        pieces: 3
        delay: 0.01
  - match: broken
    steps:
      - fault: final
  - match: shaky
    steps:
      - fault: retryable
        times: 2
        answer: At last.
  - match: forever
    repeat: true
    steps:
      - calls: [{tool: date_time}]
  - steps:
      - answer: The first.
  - steps:
      - answer: The second.
"""


@pytest.fixture
def model(tmp_path: Path) -> ScriptedModel:
    file = tmp_path / "story.yaml"
    file.write_text(STORY, encoding="utf-8")
    return ScriptedModel(played=load_played(file))


async def _pieces(
    model: ScriptedModel, words: str, steps: int = 0, attempt: str = "1", **script: object
) -> list[Piece]:
    given = {"words": words, "steps": [{}] * steps, **script}
    request = Request(
        model="scripted",
        messages=[Said(role="user", content=words)],
        task="assist",
        script=given,
        metadata={"attempt": attempt},
    )
    return [piece async for piece in model.stream(request)]


def _texts(pieces: list[Piece]) -> list[str]:
    return [piece.text for piece in pieces if isinstance(piece, Text)]


async def test_a_turn_is_found_by_its_words_and_its_step_by_the_steps_before(model: ScriptedModel) -> None:
    first = await _pieces(model, "About Contacts", files=[{"handle": "files/k/p.pdf"}])
    assert _texts(first) == ["I look into the file."]
    (call,) = [piece for piece in first if isinstance(piece, ToolCall)]
    assert call.name == "file_search"
    assert json.loads(call.arguments) == {
        "file": "files/k/p.pdf",
        "query": "About Contacts",
        "limit": 3,
        "deep": {"list": [1, 2.5, True, None]},
    }
    assert _texts(await _pieces(model, "About Contacts", steps=1)) == ["One", ". T", "wo."]
    assert _texts(await _pieces(model, "About Contacts", last=True)) == ["One", ". T", "wo."]


async def test_faults_are_faults_as_often_as_written(model: ScriptedModel) -> None:
    with pytest.raises(ProviderFault) as final:
        await _pieces(model, "broken")
    assert not final.value.retryable
    with pytest.raises(ProviderFault) as shaky:
        await _pieces(model, "shaky", attempt="2")
    assert shaky.value.retryable
    assert _texts(await _pieces(model, "shaky", attempt="3")) == ["At last."]


async def test_a_turn_can_go_on_for_ever(model: ScriptedModel) -> None:
    for steps in (0, 1, 40):
        assert any(isinstance(piece, ToolCall) for piece in await _pieces(model, "forever", steps=steps))
    assert not any(isinstance(piece, ToolCall) for piece in await _pieces(model, "forever", steps=12, last=True))


async def test_other_turns_are_played_in_their_order_and_then_the_rules_think(model: ScriptedModel) -> None:
    assert _texts(await _pieces(model, "x", number=0)) == ["The first."]
    assert _texts(await _pieces(model, "y", number=1)) == ["The second."]
    assert _texts(await _pieces(model, "Hello", number=2))[0].startswith("Hello")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("turns:\n  - steps:\n      - answer: a\n        calls: [{tool: t}]\n", "story.yaml:3: a step has either"),
        ("turns:\n  - steps:\n      - thought: only\n", "story.yaml:3: a step needs"),
        ("turns:\n  - match: '('\n    steps: [{answer: a}]\n", "story.yaml:2: 'match' is no regular expression"),
        ("turns:\n  - steps:\n      - anser: a\n", "story.yaml:3: 'anser' is not known here"),
        ("turns:\n  - steps:\n      - answer: a\n        delay: soon\n", "story.yaml:4: expected a number"),
        ("turns:\n  - steps: []\n", "story.yaml:2: a turn needs"),
        ("turns: [\n", "story.yaml:2: not valid YAML"),
        ("", "story.yaml:1: the file is empty"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PlayedFileError) as refused:
        load_played(file)
    assert error in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlayedFileError, match="cannot be read"):
        load_played(tmp_path / "none.yaml")


def test_the_example_of_the_documentation_loads() -> None:
    assert load_played(Path(__file__).parents[2] / "docs" / "examples" / "assistant-script.yaml")

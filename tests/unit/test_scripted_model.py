"""The offline model through its port: pieces, pace, hints, verdicts, and the behaviours tests ask for."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from parlour.catalog.bundles import load_bundle
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.turns.ports import Finished, Model, Piece, Request, Said, Task, Text
from tests.unit.scripted_conversations import HELPFUL

BUNDLE = load_bundle(Path(__file__).parents[2] / "content" / "teaching-practice")
DIALOGUE = next(named.dialogue for named in BUNDLE.dialogues if named.name == "maya-recursion")
QUESTION = "What have you tried so far?"


def request(*said: str, model: str = "scripted", task: Task = "reply", script: object = DIALOGUE) -> Request:
    return Request(
        model=model,
        task=task,
        messages=[Said(role="system", content="You are Maya."), *(Said(role="user", content=text) for text in said)],
        script={"dialogue": script} if script is not None else None,
    )


async def answer(asked: Request, model: Model | None = None) -> tuple[str, list[str]]:
    pieces = [piece async for piece in (model or ScriptedModel()).stream(asked)]
    assert pieces[-1] == Finished(reason="stop")
    texts = [piece.text for piece in pieces if isinstance(piece, Text)]
    return "".join(texts), texts


async def rest(stream: AsyncGenerator[Piece, None]) -> list[Piece]:
    return [piece async for piece in stream]


async def test_a_reply_comes_word_by_word_and_the_same_again() -> None:
    text, pieces = await answer(request(QUESTION))
    assert text.startswith(("Well... I wrote:", "I typed in the formula"))
    assert len(pieces) == len(text.split())
    assert (text, pieces) == await answer(request(QUESTION))
    assert (text, pieces) == await answer(request(QUESTION, script=msgspec.to_builtins(DIALOGUE)))


async def test_hints_are_json_also_when_the_conversation_comes_as_one_text() -> None:
    text, _ = await answer(request(QUESTION, task="hints"))
    hints = msgspec.json.decode(text, type=dict[str, list[str]])["hints"]
    assert hints == list(DIALOGUE.states["shows"].hints)
    whole = f"Learner: {QUESTION}\nMaya Okafor: Well... I wrote: return n times fact of n minus 1."
    assert (await answer(request(whole, task="hints")))[0] == text


async def test_a_persona_without_a_dialogue_says_so_and_varies() -> None:
    first, _ = await answer(request("Hello", script=None))
    second, _ = await answer(request("Hello", "And?", script=None))
    assert "offline model" in first
    assert first != second
    hints = msgspec.json.decode((await answer(request("Hello", task="hints", script=None)))[0])["hints"]
    assert len(set(hints)) == 3


async def test_pace_is_kept() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    text, pieces = await answer(request(QUESTION), ScriptedModel(pieces_per_second=200))
    assert text
    assert loop.time() - began >= 0.9 * (len(pieces) - 1) / 200


async def test_the_behaviours_that_model_names_choose() -> None:
    assert (await answer(request("Say this.", model="scripted-echo")))[0] == "Say this."
    with pytest.raises(ProviderFault):
        await answer(request(QUESTION, model="scripted-fail"))
    stream = ScriptedModel().stream(request(QUESTION, model="scripted-fail-midway"))
    assert isinstance(await anext(stream), Text)
    with pytest.raises(ProviderFault):
        await rest(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(answer(request(QUESTION, model="scripted-hang")), 0.05)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(answer(request(QUESTION, model="scripted-slow")), 0.2)


@pytest.mark.parametrize("groups", ["groups", "standard_groups"])
async def test_a_grading_request_gets_the_verdict_that_is_asked_for(groups: str) -> None:
    rubric = msgspec.to_builtins(BUNDLE.rubrics[0])
    document = {
        "rubric": {"id": rubric["id"], "name": rubric["name"], groups: rubric["groups"]},
        "transcript": [
            {"message_id": f"q{turn}", "speaker": "learner", "text": text}
            for turn, text in enumerate(HELPFUL["maya-recursion"])
        ],
        "scenario": {"name": "Recursion", "objectives": ["Listen."]},
        "wanted": ["feedbacks", "strengths"],
        "instructions": ["Be kind."],
    }
    text, _ = await answer(request(msgspec.json.encode(document).decode(), task="grade", script=None))
    verdict = msgspec.json.decode(text)
    assert [item["standard_group"] for item in verdict["feedbacks"]] == [group["id"] for group in rubric["groups"]]
    assert set(verdict["feedbacks"][0]) == {"standard_group", "standard", "feedback", "evidence"}
    assert set(verdict["feedbacks"][0]["evidence"][0]) == {"message_id", "quote"}
    assert verdict["strengths"]
    assert not any(item["highlights"] for item in verdict["strengths"])
    assert verdict["improvements"] == verdict["analyses"] == []
    assert verdict["summary"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"rubric": {}, "transcript": []}', '{"rubric": 1, "transcript": 2}']
)
async def test_a_grading_request_that_cannot_be_read_is_a_fault(text: str) -> None:
    with pytest.raises(ProviderFault):
        await answer(request(text, task="grade", script=None))


async def test_a_script_that_is_no_dialogue_is_a_fault() -> None:
    with pytest.raises(ProviderFault):
        await answer(request(QUESTION, script={"start": "here"}))

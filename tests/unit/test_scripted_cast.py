"""Several personas played offline: who answers, who joins in, and that it is always the same (Glow 6.3.2)."""

from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.cast import CastScene, Part, play_cast
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.turns.ports import Request, Said, Text

DIALOGUES = {
    named.name: named.dialogue
    for named in load_bundle(Path(__file__).parents[2] / "content" / "teaching-practice").dialogues
}
JUN, BEN = "Jun Park", "Ben Sutter"
PARTS = [Part(name=JUN, dialogue=DIALOGUES["jun-team"]), Part(name=BEN, dialogue=DIALOGUES["ben-team"])]
MEETING = [
    "Hello, both of you. How is the project going?",
    "Ben, you have put in a lot of work. What worries you?",
    "Jun, how do you see it? Take your time.",
    "What happened in week two with the draft?",
    "Ben, how do you think that comment arrived for Jun?",
    "That sounds hard. What would you have needed, Jun?",
    "Who would like to write chapter three?",
    "What could be a first small step by Thursday?",
]


def speakers(scene: CastScene) -> list[str]:
    return [name for name, _ in scene.answers]


def meeting() -> list[CastScene]:
    return [play_cast(PARTS, MEETING[: turn + 1]) for turn in range(len(MEETING))]


def test_a_meeting_is_played_by_both_and_nobody_repeats_anything() -> None:
    played = meeting()
    assert [speakers(scene)[0] for scene in played][:3] == [JUN, BEN, JUN]
    assert speakers(played[3]) == [JUN, BEN]  # Ben joins in when the draft is named
    assert speakers(played[4])[0] == BEN
    said = [text for scene in played for _, text in scene.answers]
    assert len(set(said)) == len(said)
    assert all(len(scene.answers) <= 2 and len(set(scene.hints)) == 3 for scene in played)
    assert meeting() == played


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How is that for you, Ben?", [BEN]),
        ("Ben Sutter: what about it?", [BEN]),
        ("Ben and Jun, hello.", [BEN, JUN]),
        ("Hi Jun. Hi Ben.", [JUN, BEN]),
        ("Ben, what do you think of Jun?", [BEN]),
        ("What does Ben need?", [BEN]),
        ("The benefit of June is its light.", [JUN]),
    ],
)
def test_whoever_is_spoken_to_answers(text: str, expected: list[str]) -> None:
    assert speakers(play_cast(PARTS, [text]))[: len(expected)] == expected


def test_a_persona_without_a_part_says_something_only_when_called() -> None:
    parts = [Part(name="Ada", dialogue=None), PARTS[1]]
    assert speakers(play_cast(parts, ["What worries you?"])) == [BEN]
    first, again = (play_cast(parts, ["Ada, and you?"] * turns).answers for turns in (1, 2))
    assert [name for name, _ in first + again] == ["Ada", "Ada"]
    assert first != again


async def answer(script: dict[str, object]) -> str:
    request = Request(model="scripted", messages=[Said(role="user", content="Ben and Jun, hello.")], script=script)
    return "".join([piece.text async for piece in ScriptedModel().stream(request) if isinstance(piece, Text)])


async def test_the_offline_model_marks_who_speaks() -> None:
    cast = ({"persona_id": "j", "name": JUN, "dialogue": DIALOGUES["jun-team"]},)
    other = {"persona_id": "b", "name": BEN, "dialogue": None}
    said = await answer({"cast": (*cast, other)})
    assert said.startswith(f"[[{BEN}]]\n")
    assert f"\n\n[[{JUN}]]\n" in said


@pytest.mark.parametrize("cast", ["nobody", ({"name": 3},), ({"dialogue": None},), ({"name": "A", "dialogue": {}},)])
async def test_a_script_that_is_no_cast_is_refused(cast: object) -> None:
    with pytest.raises(ProviderFault):
        await answer({"cast": cast})

"""The sample personas: ten varied turns, and a way of talking that depends on the learner."""

from itertools import pairwise
from pathlib import Path

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.catalog.phrases import phrase_fault
from parlour.providers.models.scripted import grader as scripted_grader
from parlour.providers.models.scripted import moves as scripted_moves
from parlour.providers.models.scripted.dialogue import Scene, play
from tests.unit.scripted_conversations import HARMFUL, HELPFUL

DIALOGUES = {
    named.name: named.dialogue
    for named in load_bundle(Path(__file__).parents[2] / "content" / "teaching-practice").dialogues
    if named.name in HELPFUL  # the others are parts in the learner's place, see test_scripted_candidates.py
}


def scenes(name: str, said: list[str], seed: str = "") -> list[Scene]:
    return [play(DIALOGUES[name], said[: turn + 1], seed) for turn in range(len(said))]


@pytest.mark.parametrize("name", sorted(DIALOGUES))
def test_ten_helpful_turns_get_ten_different_answers_and_come_to_an_end(name: str) -> None:
    played = scenes(name, HELPFUL[name])
    assert len({scene.answer for scene in played}) == len(played) == 10
    assert DIALOGUES[name].states[played[-1].state].final
    assert played[-1].mood_name == DIALOGUES[name].moods[-1].name


@pytest.mark.parametrize("name", sorted(DIALOGUES))
def test_harmful_turns_lead_somewhere_else(name: str) -> None:
    good, bad = scenes(name, HELPFUL[name]), scenes(name, HARMFUL)
    assert len({scene.answer for scene in bad}) == len(bad) == 10
    assert bad[-1].mood_name == DIALOGUES[name].moods[0].name
    assert not {scene.answer for scene in good} & {scene.answer for scene in bad}
    assert bad[-1].hints[0] == DIALOGUES[name].repair


@pytest.mark.parametrize("name", sorted(DIALOGUES))
def test_no_answer_comes_twice_in_a_row_however_monotonous_the_learner(name: str) -> None:
    for sentence in ("Hm.", "What do you think?", "You are stupid.", "I understand."):
        answers = [scene.answer for scene in scenes(name, [sentence] * 40)]
        assert all(one != other for one, other in pairwise(answers))


@pytest.mark.parametrize("name", sorted(DIALOGUES))
def test_hints_are_three_and_different(name: str) -> None:
    for scene in scenes(name, HELPFUL[name]) + scenes(name, HARMFUL):
        assert len(set(scene.hints)) == 3


def test_the_answer_depends_on_nothing_but_the_messages_and_the_seed() -> None:
    said = HELPFUL["maya-recursion"]
    assert scenes("maya-recursion", said, "chat-1") == scenes("maya-recursion", said, "chat-1")
    branch = [*said[:3], "You should have listened in the lecture."]
    assert play(DIALOGUES["maya-recursion"], branch) == play(DIALOGUES["maya-recursion"], list(branch))
    assert play(DIALOGUES["maya-recursion"], branch).answer != play(DIALOGUES["maya-recursion"], said[:4]).answer


def test_every_phrase_of_the_known_moves_is_one() -> None:
    known = [phrase for phrases in scripted_moves.PHRASES.values() for phrase in phrases]
    assert [fault for fault in map(phrase_fault, [*known, *scripted_grader.TO_THE_GRADER]) if fault] == []


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("What have you tried so far?", {"asks-tried", "open-question"}),
        ("Did you read it?", {"closed-question"}),
        ("You are not stupid.", set[str]()),
        ("You're an idiot. Calm down.", {"insult", "dismissive"}),
        ("That sounds really frustrating.", {"empathy"}),
        ("I\u2019m so sorry about this.", {"apology"}),
        ("I'll call you back by Friday.", {"next-step"}),
        ("So, what would the smallest case be?", {"guides", "open-question"}),
    ],
)
def test_moves_are_found_in_what_is_said(text: str, moves: set[str]) -> None:
    assert set(scripted_moves.read(text).moves) == moves


def test_a_very_long_message_is_read_in_bounded_time() -> None:
    reading = scripted_moves.read("what have you you you you " * 5_000)
    assert reading.words <= scripted_moves.TEXT_CHARACTERS_MAX

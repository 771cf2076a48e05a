"""The offline judges: known bias, choices between two that do not depend on the place, and words that are there."""

from collections.abc import Sequence
from statistics import fmean

import msgspec
import pytest

from parlour.benchmarks.statistics.agreement import krippendorff_alpha, weighted_kappa
from parlour.kernel.refusals import ProviderFault
from parlour.providers.models.scripted.grader import Line, Temper
from parlour.providers.models.scripted.grading import grade_request
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.providers.models.scripted.preferring import prefer_request
from parlour.turns.ports import Request, Said, Text
from tests.unit.sample_benchmark import (
    BUNDLE,
    CHECK,
    CURT,
    NOISY,
    POINTS,
    RUBRIC,
    STEADY,
    levels,
    recorded,
    recordings,
    transcript,
)

JUDGES: dict[str, Temper] = {"scripted-strict": "strict", "scripted": "usual", "scripted-lenient": "lenient"}
RUBRIC_SENT = {"id": "r", "name": "R", "description": "", "standard_groups": RUBRIC.groups}
GOOD = [Line(message_id="1", speaker="learner", text="What have you tried so far?")]
BAD = [Line(message_id="1", speaker="learner", text="Calm down, it's easy.")]


class Answered(msgspec.Struct):
    choice: str
    reason: str
    quotes: dict[str, list[str]]


def compare(first: Sequence[Line], second: Sequence[Line], model: str = "scripted", rubric: object = None) -> Answered:
    sent = {"scenario": None, "rubric": rubric, "first": {"transcript": first}, "second": {"transcript": second}}
    return msgspec.json.decode(prefer_request(msgspec.json.encode(sent).decode(), model), type=Answered)


def given(lines: Sequence[Line], model: str) -> list[int]:
    sent = {"rubric": RUBRIC_SENT, "transcript": lines, "wanted": ["feedbacks"]}
    verdict = msgspec.json.decode(grade_request(msgspec.json.encode(sent).decode(), model))
    return [POINTS[item["standard"]] for item in verdict["feedbacks"]]


def everything_said() -> list[list[Line]]:
    replays = [transcript(candidate, each, 3) for candidate in CHECK.candidates for each in recordings(CHECK)]
    return [*replays, *(recorded(each) for each in BUNDLE.recordings)]


def test_a_strict_judge_is_never_above_and_a_lenient_one_never_below_and_neither_by_more_than_a_level() -> None:
    apart = 0
    for lines in everything_said():
        strict, usual, lenient = (given(lines, judge) for judge in JUDGES)
        assert usual == levels(lines)
        for low, middle, high in zip(strict, usual, lenient, strict=True):
            assert low <= middle <= high
            assert middle - low <= 1
            assert high - middle <= 1
            apart += (high > middle) + (middle > low)
    assert apart > 50


def test_the_judges_lie_apart_as_a_whole_and_still_agree_which_is_better() -> None:
    said = everything_said()
    strict, usual, lenient = ([sum(levels(lines, temper)) for lines in said] for temper in JUDGES.values())
    assert fmean(strict) + 1 < fmean(usual) < fmean(lenient) - 0.5
    agreement = krippendorff_alpha([list(map(float, each)) for each in (strict, usual, lenient)])
    assert agreement.value is not None
    assert 0.8 < agreement.value < 1.0


def test_people_marked_recordings_as_the_usual_judge_does_and_not_to_the_point() -> None:
    marked = [each for each in recordings(CHECK) if each.grade and each.grade.source == "human"]
    assert len(marked) >= 8
    human = [each.grade.totals[group.id] for each in marked if each.grade for group in RUBRIC.groups]
    judged = [level for each in marked for level in levels(recorded(each))]
    kappa = weighted_kappa(human, judged, [1, 2, 3, 4, 5])
    assert kappa.value is not None
    assert 0.6 < kappa.value < 1.0


def test_the_recorded_people_are_of_every_quality() -> None:
    scores = [sum(levels(recorded(each))) for each in recordings(CHECK)]
    assert min(scores) < 12
    assert max(scores) > 20
    assert any(12 <= score < 20 for score in scores)
    assert len(scores) >= 12
    assert len({each.cluster for each in recordings(CHECK)}) >= 6


@pytest.mark.parametrize("judge", JUDGES)
def test_the_better_candidate_is_preferred_wherever_it_stands_with_its_own_words(judge: str) -> None:
    for recording in recordings(CHECK):
        good, bad = transcript(STEADY, recording, 1), transcript(CURT, recording, 1)
        one, other = compare(good, bad, judge, RUBRIC_SENT), compare(bad, good, judge, RUBRIC_SENT)
        assert (one.choice, other.choice) == ("first", "second")
        assert one.quotes["first"]
        assert one.quotes == {"first": other.quotes["second"], "second": other.quotes["first"]}
        said = [line.text for line in good if line.speaker == "learner"]
        assert all(any(quote in text for text in said) for quote in one.quotes["first"])


def test_neither_of_two_alike_is_preferred_by_the_place() -> None:
    for seed in (1, 2):
        for recording in recordings(CHECK):
            a, b = transcript(STEADY, recording, seed), transcript(NOISY, recording, seed)
            turned = {"first": "second", "second": "first", "tie": "tie"}
            assert compare(a, b, rubric=RUBRIC_SENT).choice == turned[compare(b, a, rubric=RUBRIC_SENT).choice]
            assert compare(a, a, rubric=RUBRIC_SENT).choice == "tie"


def test_the_judge_with_a_preference_for_a_place_takes_the_first() -> None:
    good, bad = transcript(STEADY, recordings(CHECK)[0], 1), transcript(CURT, recordings(CHECK)[0], 1)
    for first, second in ((good, bad), (bad, good)):
        chosen = compare(first, second, "scripted-first", RUBRIC_SENT)
        assert chosen.choice == "first"
        assert any(quote in line.text for quote in chosen.quotes["first"] for line in first)


def test_silence_is_a_tie_and_words_win_against_it() -> None:
    assert compare([], []).choice == "tie"
    assert compare([], [], "scripted-first").choice == "tie"
    spoken = transcript(STEADY, recordings(CHECK)[0], 1)
    assert compare([], spoken).choice == "second"
    assert compare(spoken, [], rubric=RUBRIC_SENT).quotes["first"]


def test_without_a_rubric_it_compares_all_that_helps() -> None:
    recording = recordings(CHECK)[0]
    assert compare(transcript(STEADY, recording, 1), transcript(CURT, recording, 1)).choice == "first"


async def test_a_choice_comes_through_the_port_as_json() -> None:
    sent = {"scenario": None, "rubric": None, "first": {"transcript": GOOD}, "second": {"transcript": BAD}}
    request = Request(
        model="scripted", task="prefer", messages=[Said(role="user", content=msgspec.json.encode(sent).decode())]
    )
    text = "".join([piece.text async for piece in ScriptedModel().stream(request) if isinstance(piece, Text)])
    assert msgspec.json.decode(text, type=Answered).choice in ("first", "tie")


@pytest.mark.parametrize("text", ["", "no json", "{}", '{"first": {}, "second": {"transcript": 3}}'])
def test_what_cannot_be_compared_is_a_fault(text: str) -> None:
    with pytest.raises(ProviderFault):
        prefer_request(text)

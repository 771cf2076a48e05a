"""Whose fault a failed case is, and what shows it."""

from dataclasses import replace
from typing import Any

import pytest

from parlour.benchmarks.entities import (
    Blame,
    Evidence,
    FeedbackRow,
    Outcome,
    QuotedTurn,
    Replay,
    ReplayFault,
    ReplayId,
    TestGrade,
    TestGradeId,
)
from parlour.benchmarks.judging.blame import EVIDENCE_MAX, Case, blame_of
from parlour.benchmarks.judging.grading import UNAVAILABLE, UNUSABLE
from parlour.benchmarks.replaying.live import PERSON_FAILED, PERSON_SILENT
from tests.unit.grading_hall import GROUPS, RUBRIC
from tests.unit.judging_hall import OWNER, RECORDING, TEST, A, turn

REPLAY = Replay(
    id=ReplayId("r"),
    test_id=TEST,
    invocation_id=A,
    recording_id=RECORDING,
    recording_version=1,
    position=0,
    repetition=1,
    state="completed",
    ended="graded",
    end_wanted=None,
    requested_by=OWNER,
    turn=1,
    turns_total=1,
    divergent_turn=1,
    checks=None,
    blame=None,
    error=None,
    fence=None,
    created_at=1,
    started_at=1,
    completed_at=2,
)
FAILED_CHECK = Outcome(key="asks", kind="regex", passed=False, required=True, turn=1, detail="No question.")


def row(group: str, points: int, *, bare: bool = False) -> FeedbackRow:
    evidence = () if bare else (QuotedTurn(message_id="r-m1", quote="Do it"),)
    return FeedbackRow(
        id=group,
        standard_group_id=group,
        standard_id=f"{group}-{points}",
        total=points,
        total_points=5,
        pass_points=3,
        feedback="Because.",
        evidence=evidence,
        unsupported=bare,
    )


def graded(*points: int, bare: tuple[int, ...] = (), **made: Any) -> TestGrade:
    """A grade with these points for the three criteria; those with an index in `bare` have no evidence."""
    score = sum(points)
    rows = tuple(row(name, each, bare=at in bare) for at, (name, each) in enumerate(zip(GROUPS, points, strict=True)))
    grade = TestGrade(
        id=TestGradeId("g"),
        test_id=TEST,
        invocation_id=A,
        replay_id=REPLAY.id,
        recording_id=RECORDING,
        source="model",
        judge="one",
        counts=True,
        state="done",
        requested_by=OWNER,
        score=score,
        passed=score >= 10,
        time_taken=1,
        total_points=15,
        pass_points=10,
        items=rows,
        summary="",
        reason=None,
        created_at=1,
        done_at=2,
    )
    return replace(grade, **made)


def case(*grades: TestGrade, heard: tuple[str, ...] = (), live: bool = False, **changes: Any) -> Case:
    turns = [turn("Do it again.", 1, heard=heard)]
    return Case(replay=replace(REPLAY, **changes), turns=turns, grades=grades, rubric=RUBRIC, live=live)


def blamed(looked_at: Case) -> tuple[str | None, list[str]]:
    found = blame_of(looked_at)
    return (found.blamed, [each.reason for each in found.evidence]) if found else (None, [])


@pytest.mark.parametrize(
    "looked_at",
    [
        case(graded(4, 4, 4)),
        case(),
        case(checks=(replace(FAILED_CHECK, required=False), replace(FAILED_CHECK, passed=True))),
        case(graded(0, 0, 0), state="stopped"),
        case(graded(0, 0, 0, state="pending", score=None, passed=None)),
        case(graded(0, 0, 0), graded(5, 5, 5)),
    ],
)
def test_a_case_that_did_not_fail_is_nobodys_fault(looked_at: Case) -> None:
    assert blame_of(looked_at) is None


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("The model service is not available.", "infrastructure"),
        ("The model did not answer in time.", "infrastructure"),
        (PERSON_FAILED, "person"),
        (PERSON_SILENT, "person"),
    ],
)
def test_a_replay_that_came_to_nothing_is_not_the_candidates_fault(text: str, who: str) -> None:
    found = blame_of(case(state="failed", error=ReplayFault(code="unavailable", text=text, turn=2)))
    assert found == Blame(blamed=who, evidence=(Evidence(turn=2, quote="", reason=text),))  # type: ignore[arg-type]


def test_a_judge_that_could_not_be_reached_is_infrastructure_and_one_that_gave_no_verdict_is_the_judge() -> None:
    busy = graded(0, 0, 0, state="failed", reason=f"{UNAVAILABLE} Busy.", score=None, passed=None)
    assert blamed(case(busy)) == ("infrastructure", [f"{UNAVAILABLE} Busy."])
    useless = replace(busy, reason=f"{UNUSABLE} Not JSON.")
    assert blamed(case(useless)) == ("judge", [f"{UNUSABLE} Not JSON."])
    assert blamed(case(graded(4, 4, 4), useless)) == (None, [])


def test_a_required_check_that_fails_is_the_candidates_also_when_the_judge_was_content() -> None:
    who, reasons = blamed(case(graded(4, 4, 4), checks=(FAILED_CHECK,)))
    assert who == "candidate"
    assert reasons[0] == "Check asks (regex): No question."


def test_a_judge_that_fails_what_a_person_passes_is_contradicted_by_the_persons_newest_mark() -> None:
    low, high = (
        graded(1, 1, 1, source="human", judge="olive", counts=False),
        graded(5, 4, 4, source="human", judge="olive", counts=False),
    )
    assert blamed(case(graded(2, 2, 2), low, high)) == (
        "judge",
        ["olive marked it with 13 points, one graded it with 6."],
    )
    assert blamed(case(graded(2, 2, 2), high, low))[0] == "candidate"


def test_a_failure_that_rests_on_levels_without_words_is_the_judges() -> None:
    assert blamed(case(graded(4, 4, 1, bare=(2,)))) == (
        "judge",
        ["structure: 1 points, and no words of the candidate show it."],
    )
    assert blamed(case(graded(1, 1, 1, bare=(2,))))[0] == "candidate"


def test_judges_two_levels_apart_on_what_decides_the_case_make_it_the_judges() -> None:
    mine = graded(1, 4, 4)
    assert blamed(case(mine, graded(3, 4, 4, judge="two", counts=False))) == (
        "judge",
        ["inquiry: one gave 1 points, two 3."],
    )
    assert blamed(case(mine, graded(2, 4, 4, judge="two", counts=False)))[0] == "candidate"
    assert blamed(case(graded(0, 0, 0), graded(3, 0, 0, judge="two", counts=False)))[0] == "candidate"


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (("Help me.", " "), "The simulated person said nothing."),
        (("I do not get it at all.", "I do not  get it at ALL."), "The simulated person repeats itself."),
        (("As an AI language model, I cannot feel.",), "The simulated person fell out of its role."),
    ],
)
def test_a_simulated_person_that_talks_nonsense_is_blamed_in_a_live_replay_only(
    heard: tuple[str, ...], reason: str
) -> None:
    found = blame_of(case(graded(1, 1, 1), heard=heard, live=True))
    assert found is not None
    assert (found.blamed, found.evidence[0].reason, found.evidence[0].turn) == ("person", reason, 1)
    assert blamed(case(graded(1, 1, 1), heard=heard))[0] == "candidate"


def test_short_words_may_be_said_twice() -> None:
    assert blamed(case(graded(1, 1, 1), heard=("Yes.", "Yes."), live=True))[0] == "candidate"


def test_everything_else_is_the_candidates_with_its_failing_checks_and_its_words() -> None:
    found = blame_of(case(graded(1, 4, 2), checks=(FAILED_CHECK,)))
    assert found is not None
    assert found.blamed == "candidate"
    assert [(each.turn, each.quote, each.reason) for each in found.evidence] == [
        (1, "", "Check asks (regex): No question."),
        (1, "Do it", "inquiry: 1 of 5 points. Because."),
        (1, "Do it", "structure: 2 of 5 points. Because."),
    ]
    assert blamed(case(checks=(FAILED_CHECK,))) == ("candidate", ["Check asks (regex): No question."])
    assert len(blame_of(case(graded(3, 3, 3))).evidence) == 3  # type: ignore[union-attr]


def test_evidence_is_bounded() -> None:
    many = tuple(replace(FAILED_CHECK, key=str(number), detail="x" * 5_000) for number in range(100))
    found = blame_of(case(checks=many))
    assert found is not None
    assert len(found.evidence) == EVIDENCE_MAX
    assert all(len(each.reason) <= 500 for each in found.evidence)

"""Verbs of grading a replay (Glow 6.9, 7.20): ask the panel, store what holds, tell it. Rights are checked before.

The panel are the judges of the benchmark; each makes a grade of its own. The first one's counts: it alone is told, and
the newest of its done grades is the score of the replay (6.4.2). The others show how far judges agree.
"""

from collections.abc import Sequence
from dataclasses import replace

from parlour.benchmarks import reading
from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import (
    FeedbackRow,
    Invocation,
    QuotedTurn,
    Replay,
    Test,
    TestGrade,
    TestGradeId,
)
from parlour.benchmarks.facts import ReplayGraded, ReplayGrading, ReplayGradingFailed
from parlour.benchmarks.judging import papers, store
from parlour.catalog.entities import Rubric
from parlour.grading import rules
from parlour.grading.asking import Judgement
from parlour.grading.prompt import Paper
from parlour.grading.rules import Level, clean
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

GRADE = "benchmarks.grade"

UNNAMED = ("",)
UNAVAILABLE = "The model service is not available."
UNUSABLE = "The judge gave no usable verdict."
GAVE_UP = "The replay could not be graded."


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeOn:
    """The body of the job that makes one grade."""

    grade_id: TestGradeId


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A pending grade and what it is made from; `replay` None: the recorded answers are judged."""

    test: Test
    grade: TestGrade
    replay: Replay | None
    paper: Paper


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why there is no grade: `reason` for the record, `code` and `text` for people."""

    reason: str
    code: str
    text: str


def judges_of(test: Test) -> tuple[str, ...]:
    """The panel of a test; `UNNAMED` is the grader of the settings alone."""
    return test.snapshot.judges or UNNAMED


def ask(tx: Tx, test: Test, invocation: Invocation, replay: Replay, requested_by: AccountId) -> TestGradeId:
    """Have a completed replay graded by the panel; the grade that will count.

    While that is being made it is not begun a second time. Raises `no_rubric`. The test is locked.
    """
    rubric = papers.rubric_of(tx, invocation.template)
    if rubric is None:
        raise Refusal("no_rubric", "This invocation has no rubric.")
    earlier = store.grades_of_replay(tx, replay.id)
    running = next((each for each in earlier if each.counts and each.state == "pending"), None)
    if running is not None:
        return running.id
    blank = _blank(tx, test, rubric, requested_by)
    blank = replace(
        blank,
        invocation_id=invocation.id,
        replay_id=replay.id,
        recording_id=replay.recording_id,
        created_at=_time_of_next(tx, earlier),
        time_taken=papers.seconds_of(replay),
    )
    grades = _panel(tx, test, blank)
    runs = reading.run_count(tx, test, replay)
    told = ReplayGrading(
        invocation_id=invocation.id,
        run_id=replay.id,
        grade_id=grades[0],
        current_run=runs.current_run,
        total_runs=runs.total_runs,
    )
    tx.announce(reading.rooms(test, invocation.id, requested_by), told)
    return grades[0]


def ask_recorded(tx: Tx, test: Test, requested_by: AccountId) -> list[TestGradeId]:
    """Have the recorded answers themselves judged by the panel, with the first candidate's rubric; told to nobody."""
    rubrics = (papers.rubric_of(tx, candidate) for candidate in test.snapshot.candidates)
    rubric = next((each for each in rubrics if each is not None), None)
    if rubric is None:
        return []
    asked: list[TestGradeId] = []
    for recording in reading.recordings_of(tx, test):
        blank = _blank(tx, test, rubric, requested_by)
        asked += _panel(tx, test, replace(blank, recording_id=recording.id, time_taken=max(1, recording.seconds)))
    return asked


def _time_of_next(tx: Tx, earlier: Sequence[TestGrade]) -> int:
    """Now, but after every earlier grade of the replay: what was asked for last is the newest (6.4.2)."""
    return max(tx.now_ms, *(each.created_at + 1 for each in earlier), 0)


def _blank(tx: Tx, test: Test, rubric: Rubric, requested_by: AccountId) -> TestGrade:
    return TestGrade(
        id=TestGradeId(""),
        test_id=test.id,
        invocation_id=None,
        replay_id=None,
        recording_id="",
        source="model",
        judge="",
        counts=False,
        state="pending",
        requested_by=requested_by,
        score=None,
        passed=None,
        time_taken=None,
        total_points=rubric.total_points,
        pass_points=rubric.pass_points,
        items=(),
        summary=None,
        reason=None,
        created_at=tx.now_ms,
        done_at=None,
    )


def _panel(tx: Tx, test: Test, blank: TestGrade) -> list[TestGradeId]:
    grades: list[TestGradeId] = []
    for position, judge in enumerate(judges_of(test)):
        grade = replace(blank, id=TestGradeId(tx.new_id()), judge=judge, counts=position == 0)
        store.insert_grade(tx, grade)
        tx.enqueue(GRADE, GradeOn(grade_id=grade.id))
        grades.append(grade.id)
    return grades


def read_case(tx: Tx, grade_id: TestGradeId) -> Case | None:
    """A pending grade with all that is needed; None if there is nothing to do any more."""
    grade = store.grade(tx, grade_id)
    if grade is None or grade.state != "pending":
        return None
    test = tests.test(tx, grade.test_id)
    if test is None:
        return None
    if grade.replay_id is None:
        return _recorded_case(tx, test, grade)
    replay = tests.replay(tx, grade.replay_id)
    invocation = tests.invocation(tx, replay.invocation_id) if replay else None
    rubric = papers.rubric_of(tx, invocation.template) if invocation else None
    if replay is None or invocation is None or rubric is None:
        raise LookupError("the replay that is being graded, or its rubric, is gone")
    recording = reading.recording_of(tx, replay)
    sheet = papers.Sheet(
        rubric=rubric,
        scenario=papers.scenario_of(tx, recording),
        recording=recording,
        turns=tests.turns_of(tx, replay.id),
        seed=test.plan.seed,
        candidate=invocation.template.id,
    )
    return Case(test=test, grade=grade, replay=replay, paper=papers.paper_of_replay(test, replay, sheet))


def _recorded_case(tx: Tx, test: Test, grade: TestGrade) -> Case:
    reference = next(each for each in test.snapshot.recordings if each.id == grade.recording_id)
    recording = reading.recording(tx, reference)
    rubrics = (papers.rubric_of(tx, candidate) for candidate in test.snapshot.candidates)
    rubric = next((each for each in rubrics if each is not None), None)
    if rubric is None:
        raise LookupError("the rubric that recorded answers are judged by is gone")
    scenario = papers.scenario_of(tx, recording)
    sheet = papers.Sheet(rubric=rubric, scenario=scenario, recording=recording, seed=test.plan.seed)
    return Case(test=test, grade=grade, replay=None, paper=papers.paper_of_recording(sheet))


def give(tx: Tx, case: Case, judgement: Judgement) -> bool:
    """Store a grade and tell it, if it is the one that counts; False if it has ended. The test is locked."""
    grade = case.grade
    levels = judgement.levels or ()
    rows = tuple(row_of(tx.new_id(), level) for level in levels)
    score = rules.score_of(row.total for row in rows)
    passed = rules.is_passed(score, grade.pass_points)
    summary = clean(judgement.verdict.summary)
    if not store.finish_grade(tx, grade.id, store.Result(score=score, passed=passed, summary=summary, items=rows)):
        return False
    if grade.counts and case.replay is not None:
        told = ReplayGraded(
            invocation_id=case.replay.invocation_id,
            run_id=case.replay.id,
            grade_id=grade.id,
            score=score,
            passed=passed,
            feedback=summary,
            total_points=grade.total_points,
            pass_points=grade.pass_points,
        )
        tx.announce(reading.rooms(case.test, case.replay.invocation_id, grade.requested_by), told)
    return True


def row_of(row_id: str, level: Level) -> FeedbackRow:
    """The row of one criterion: the points are those of the level, whatever a model wrote (6.4.1)."""
    return FeedbackRow(
        id=row_id,
        standard_group_id=level.group.id,
        standard_id=level.standard.id,
        total=level.standard.points,
        total_points=level.group.points,
        pass_points=level.group.pass_points,
        feedback=level.feedback,
        evidence=tuple(QuotedTurn(message_id=message_id, quote=quote) for message_id, quote in level.evidence),
        unsupported=not level.evidence,
    )


def fail(tx: Tx, test: Test, grade: TestGrade, failure: Failure) -> bool:
    """Give a grade up, and say so if it is the one that counts; False if it has ended. An earlier grade counts."""
    if not store.fail_grade(tx, grade.id, failure.reason):
        return False
    if grade.counts and grade.replay_id is not None and grade.invocation_id is not None:
        told = ReplayGradingFailed(
            test_id=test.id,
            invocation_id=grade.invocation_id,
            run_id=grade.replay_id,
            grade_id=grade.id,
            code=failure.code,
            text=failure.text,
        )
        tx.announce(reading.rooms(test, grade.invocation_id, grade.requested_by), told)
    return True

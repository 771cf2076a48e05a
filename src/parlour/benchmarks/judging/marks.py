"""How a person grades a replay: the scale that judges are measured with. A mark never changes a score."""

from collections.abc import Mapping

from parlour.benchmarks import access, reading, store
from parlour.benchmarks.entities import FeedbackRow, ReplayId, TestGrade, TestGradeId, TestId
from parlour.benchmarks.judging import blame, papers
from parlour.benchmarks.judging import store as grades
from parlour.catalog.entities import Rubric, Standard, StandardGroup
from parlour.grading import rules
from parlour.grading.rules import clean
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, invalid, not_found
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Marking:
    """A person's levels for a replay: for every standard group of the rubric one of its standards, by id."""

    test_id: TestId
    replay_id: ReplayId
    levels: Mapping[str, str]
    summary: str = ""


def mark(tx: Tx, actor: Actor, marking: Marking) -> TestGradeId:
    """Keep a person's mark of a completed replay; of several of one person the newest holds.

    Raises `not_found` and `forbidden` as for running the test, `run_not_completed`, `no_rubric`,
    `recording_erased`, and
    `invalid_request` for levels that are not exactly one of each group.
    """
    test = access.test_to_run(tx, actor, marking.test_id)
    replay = store.replay(tx, marking.replay_id)
    invocation = store.invocation(tx, replay.invocation_id) if replay else None
    if replay is None or invocation is None or replay.test_id != test.id:
        raise not_found("Run")
    if replay.state != "completed":
        raise Refusal("run_not_completed", "This run is not completed.")
    if replay.recording_id in test.erased:
        raise Refusal("recording_erased", reading.ERASED)
    rubric = papers.rubric_of(tx, invocation.template)
    if rubric is None:
        raise Refusal("no_rubric", "This invocation has no rubric.")
    rows = _rows(tx, rubric, marking.levels)
    score = rules.score_of(row.total for row in rows)
    earlier = grades.grades_of_replay(tx, replay.id)
    grade = TestGrade(
        id=TestGradeId(tx.new_id()),
        test_id=test.id,
        invocation_id=invocation.id,
        replay_id=replay.id,
        recording_id=replay.recording_id,
        source="human",
        judge=actor.user_id,
        counts=False,
        state="done",
        requested_by=actor.account_id,
        score=score,
        passed=rules.is_passed(score, rubric.pass_points),
        time_taken=papers.seconds_of(replay),
        total_points=rubric.total_points,
        pass_points=rubric.pass_points,
        items=rows,
        summary=clean(marking.summary),
        reason=None,
        created_at=max(tx.now_ms, *(each.created_at + 1 for each in earlier), 0),
        done_at=tx.now_ms,
    )
    grades.insert_grade(tx, grade)
    blame.note(tx, test, replay.id)
    return grade.id


def _rows(tx: Tx, rubric: Rubric, levels: Mapping[str, str]) -> tuple[FeedbackRow, ...]:
    unknown = sorted(levels.keys() - {group.id for group in rubric.groups})
    if unknown:
        raise invalid(f"/levels/{unknown[0]}", "the rubric has no such standard group")
    return tuple(_row(tx, group, _level(group, levels.get(group.id))) for group in rubric.groups)


def _level(group: StandardGroup, standard_id: str | None) -> Standard:
    found = next((each for each in group.standards if each.id == standard_id), None)
    if found is None:
        raise invalid(f"/levels/{group.id}", "one standard of this group is needed")
    return found


def _row(tx: Tx, group: StandardGroup, standard: Standard) -> FeedbackRow:
    return FeedbackRow(
        id=tx.new_id(),
        standard_group_id=group.id,
        standard_id=standard.id,
        total=standard.points,
        total_points=group.points,
        pass_points=group.pass_points,
        feedback="",
        evidence=(),
        unsupported=False,
    )

"""How far a replay and its grading are: for those who wait for the end of them (Glow 3.1, decision D4)."""

from parlour.benchmarks import store
from parlour.benchmarks.entities import TestGrade
from parlour.benchmarks.judging import store as judging
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What became of an end: a grade with its score, a grade that failed, or none."""

    grade_id: str | None = None
    score: int | None = None
    passed: bool | None = None
    feedback: str | None = None


def replay_is_over(tx: Tx, replay_id: str) -> bool:
    """Whether nothing more will be said in a replay."""
    replay = store.replay(tx, replay_id)
    return replay is None or replay.state not in ("queued", "running")


def grading_of(tx: Tx, replay_id: str, grade_id: str | None) -> Standing | None:
    """What became of a grade, or, without one, of a replay that is to be ended when it completes; None: nothing yet."""
    if grade_id is not None:
        return _of_grade(judging.grade(tx, grade_id))
    replay = store.replay(tx, replay_id)
    if replay is None or replay.state in ("stopped", "failed") or replay.ended == "closed":
        return Standing()
    if replay.state != "completed" or replay.end_wanted is not None:
        return None
    counting = [grade for grade in judging.grades_of_replay(tx, replay_id) if grade.counts]
    newest = counting[-1] if counting else None
    if replay.ended is None and (newest is None or newest.state != "failed"):
        return None
    return _of_grade(newest)


def _of_grade(grade: TestGrade | None) -> Standing | None:
    if grade is None:
        return Standing()
    match grade.state:
        case "pending":
            return None
        case "failed":
            return Standing(grade_id=grade.id)
        case "done":
            return Standing(grade_id=grade.id, score=grade.score, passed=grade.passed, feedback=grade.summary)

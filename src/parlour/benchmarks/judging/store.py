"""SQL over the grades and preferences of tests."""

from collections.abc import Mapping

import msgspec

from parlour.benchmarks.entities import (
    FeedbackRow,
    InvocationId,
    Preference,
    ReplayId,
    TestGrade,
    TestGradeId,
    TestId,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

_ITEMS = decoder_of(tuple[FeedbackRow, ...])
_QUOTES = decoder_of(dict[str, tuple[str, ...]])


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a done grade comes to."""

    score: int
    passed: bool
    summary: str
    items: tuple[FeedbackRow, ...]


def _grade(row: Row) -> TestGrade:
    return TestGrade(
        id=TestGradeId(row["id"]),
        test_id=TestId(row["test_id"]),
        invocation_id=InvocationId(row["invocation_id"]) if row["invocation_id"] else None,
        replay_id=ReplayId(row["replay_id"]) if row["replay_id"] else None,
        recording_id=row["recording_id"],
        source=row["source"],
        judge=row["judge"],
        counts=bool(row["counts"]),
        state=row["state"],
        requested_by=AccountId(row["requested_by"]),
        score=row["score"],
        passed=None if row["passed"] is None else bool(row["passed"]),
        time_taken=row["time_taken"],
        total_points=row["total_points"],
        pass_points=row["pass_points"],
        items=_ITEMS.decode(row["items"]),
        summary=row["summary"],
        reason=row["reason"],
        created_at=row["created_at"],
        done_at=row["done_at"],
    )


def insert_grade(tx: Tx, grade: TestGrade) -> None:
    tx.run(
        "INSERT INTO test_grades (id, test_id, invocation_id, replay_id, recording_id, source, judge, counts, state,"
        " requested_by, score, passed, time_taken, total_points, pass_points, items, summary, reason, created_at,"
        " done_at) VALUES (:id, :test_id, :invocation_id, :replay_id, :recording_id, :source, :judge, :counts, :state,"
        " :requested_by, :score, :passed, :time_taken, :total_points, :pass_points, :items, :summary, :reason,"
        " :created_at, :done_at)",
        id=grade.id,
        test_id=grade.test_id,
        invocation_id=grade.invocation_id,
        replay_id=grade.replay_id,
        recording_id=grade.recording_id,
        source=grade.source,
        judge=grade.judge,
        counts=int(grade.counts),
        state=grade.state,
        requested_by=grade.requested_by,
        score=grade.score,
        passed=None if grade.passed is None else int(grade.passed),
        time_taken=grade.time_taken,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        items=msgspec.json.encode(grade.items).decode(),
        summary=grade.summary,
        reason=grade.reason,
        created_at=grade.created_at,
        done_at=grade.done_at,
    )


def grade(tx: Tx, grade_id: str) -> TestGrade | None:
    row = tx.one("SELECT * FROM test_grades WHERE id = :id", id=grade_id)
    return _grade(row) if row else None


def grades_of(tx: Tx, test_id: str) -> list[TestGrade]:
    """Every grade of a test, by whomever, in any state, oldest first."""
    rows = tx.all("SELECT * FROM test_grades WHERE test_id = :id ORDER BY created_at, id", id=test_id)
    return [_grade(row) for row in rows]


def grades_of_replay(tx: Tx, replay_id: str) -> list[TestGrade]:
    """The same for a replay."""
    rows = tx.all("SELECT * FROM test_grades WHERE replay_id = :id ORDER BY created_at, id", id=replay_id)
    return [_grade(row) for row in rows]


def set_judge(tx: Tx, grade_id: TestGradeId, judge: str) -> None:
    """Who judges, where nobody was named."""
    tx.run("UPDATE test_grades SET judge = :judge WHERE id = :id AND judge = ''", id=grade_id, judge=judge)


def finish_grade(tx: Tx, grade_id: TestGradeId, result: Result) -> bool:
    sql = (
        "UPDATE test_grades SET state = 'done', score = :score, passed = :passed, summary = :summary, items = :items,"
        " done_at = :now WHERE id = :id AND state = 'pending'"
    )
    items = msgspec.json.encode(result.items).decode()
    params = {"score": result.score, "passed": int(result.passed), "summary": result.summary, "items": items}
    return tx.run(sql, id=grade_id, now=tx.now_ms, **params) > 0


def fail_grade(tx: Tx, grade_id: TestGradeId, reason: str) -> bool:
    sql = (
        "UPDATE test_grades SET state = 'failed', reason = :reason, done_at = :now WHERE id = :id AND state = 'pending'"
    )
    return tx.run(sql, id=grade_id, reason=reason, now=tx.now_ms) > 0


def _preference(row: Row) -> Preference:
    return Preference(
        id=row["id"],
        test_id=TestId(row["test_id"]),
        recording_id=row["recording_id"],
        repetition=row["repetition"],
        a_replay_id=ReplayId(row["a_replay_id"]),
        b_replay_id=ReplayId(row["b_replay_id"]),
        judge=row["judge"],
        shown_first=row["shown_first"],
        state=row["state"],
        choice=row["choice"],
        reason=row["reason"],
        quotes=_QUOTES.decode(row["quotes"]),
        created_at=row["created_at"],
        done_at=row["done_at"],
    )


def insert_preference(tx: Tx, preference: Preference) -> bool:
    """A new question; False if this judge was asked about these two in this order before."""
    sql = (
        "INSERT INTO preferences (id, test_id, recording_id, repetition, a_replay_id, b_replay_id, judge, shown_first,"
        " state, choice, reason, quotes, created_at, done_at) VALUES (:id, :test_id, :recording_id, :repetition,"
        " :a_replay_id, :b_replay_id, :judge, :shown_first, :state, :choice, :reason, :quotes, :created_at, :done_at)"
        " ON CONFLICT DO NOTHING"
    )
    added = tx.run(
        sql,
        id=preference.id,
        test_id=preference.test_id,
        recording_id=preference.recording_id,
        repetition=preference.repetition,
        a_replay_id=preference.a_replay_id,
        b_replay_id=preference.b_replay_id,
        judge=preference.judge,
        shown_first=preference.shown_first,
        state=preference.state,
        choice=preference.choice,
        reason=preference.reason,
        quotes=_json(preference.quotes),
        created_at=preference.created_at,
        done_at=preference.done_at,
    )
    return added > 0


def preference(tx: Tx, preference_id: str) -> Preference | None:
    row = tx.one("SELECT * FROM preferences WHERE id = :id", id=preference_id)
    return _preference(row) if row else None


def preferences_of(tx: Tx, test_id: str) -> list[Preference]:
    """Every choice of a test, in any state, oldest first."""
    rows = tx.all("SELECT * FROM preferences WHERE test_id = :id ORDER BY created_at, id", id=test_id)
    return [_preference(row) for row in rows]


def preferences_of_replay(tx: Tx, replay_id: str) -> list[Preference]:
    """The choices between a replay and others, in any state, oldest first."""
    sql = "SELECT * FROM preferences WHERE a_replay_id = :id OR b_replay_id = :id ORDER BY created_at, id"
    return [_preference(row) for row in tx.all(sql, id=replay_id)]


def is_compared(tx: Tx, a_replay_id: ReplayId, b_replay_id: ReplayId) -> bool:
    """Whether any judge was asked about these two."""
    sql = "SELECT id FROM preferences WHERE a_replay_id = :a AND b_replay_id = :b LIMIT 1"
    return tx.one(sql, a=a_replay_id, b=b_replay_id) is not None


def finish_preference(tx: Tx, done: Preference) -> bool:
    sql = (
        "UPDATE preferences SET state = 'done', choice = :choice, reason = :reason, quotes = :quotes, judge = :judge,"
        " done_at = :now WHERE id = :id AND state = 'pending'"
    )
    params = {"choice": done.choice, "reason": done.reason, "quotes": _json(done.quotes), "judge": done.judge}
    return tx.run(sql, id=done.id, now=tx.now_ms, **params) > 0


def fail_preference(tx: Tx, failed: Preference) -> bool:
    sql = (
        "UPDATE preferences SET state = 'failed', reason = :reason, judge = :judge, done_at = :now"
        " WHERE id = :id AND state = 'pending'"
    )
    return tx.run(sql, id=failed.id, reason=failed.reason, judge=failed.judge, now=tx.now_ms) > 0


def _json(quotes: Mapping[str, tuple[str, ...]]) -> str:
    return msgspec.json.encode(quotes).decode()

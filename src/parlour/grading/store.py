"""SQL over grades and their items."""

from collections.abc import Sequence

import msgspec

from parlour.grading.entities import (
    Analysis,
    Feedback,
    Grade,
    GradeRequest,
    Highlight,
    Improvement,
    Items,
    Remark,
    Replacement,
    ResourceType,
    Strength,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode, decoder_of
from parlour.kernel.ids import AccountId, ChatId, GradeId, MessageId
from parlour.storage.tx import Row, Tx

_REQUEST = decoder_of(GradeRequest)
_KINDS: dict[ResourceType, type[Feedback | Remark]] = {
    "feedbacks": Feedback,
    "strengths": Strength,
    "highlights": Highlight,
    "improvements": Improvement,
    "replacements": Replacement,
    "analyses": Analysis,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a done grade comes to."""

    score: int
    passed: bool
    summary: str


def _grade(row: Row) -> Grade:
    return Grade(
        id=GradeId(row["id"]),
        chat_id=ChatId(row["chat_id"]),
        run_id=row["run_id"],
        state=row["state"],
        source=row["source"],
        source_grade_id=GradeId(row["source_grade_id"]) if row["source_grade_id"] else None,
        requested_by=AccountId(row["requested_by"]),
        score=row["score"],
        passed=None if row["passed"] is None else bool(row["passed"]),
        time_taken=row["time_taken"],
        total_points=row["total_points"],
        pass_points=row["pass_points"],
        summary=row["summary"],
        reason=row["reason"],
        created_at=row["created_at"],
        done_at=row["done_at"],
        branch_message_id=MessageId(row["branch_message_id"]) if row["branch_message_id"] else None,
    )


def insert(tx: Tx, grade: Grade, request: GradeRequest) -> None:
    tx.run(
        "INSERT INTO grades (id, chat_id, run_id, state, source, source_grade_id, requested_by, request,"
        " branch_message_id, score, passed, time_taken, total_points, pass_points, summary, created_at, done_at)"
        " VALUES (:id, :chat_id, :run_id, :state, :source, :source_grade_id, :requested_by, :request,"
        " :branch_message_id, :score, :passed, :time_taken, :total_points, :pass_points, :summary, :created_at,"
        " :done_at)",
        id=grade.id,
        chat_id=grade.chat_id,
        run_id=grade.run_id,
        state=grade.state,
        source=grade.source,
        source_grade_id=grade.source_grade_id,
        requested_by=grade.requested_by,
        request=msgspec.json.encode(request).decode(),
        branch_message_id=grade.branch_message_id,
        score=grade.score,
        passed=None if grade.passed is None else int(grade.passed),
        time_taken=grade.time_taken,
        total_points=grade.total_points,
        pass_points=grade.pass_points,
        summary=grade.summary,
        created_at=grade.created_at,
        done_at=grade.done_at,
    )


def grade(tx: Tx, grade_id: GradeId) -> tuple[Grade, GradeRequest] | None:
    row = tx.one("SELECT * FROM grades WHERE id = :id", id=grade_id)
    return (_grade(row), _REQUEST.decode(row["request"])) if row else None


def grades_of(tx: Tx, chat_ids: Sequence[ChatId]) -> list[Grade]:
    names = ", ".join(f":chat_{index}" for index in range(len(chat_ids)))
    params = {f"chat_{index}": chat_id for index, chat_id in enumerate(chat_ids)}
    rows = tx.all(f"SELECT * FROM grades WHERE chat_id IN ({names}) ORDER BY created_at, id", **params)  # noqa: S608
    return [_grade(row) for row in rows]


def requests_of(tx: Tx, chat_id: ChatId) -> dict[GradeId, GradeRequest]:
    rows = tx.all("SELECT id, request FROM grades WHERE chat_id = :id", id=chat_id)
    return {GradeId(row["id"]): _REQUEST.decode(row["request"]) for row in rows}


def begin(tx: Tx, grade_id: GradeId, time_taken: int) -> bool:
    sql = "UPDATE grades SET time_taken = :taken WHERE id = :id AND state = 'pending' AND time_taken IS NULL"
    return tx.run(sql, id=grade_id, taken=time_taken) > 0


def finish(tx: Tx, grade_id: GradeId, result: Result) -> bool:
    sql = (
        "UPDATE grades SET state = 'done', score = :score, passed = :passed, summary = :summary, done_at = :now"
        " WHERE id = :id AND state = 'pending'"
    )
    params = {"score": result.score, "passed": int(result.passed), "summary": result.summary}
    return tx.run(sql, id=grade_id, now=tx.now_ms, **params) > 0


def fail(tx: Tx, grade_id: GradeId, reason: str) -> bool:
    sql = "UPDATE grades SET state = 'failed', reason = :reason, done_at = :now WHERE id = :id AND state = 'pending'"
    return tx.run(sql, id=grade_id, reason=reason, now=tx.now_ms) > 0


def insert_items(tx: Tx, grade_id: GradeId, items: Items) -> None:
    rows = [
        {
            "id": entry.id,
            "grade_id": grade_id,
            "kind": _NAMES[type(entry)],
            "number": number,
            "body": msgspec.json.encode(entry).decode(),
        }
        for number, entry in enumerate((*items.feedbacks, *items.remarks))
    ]
    sql = "INSERT INTO grade_items (id, grade_id, kind, number, body) VALUES (:id, :grade_id, :kind, :number, :body)"
    tx.many(sql, rows)


def items_of(tx: Tx, *grade_ids: GradeId) -> dict[GradeId, Items]:
    names = ", ".join(f":grade_{index}" for index in range(len(grade_ids)))
    params = {f"grade_{index}": grade_id for index, grade_id in enumerate(grade_ids)}
    feedbacks: dict[GradeId, list[Feedback]] = {grade_id: [] for grade_id in grade_ids}
    remarks: dict[GradeId, list[Remark]] = {grade_id: [] for grade_id in grade_ids}
    sql = f"SELECT grade_id, kind, body FROM grade_items WHERE grade_id IN ({names}) ORDER BY grade_id, number"  # noqa: S608
    for row in tx.all(sql, **params):
        kind: ResourceType = row["kind"]
        entry = decode(row["body"], _KINDS[kind])
        if isinstance(entry, Feedback):
            feedbacks[row["grade_id"]].append(entry)
        else:
            remarks[row["grade_id"]].append(entry)
    return {each: Items(feedbacks=tuple(feedbacks[each]), remarks=tuple(remarks[each])) for each in grade_ids}

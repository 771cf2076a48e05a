"""CSV (RFC 4180): one row a chat, for spreadsheets. UTF-8 with a byte order mark, which they need."""

import csv
import io
from collections.abc import Sequence

from parlour.attempts import detail_shapes as shapes
from parlour.attempts.exports.records import Record
from parlour.grading.rules import percentage

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
COLUMNS = (
    "attempt_id",
    "profile_id",
    "profile_name",
    "practice",
    "training_id",
    "simulation_id",
    "simulation_name",
    "cohort_id",
    "department_id",
    "attempt_created_at",
    "attempt_ended_at",
    "attempt_state",
    "infinite_mode",
    "is_archived",
    "chat_id",
    "position",
    "title",
    "scenario_id",
    "chat_created_at",
    "chat_completed_at",
    "completed",
    "learner_messages",
    "persona_messages",
    "questions_answered",
    "questions_correct",
    "grade_state",
    "grade_source",
    "score",
    "total_points",
    "pass_points",
    "percentage",
    "passed",
    "time_taken_seconds",
    "summary",
    "spoken_messages",
    "learner_speech_seconds",
    "persona_speech_seconds",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | bool | None


def head() -> bytes:
    """The byte order mark and the names of the columns."""
    return BYTE_ORDER_MARK + _written([COLUMNS])


def rows(record: Record) -> bytes:
    """A row a chat; an attempt without chats has one row with empty cells for the chat."""
    attempt = _attempt(record)
    made = [attempt | _chat(record, chat) for chat in record.chats] or [attempt]
    return _written([[safe(row.get(name)) for name in COLUMNS] for row in made])


def safe(cell: Cell) -> str:
    """A cell that no spreadsheet takes for a formula; booleans are `true` and `false`, None is empty."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return str(cell)


def _written(made: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(made)
    return text.getvalue().encode("utf-8", "replace")


def _attempt(record: Record) -> dict[str, Cell]:
    attempt, shown = record.attempt, record.detail.attempt
    return {
        "attempt_id": attempt.id,
        "profile_id": attempt.account_id,
        "profile_name": shown.profile_name,
        "practice": attempt.practice,
        "training_id": attempt.entry_id,
        "simulation_id": attempt.simulation_id,
        "simulation_name": attempt.name,
        "cohort_id": attempt.cohort_id,
        "department_id": shown.department_id,
        "attempt_created_at": shown.created_at,
        "attempt_ended_at": record.ended_at,
        "attempt_state": attempt.state,
        "infinite_mode": attempt.infinite_mode,
        "is_archived": attempt.archived,
    }


def _chat(record: Record, chat: shapes.Chat) -> dict[str, Cell]:
    said = [message.type for message in record.messages(chat) if message.on_active_path]
    spoken, replies = record.utterances(chat), record.spoken_replies(chat)
    scored = [response for response in record.responses(chat) if response.scored]
    row: dict[str, Cell] = {
        "chat_id": chat.id,
        "position": chat.position,
        "title": chat.title,
        "scenario_id": chat.scenario_id,
        "chat_created_at": chat.created_at,
        "chat_completed_at": chat.completed_at,
        "completed": chat.completed,
        "learner_messages": said.count("query"),
        "persona_messages": said.count("response"),
        "questions_answered": len(scored),
        "questions_correct": sum(response.is_correct for response in scored),
        "spoken_messages": sum(utterance.state == "said" for utterance in spoken),
        "learner_speech_seconds": round(sum(utterance.audio_ms for utterance in spoken) / 1000, 1),
        "persona_speech_seconds": round(sum(heard.heard_ms for heard in replies) / 1000, 1),
    }
    grade = chat.grade
    if grade is not None:
        row |= {
            "grade_state": grade.state,
            "grade_source": grade.source,
            "score": grade.score,
            "total_points": grade.total_points,
            "pass_points": grade.pass_points,
            "percentage": None if grade.score is None else percentage(grade.score, grade.total_points),
            "passed": grade.passed,
            "time_taken_seconds": grade.time_taken,
            "summary": grade.description,
        }
    return row

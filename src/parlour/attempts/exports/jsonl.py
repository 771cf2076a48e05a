"""JSON Lines: one object a line, each of which says what it is (`kind`) and what it belongs to."""

from collections.abc import Iterator

import msgspec

from parlour.attempts import detail_shapes as shapes
from parlour.attempts.exports.records import Record, Response, feedbacks_of, text_of
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.grading.rules import percentage
from parlour.kernel.clock import rfc3339

SCHEMA = "parlour-attempt/1"

Line = dict[str, object]


def lines(record: Record) -> bytes:
    """The attempt, then each chat with its messages, what was spoken, answers and grade."""
    return b"".join(msgspec.json.encode(line) + b"\n" for line in _lines(record))


def end(attempts: int, next_cursor: str | None) -> bytes:
    """The last line: a file without it was cut off."""
    return msgspec.json.encode({"kind": "end", "attempts": attempts, "next_cursor": next_cursor}) + b"\n"


def _lines(record: Record) -> Iterator[Line]:
    yield _attempt(record)
    for chat in record.chats:
        ids: Line = {"attempt_id": record.attempt.id, "chat_id": chat.id}
        yield {"kind": "chat"} | ids | _chat(record, chat)
        for message in record.messages(chat):
            yield {"kind": "message"} | ids | _message(record, message)
        for utterance in record.utterances(chat):
            yield {"kind": "utterance"} | ids | _utterance(utterance)
        for heard in record.spoken_replies(chat):
            yield {"kind": "spoken_reply"} | ids | _spoken_reply(heard)
        for response in record.responses(chat):
            yield {"kind": "response"} | ids | _response(response)
        if chat.grade:
            yield {"kind": "grade"} | ids | _grade(record, chat, chat.grade)


def _attempt(record: Record) -> Line:
    attempt, shown = record.attempt, record.detail.attempt
    return {
        "kind": "attempt",
        "schema": SCHEMA,
        "attempt_id": attempt.id,
        "profile_id": attempt.account_id,
        "profile_name": shown.profile_name,
        "practice": attempt.practice,
        "home_id": None if attempt.practice else attempt.entry_id,
        "practice_id": attempt.entry_id if attempt.practice else None,
        "simulation_id": attempt.simulation_id,
        "simulation_name": attempt.name,
        "cohort_id": attempt.cohort_id,
        "department_ids": attempt.department_ids,
        "state": attempt.state,
        "created_at": shown.created_at,
        "ended_at": record.ended_at,
        "infinite_mode": attempt.infinite_mode,
        "is_archived": attempt.archived,
        "num_chats": attempt.num_chats,
        "results": record.detail.aggregated_results,
    }


def _chat(record: Record, chat: shapes.Chat) -> Line:
    personas = record.detail.resources.personas
    return {
        "chat_entry_id": chat.chat_entry_id,
        "position": chat.position,
        "title": chat.title,
        "scenario_id": chat.scenario_id,
        "personas": [{"id": key, "name": personas[key].name} for key in chat.persona_ids if key in personas],
        "created_at": chat.created_at,
        "expires_at": chat.expires_at,
        "completed": chat.completed,
        "completed_at": chat.completed_at,
        "source_chat_id": chat.source_chat_id,
    }


def _message(record: Record, message: shapes.Message) -> Line:
    return {
        "message_id": message.id,
        "number": message.number,
        "type": message.type,
        "speaker": record.speaker(message),
        "parent_message_id": message.parent_message_id,
        "on_active_path": message.on_active_path,
        "status": message.status,
        "created_at": message.created_at,
        "content": text_of(message),
        "contents": [
            {"persona_id": each.persona_id, "idx": each.idx, "content": each.content} for each in message.contents
        ],
        "hints": [hint.hint for hint in message.hints],
    }


def _utterance(utterance: Utterance) -> Line:
    said = utterance.state == "said"
    disputed: Line = {
        "state": utterance.dispute,
        "text": utterance.disputed_text,
        "disputed_at": _time(utterance.disputed_at),
        "decided_at": _time(utterance.decided_at),
    }
    return {
        "item_id": utterance.id,
        "message_id": utterance.message_id if said else None,
        "state": utterance.state,
        "engine": utterance.engine,
        "language": utterance.language,
        "text": utterance.text,
        "words": utterance.words,
        "milliseconds": utterance.audio_ms,
        "recording": utterance.upload_id,
        "sha256": utterance.sha256,
        "dispute": disputed if utterance.dispute else None,
        "replaced_text": utterance.replaced_text,
        "started_at": rfc3339(utterance.started_at),
        "ended_at": _time(utterance.ended_at),
    }


def _spoken_reply(heard: Heard) -> Line:
    return {
        "message_id": heard.message_id,
        "state": heard.state,
        "text": heard.text,
        "heard": heard.text[: heard.heard_characters],
        "sent_characters": heard.sent_characters,
        "heard_characters": heard.heard_characters,
        "sent_milliseconds": heard.sent_ms,
        "heard_milliseconds": heard.heard_ms,
        "measured": heard.measured,
        "started_at": rfc3339(heard.started_at),
        "ended_at": _time(heard.ended_at),
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(at_ms)


def _response(response: Response) -> Line:
    return {
        "response_id": response.id,
        "question_id": response.question_id,
        "question_text": response.question_text,
        "option_ids": response.option_ids,
        "option_texts": [response.options.get(key, "") for key in response.option_ids],
        "correct_option_ids": response.correct_option_ids,
        "is_correct": response.is_correct,
        "scored": response.scored,
        "created_at": response.created_at,
    }


def _grade(record: Record, chat: shapes.Chat, grade: shapes.Grade) -> Line:
    remarks = feedbacks_of(record, chat)
    return {
        "grade_id": grade.id,
        "state": grade.state,
        "source": grade.source,
        "score": grade.score,
        "total_points": grade.total_points,
        "pass_points": grade.pass_points,
        "percentage": None if grade.score is None else percentage(grade.score, grade.total_points),
        "passed": grade.passed,
        "time_taken": grade.time_taken,
        "summary": grade.description,
        "done_at": record.graded_at.get(grade.id),
        "feedbacks": chat.feedbacks,
        "strengths": [each for each in remarks if each.type == "strength"],
        "improvements": [each for each in remarks if each.type == "improvement"],
        "analyses": chat.analyses,
    }

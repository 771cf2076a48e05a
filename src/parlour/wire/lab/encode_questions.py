"""The question object as JSON (lab protocol 6.2), and what its events tell (12). Needs nothing but the question."""

from collections.abc import Mapping

from parlour.assistant.questions.entities import Question
from parlour.assistant.questions.schemas import answer_schema
from parlour.kernel.clock import rfc3339


def question(asked: Question) -> dict[str, object]:
    """Every member of 6.2, null where it does not apply; `note` is what the assignee was told."""
    body, operation = asked.body, asked.body.operation
    select = asked.kind == "select"
    return {
        "question_id": asked.id,
        "turn_id": asked.subject,
        "message_id": asked.message_id,
        "kind": asked.kind,
        "text": body.text,
        "operation": None
        if operation is None
        else {
            "tool": operation.tool,
            "title": operation.title,
            "arguments": operation.arguments,
            "digest": operation.digest,
        },
        "fields": _fields(asked) if asked.kind in ("collect", "verify") else None,
        "options": _options(asked) if select else None,
        "min": body.min if select else None,
        "max": body.max if select else None,
        "proposal": body.proposal,
        "answer_schema": answer_schema(asked),
        "state": asked.state,
        "asked_at": rfc3339(asked.created_at),
        "expires_at": _time(asked.deadline_at),
        "on_expiry": asked.on_expiry,
        "assigned_to": asked.assigned_user,
        "answered_by": asked.answered_user,
        "answered_at": _time(asked.settled_at) if asked.state in ("answered", "expired") else None,
        "answer": asked.answer,
        "references": _sizes(asked),
        "references_detail": [_reference(each) for each in body.references],
        "extra_info": body.extra_info,
        "note": body.note,
    }


def settled(asked: Question) -> dict[str, object]:
    """The body of `question_answered`, `question_expired` and `question_cancelled`."""
    return {
        "question_id": asked.id,
        "turn_id": asked.subject,
        "state": asked.state,
        "answered_by": asked.answered_user,
        "answer": asked.answer,
    }


def _fields(asked: Question) -> list[dict[str, object]]:
    return [
        {
            "key": item.key,
            "label": item.label,
            "type": item.type,
            "required": item.required,
            "value": item.value,
            **({"choices": list(item.choices)} if item.choices else {}),
        }
        for item in asked.body.items
    ]


def _options(asked: Question) -> list[dict[str, object]]:
    return [
        {"index": option.index, "id": option.id, "title": option.title, "detail": option.detail}
        for option in asked.body.options
    ]


def _sizes(asked: Question) -> dict[str, object]:
    return {
        str(each["file"]): each.get("size")
        for each in asked.body.references
        if each.get("file") is not None and each.get("size") is not None
    }


def _reference(found: Mapping[str, object]) -> dict[str, object]:
    logged_at = found.get("logged_at")
    return {**found, "logged_at": rfc3339(logged_at) if isinstance(logged_at, int) else None}


def _time(at: int | None) -> str | None:
    return rfc3339(at) if at is not None else None

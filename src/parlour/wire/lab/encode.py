"""What the assistant says as JSON objects (lab protocol 4.1 to 4.3, 5.4). Clients bear members they do not know."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Literal

from parlour.assistant.entities import LabMessage, Language, Reference
from parlour.assistant.mailbox.entities import Reply, Standing
from parlour.assistant.sentences import sentence
from parlour.kernel.clock import rfc3339
from parlour.wire.lab import encode_questions

SpeechForm = Literal["path", "map"]
_MEMBERS = tuple(field.name for field in fields(Reference))


def reference(found: Reference) -> dict[str, object]:
    """A reference object (4.3): every member, null where it does not apply."""
    made: dict[str, object] = {name: getattr(found, name) for name in _MEMBERS}
    made["logged_at"] = None if found.logged_at is None else rfc3339(found.logged_at)
    return made


def sizes(references: Iterable[Reference]) -> dict[str, int]:
    """`references`: the distinct handles and their sizes."""
    return {each.file: each.size for each in references if each.file is not None and each.size is not None}


def message(said: LabMessage) -> dict[str, object]:
    """A message as the history shows it (5.4)."""
    references = tuple(dict.fromkeys(said.references))
    return {
        "message_id": said.id,
        "order": said.ordinal,
        "role": said.role,
        "kind": said.kind,
        "text": said.text,
        "author_id": said.author_id,
        "created_at": rfc3339(said.created_at),
        "turn_id": said.turn_id,
        "question_id": said.pause_id,
        "files": dict(said.files),
        "speech": said.speech,
        "references": sizes(references),
        "references_detail": [reference(each) for each in references],
        "extra_info": said.extra_info,
        "error": said.error,
        "read": said.read,
    }


def reply(found: Reply, form: SpeechForm) -> dict[str, object]:
    """A reply (4.1, 4.2): in speech without `reply_text`, whose presence would make clients ignore the audio."""
    said = found.message
    references = tuple(dict.fromkeys(said.references))
    made = _words(said, form) | {
        "valid": True,
        "references": sizes(references),
        "error": said.error,
        "inner_chat": said.kind == "question",
        "extra_info": said.extra_info,
        "turn_id": said.turn_id,
        "message_id": said.id,
        "references_detail": [reference(each) for each in references],
        "question": None if found.question is None else encode_questions.question(found.question),
        "pending": found.pending,
    }
    return made


def placeholder(standing: Standing, otherwise: Language, error: str | None = None) -> dict[str, object]:
    """Nothing to show yet: ask again (4.1). `otherwise`: the language if the person's is not known."""
    return {
        "reply_text": sentence(standing.language or otherwise, "mailbox.wait"),
        "valid": False,
        "references": {},
        "error": error,
        "inner_chat": False,
        "extra_info": None,
        "turn_id": standing.turn_id,
        "message_id": None,
        "references_detail": [],
        "question": None,
        "pending": 0,
    }


def _words(said: LabMessage, form: SpeechForm) -> dict[str, object]:
    if said.speech is None:
        return {"reply_text": said.text}
    speech: object = {said.speech: said.files.get(said.speech, 0)} if form == "map" else said.speech
    return {"reply_speech": speech, "transcript": said.text}

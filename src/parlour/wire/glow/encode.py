"""Facts as Glow events: one function a fact, needing nothing but the fact (Glow 9).

A frame is made once for every form in which watchers need it and kept on the event, so that a
room of a hundred costs one encoding.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from parlour.attempts import facts as attempts
from parlour.attempts import presence
from parlour.attempts.voice.holders import ReplySound
from parlour.benchmarks.facts import ReplayTextCompacted
from parlour.conversations import facts as conversations
from parlour.drafts import facts as drafts
from parlour.events.facts import fact_of
from parlour.grading import facts as grading
from parlour.kernel.clock import rfc3339
from parlour.storage.dialects import Logged
from parlour.wire.glow import encode_drafts, encode_speech, encode_tests

Said = tuple[str, dict[str, object]]
_Compacted = conversations.TextCompacted | conversations.SpeechCompacted | ReplayTextCompacted

_json = msgspec.json.encode
_TEXT_ADDED = conversations.TextAdded.__name__
_COMPACTED = frozenset(
    kind.__name__ for kind in (conversations.TextCompacted, conversations.SpeechCompacted, ReplayTextCompacted)
)


def _fields(fact: object) -> dict[str, object]:
    return cast("dict[str, object]", msgspec.to_builtins(fact))


def _learner_message(fact: conversations.LearnerMessageAdded) -> Said:
    return "attempt_user_complete", _fields(fact) | {"created_at": rfc3339(fact.created_at)}


def _reply_started(fact: conversations.ReplyStarted) -> Said:
    return "attempt_assistant_start", _fields(fact) | {"created_at": rfc3339(fact.created_at)}


def _text_added(fact: conversations.TextAdded | conversations.TextCompacted) -> Said:
    return "attempt_progress", {
        "chat_id": fact.chat_id,
        "content_type": "delta",
        "content": fact.text,
        "audio": None,
        "message_id": fact.message_id,
        "persona_id": fact.persona_id,
        "content_idx": fact.content_idx,
    }


def _text_reset(fact: conversations.TextReset) -> Said:
    said: dict[str, object] = {"chat_id": fact.chat_id, "content_type": "reset", "content": "", "audio": None}
    return "attempt_progress", said | {"message_id": fact.message_id}


def _reply_completed(fact: conversations.ReplyCompleted) -> Said:
    return "attempt_assistant_complete", _fields(fact) | {"created_at": rfc3339(fact.created_at)}


def _reply_stopped(fact: conversations.ReplyStopped) -> Said:
    return "attempt_stopped", _fields(fact) | {"success": True, "message": None}


def _reply_failed(fact: conversations.ReplyFailed) -> Said:
    return "attempt_error", {
        "chat_id": fact.chat_id,
        "attempt_id": fact.attempt_id,
        "type": "send",
        "message": fact.text,
        "code": fact.code,
        "status": 503 if fact.code == "unavailable" else 500,
    }


def _of_grade(fact: object) -> dict[str, object]:
    """The members of what is told about a grade: `branch_message_id` only for a branch."""
    members = _fields(fact)
    if members["branch_message_id"] is None:
        del members["branch_message_id"]
    return members


def _grading_started(fact: grading.GradingStarted) -> Said:
    said = {"resource_type": None, "entry": None, "completed_count": 0}
    return "attempt_grading_progress", _of_grade(fact) | said


def _feedback_given(fact: grading.FeedbackGiven) -> Said:
    return "attempt_grading_progress", _of_grade(fact) | {"resource_type": "feedbacks"}


def _remark_given(fact: grading.RemarkGiven) -> Said:
    return "attempt_content_progress", _of_grade(fact)


def _grade_given(fact: grading.GradeGiven) -> Said:
    return "attempt_graded", _of_grade(fact)


def _grading_failed(fact: grading.GradingFailed) -> Said:
    members = _of_grade(fact)
    said: dict[str, object] = {
        "type": "grade",
        "message": members.pop("text"),
        "status": 503 if fact.code == "unavailable" else 500,
    }
    return "attempt_error", members | said


def _response_given(fact: attempts.ResponseGiven) -> Said:
    return "attempt_response_result", _fields(fact) | {"success": True, "created_at": rfc3339(fact.created_at)}


def _named(event: str) -> Callable[[Any], Said]:
    return lambda fact: (event, _fields(fact))


ENCODERS: Mapping[str, Callable[[Any], Said]] = {
    conversations.LearnerMessageAdded.__name__: _learner_message,
    conversations.ReplyStarted.__name__: _reply_started,
    conversations.TextAdded.__name__: _text_added,
    conversations.TextCompacted.__name__: _text_added,
    conversations.TextReset.__name__: _text_reset,
    conversations.HintsAdded.__name__: _named("attempt_hint_progress"),
    conversations.BranchLabelled.__name__: _named("attempt_branch_labelled"),
    conversations.ReplyCompleted.__name__: _reply_completed,
    conversations.ReplyStopped.__name__: _reply_stopped,
    conversations.ReplyFailed.__name__: _reply_failed,
    attempts.AttemptStarted.__name__: _named("attempt_started"),
    attempts.ChatStarted.__name__: _named("attempt_chat_started"),
    attempts.ChatEnded.__name__: _named("attempt_chat_ended"),
    attempts.AttemptEnded.__name__: _named("attempt_ended"),
    attempts.ResponseGiven.__name__: _response_given,
    attempts.PreparationFailed.__name__: encode_drafts.preparation_failed,
    drafts.GenerationAdvanced.__name__: _named("generation_progress"),
    drafts.ValueTold.__name__: encode_drafts.value_told,
    drafts.GenerationSaved.__name__: _named("generation_saved"),
    drafts.GenerationCompleted.__name__: _named("generation_complete"),
    drafts.GenerationFailed.__name__: encode_drafts.generation_failed,
    presence.PresenceChanged.__name__: _named("attempt_presence"),
    grading.GradingStarted.__name__: _grading_started,
    grading.FeedbackGiven.__name__: _feedback_given,
    grading.RemarkGiven.__name__: _remark_given,
    grading.GradeGiven.__name__: _grade_given,
    grading.GradingFailed.__name__: _grading_failed,
    **encode_speech.ENCODERS,
    **encode_tests.ENCODERS,
}


def said(event: Logged, places: Sequence[tuple[str, int]], epoch: str) -> Said | None:
    """The name and payload of an event for a reader of `places`; None if Glow does not tell it."""
    encoder = ENCODERS.get(event.kind)
    if encoder is None:
        return None
    name, payload = encoder(fact_of(event))
    return name, payload | {"_meta": meta(event, places, epoch)}


def meta(event: Logged, places: Sequence[tuple[str, int]], epoch: str) -> dict[str, object]:
    """`_meta` of a logged event (5.2); `also` lists further rooms of the same reader, `from` what was compacted."""
    room, seq = places[0]
    found: dict[str, object] = {
        "id": f"{epoch}-{event.pos}",
        "at": rfc3339(event.at),
        "room": room,
        "epoch": epoch,
        "seq": seq,
    }
    if len(places) > 1:
        found["also"] = [{"room": other, "epoch": epoch, "seq": number} for other, number in places[1:]]
    if event.kind in _COMPACTED:
        found["from"] = cast("_Compacted", fact_of(event)).from_seq
    return found


def packet(event: Logged, places: Sequence[tuple[str, int]], epoch: str, offset: str | None) -> str | None:
    """The Socket.IO packet of an event: `2["name",{...},"offset"]`, None if Glow does not tell it."""
    key = (tuple(places), offset)
    if key not in event.encoded:
        event.encoded[key] = _packet(event, places, epoch, offset)
    return cast("str | None", event.encoded[key])


def _packet(event: Logged, places: Sequence[tuple[str, int]], epoch: str, offset: str | None) -> str | None:
    if event.kind == _TEXT_ADDED and len(places) == 1:
        return _text_packet(cast("conversations.TextAdded", fact_of(event)), event, (*places[0], epoch), offset)
    found = said(event, places, epoch)
    return None if found is None else event_packet(found[0], found[1], offset)


def _text_packet(fact: conversations.TextAdded, event: Logged, place: tuple[str, int, str], offset: str | None) -> str:
    """The same as `said` would give, written down directly: most of what a server sends is this."""
    room, seq, epoch = place
    persona = "null" if fact.persona_id is None else f'"{fact.persona_id}"'
    end = "]" if offset is None else f',"{offset}"]'
    return (
        f'2["attempt_progress",{{"chat_id":"{fact.chat_id}","content_type":"delta",'
        f'"content":{_json(fact.text).decode()},"audio":null,"message_id":"{fact.message_id}",'
        f'"persona_id":{persona},"content_idx":{fact.content_idx},"_meta":{{"id":"{epoch}-{event.pos}",'
        f'"at":"{rfc3339(event.at)}","room":"{room}","epoch":"{epoch}","seq":{seq}}}}}{end}'
    )


def event_packet(name: str, payload: Mapping[str, object], offset: str | None) -> str:
    """A Socket.IO EVENT packet of the namespace `/`."""
    return "2" + _json([name, payload] if offset is None else [name, payload, offset]).decode()


def sound_packet(sound: ReplySound, meta: Mapping[str, object]) -> str:
    """The packet of a piece of a spoken reply; its sound follows as the attachment (3.5 of Socket.IO protocol 5)."""
    payload = {
        "chat_id": sound.chat_id,
        "content_type": "audio",
        "content": None,
        "audio": {"_placeholder": True, "num": 0},
        "message_id": sound.message_id,
        "frame": sound.frame,
        "_meta": meta,
    }
    return "51-" + _json(["attempt_assistant_audio", payload]).decode()


def ack_packet(number: int, answer: Mapping[str, object]) -> str:
    """A Socket.IO ACK packet with exactly one argument (4.3)."""
    return f"3{number}{_json([answer]).decode()}"

"""Facts of a person's conversation as events (lab protocol 12): one function a fact, needing nothing but the fact.

Clients know the room of an account as `person:<user id>`; whoever encodes says which user that is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parlour.assistant import facts
from parlour.assistant.mailbox.entities import Reply
from parlour.assistant.mailbox.facts import LabTextCompacted
from parlour.events.facts import fact_of
from parlour.kernel.clock import rfc3339
from parlour.pauses import facts as pauses
from parlour.storage.dialects import Logged
from parlour.wire.lab import encode, encode_questions
from parlour.wire.lab.encode import SpeechForm

Said = tuple[str, dict[str, object]]
NameOf = Callable[[str], str]

ROOM_PREFIX = "lab:"


def _added(fact: facts.LabMessageAdded) -> Said:
    return "message_added", encode.message(fact.message)


def _updated(fact: facts.LabMessageUpdated) -> Said:
    return "message_updated", encode.message(fact.message)


def _turn_started(fact: facts.LabTurnStarted) -> Said:
    return "turn_started", {"turn_id": fact.turn_id, "state": fact.state, "error": None}


def _turn_finished(fact: facts.LabTurnFinished) -> Said:
    return "turn_finished", {"turn_id": fact.turn_id, "state": fact.state, "error": fact.error}


def _step(fact: facts.LabStepStarted | facts.LabStepFinished) -> dict[str, object]:
    return {"turn_id": fact.turn_id, "n": fact.n, "kind": fact.kind, "title": fact.title, "tool": fact.tool}


def _step_started(fact: facts.LabStepStarted) -> Said:
    return "step_started", _step(fact) | {"outcome": None}


def _step_finished(fact: facts.LabStepFinished) -> Said:
    return "step_finished", _step(fact) | {"outcome": fact.outcome}


def _text(fact: facts.LabTextAdded) -> Said:
    return "text_delta", {
        "turn_id": fact.turn_id,
        "message_id": fact.message_id,
        "from": fact.start,
        "text": fact.text,
    }


def _text_compacted(fact: LabTextCompacted) -> Said:
    return "text_delta", {
        "turn_id": fact.turn_id,
        "message_id": fact.message_id,
        "from": fact.start,
        "text": fact.text,
        "from_seq": fact.from_seq,
    }


def _read(fact: facts.LabReplyRead) -> Said:
    return "reply_read", {"message_id": fact.message_id}


def _cleared(fact: facts.LabHistoryCleared) -> Said:
    return "history_cleared", {"conversation_id": fact.conversation_id}


def _state(fact: facts.LabStateChanged) -> Said:
    return "state_changed", {"state": fact.state, "queued": fact.queued}


def _question(name: str) -> Callable[[Any], Said]:
    return lambda fact: (name, encode_questions.question(fact.pause))


def _settled(name: str) -> Callable[[Any], Said]:
    return lambda fact: (name, encode_questions.settled(fact.pause))


ENCODERS: Mapping[str, Callable[[Any], Said]] = {
    facts.LabMessageAdded.__name__: _added,
    facts.LabMessageUpdated.__name__: _updated,
    facts.LabTurnStarted.__name__: _turn_started,
    facts.LabTurnFinished.__name__: _turn_finished,
    facts.LabStepStarted.__name__: _step_started,
    facts.LabStepFinished.__name__: _step_finished,
    facts.LabTextAdded.__name__: _text,
    LabTextCompacted.__name__: _text_compacted,
    facts.LabReplyRead.__name__: _read,
    facts.LabHistoryCleared.__name__: _cleared,
    facts.LabStateChanged.__name__: _state,
    pauses.QuestionAsked.__name__: _question("question_asked"),
    pauses.QuestionAssigned.__name__: _question("question_assigned"),
    pauses.QuestionAnswered.__name__: _settled("question_answered"),
    pauses.QuestionExpired.__name__: _settled("question_expired"),
    pauses.QuestionCancelled.__name__: _settled("question_cancelled"),
}


def said(event: Logged, places: Sequence[tuple[str, int]], epoch: str, names: NameOf, form: SpeechForm) -> Said | None:
    """The name and payload of an event for a reader of `places`; None if this protocol does not tell it.

    `also` lists further rooms of the same reader.
    """
    found = _body(event, form)
    if found is None:
        return None
    name, body = found
    room, seq = places[0]
    where: dict[str, object] = {"room": names(room), "epoch": epoch, "seq": seq, "at": rfc3339(event.at)}
    if len(places) > 1:
        where["also"] = [{"room": names(other), "epoch": epoch, "seq": number} for other, number in places[1:]]
    return name, where | body


def cursor_of(room: str, epoch: str, seq: int, now_ms: int) -> dict[str, object]:
    """Where a room stands: the payload of `resync` and `person_joined`. `room` as clients know it."""
    return {"room": room, "epoch": epoch, "seq": seq, "at": rfc3339(now_ms)}


def _body(event: Logged, form: SpeechForm) -> Said | None:
    if event.kind == facts.LabReplyReady.__name__:
        fact = fact_of(event)
        if not isinstance(fact, facts.LabReplyReady):
            return None
        return "reply_ready", encode.reply(Reply(message=fact.message, question=fact.question), form)
    encoder = ENCODERS.get(event.kind)
    return None if encoder is None else encoder(fact_of(event))

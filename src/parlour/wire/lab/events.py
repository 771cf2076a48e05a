"""What sockets and streams of the laboratory are told, as models (lab protocol 12).

They make `/asyncapi.json`, and tests hold every event against them. They are exact for this server;
a client must take members it does not know.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from parlour.wire.http.event_tables import EventTable
from parlour.wire.lab.conversation import MessageShape
from parlour.wire.lab.questions import QuestionShape
from parlour.wire.lab.socket_payloads import COMMANDS

TurnState = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]


class LabPlace(BaseModel):
    """The place of an event in one more room of the reader."""

    model_config = ConfigDict(strict=True, extra="forbid")

    room: str
    epoch: str
    seq: int = Field(ge=1)


class LabTold(BaseModel):
    """What every event has: its room, `person:<user id>`, and its number there."""

    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)

    room: str
    epoch: str
    seq: int
    at: str
    also: list[LabPlace] | None = None


class LabMessageTold(LabTold, MessageShape):
    """A message was stored, or changed (5.4)."""


class LabTurnTold(LabTold):
    """A turn began or ended."""

    turn_id: str
    state: TurnState
    error: str | None


class LabStepTold(LabTold):
    """A think or tool step began or ended."""

    turn_id: str
    n: int
    kind: Literal["think", "tool", "question", "speech"]
    title: str
    tool: str | None
    outcome: str | None


class LabTextTold(LabTold):
    """Streamed text: keep the first `from` characters, append `text`.

    With `from_seq` it stands for the events from that number to its own.
    """

    turn_id: str
    message_id: str
    from_: int = Field(alias="from", ge=0)
    text: str
    from_seq: int | None = None


class LabQuestionTold(LabTold, QuestionShape):
    """A question was asked, opened again or assigned (6.2)."""


class LabSettledTold(LabTold):
    """A question is closed."""

    question_id: str
    turn_id: str
    state: Literal["answered", "expired", "cancelled"]
    answered_by: str | None
    answer: dict[str, Any] | None


class LabReplyTold(LabTold):
    """A reply can be delivered (4.1, 4.2). It is not read by being told."""

    reply_text: str | None = None
    reply_speech: str | dict[str, int] | None = None
    transcript: str | None = None
    valid: bool
    references: dict[str, int]
    error: str | None
    inner_chat: bool
    extra_info: str | None
    turn_id: str
    message_id: str
    references_detail: list[dict[str, Any]]
    question: dict[str, Any] | None
    pending: int


class LabReplyReadTold(LabTold):
    """A reply was consumed, acknowledged or folded."""

    message_id: str


class LabHistoryClearedTold(LabTold):
    """A new conversation has begun."""

    conversation_id: str


class LabStateTold(LabTold):
    """The state of the account, and how many turns wait."""

    state: Literal["IDLE", "RUNNING", "WAITING"]
    queued: int


class LabResyncTold(LabTold):
    """The cursor is of no use any more: load the snapshot and go on from its cursor."""


class LabJoinedTold(LabTold):
    """What was missed up to here comes now: just before the acknowledgement of a `person_join` with `since`."""


EVENTS: dict[str, type[LabTold]] = {
    "message_added": LabMessageTold,
    "message_updated": LabMessageTold,
    "turn_started": LabTurnTold,
    "turn_finished": LabTurnTold,
    "step_started": LabStepTold,
    "step_finished": LabStepTold,
    "text_delta": LabTextTold,
    "question_asked": LabQuestionTold,
    "question_assigned": LabQuestionTold,
    "question_answered": LabSettledTold,
    "question_expired": LabSettledTold,
    "question_cancelled": LabSettledTold,
    "reply_ready": LabReplyTold,
    "reply_read": LabReplyReadTold,
    "history_cleared": LabHistoryClearedTold,
    "state_changed": LabStateTold,
    "resync": LabResyncTold,
    "person_joined": LabJoinedTold,
}


def lab_table() -> EventTable:
    """For `/asyncapi.json`."""
    return EventTable(commands=COMMANDS, events=EVENTS)

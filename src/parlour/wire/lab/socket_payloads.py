"""Commands of sockets and their acknowledgements as models (lab protocol 12.2)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from parlour.wire.http.texts import NoNul
from parlour.wire.lab.messages import TextMessage

ID_CHARS_MAX = 200
Id = Annotated[str, NoNul, Field(min_length=1, max_length=ID_CHARS_MAX)]


class LabPayload(BaseModel):
    """A command. Members that it does not know are ignored, unless it says otherwise."""

    model_config = ConfigDict(frozen=True)


class PersonJoin(LabPayload):
    """Hear what happens in one's own conversation, after `since` if it is given; admins may name another account."""

    since: Annotated[str, NoNul, Field(max_length=ID_CHARS_MAX)] | None = None
    id: Id | None = None


class PersonLeave(LabPayload):
    """Hear nothing of conversations any more."""


class PersonSay(TextMessage, LabPayload):
    """Say something (3.1). The same `client_message_id` again is the same message."""

    client_message_id: Annotated[str, Field(pattern=r"^[!-~]{1,128}$")] | None = None


class QuestionAnswer(LabPayload):
    """Answer a question with an object of its schema, or with words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question_id: Id
    answer: Any = Field(default=None, json_schema_extra={"type": "object"})
    text: Annotated[str, NoNul] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "QuestionAnswer":
        if (self.answer is None) == (self.text is None):
            raise ValueError("give either answer or text")
        return self


class TurnCancel(LabPayload):
    """Stop the current turn or the one named, with `queue` also those that wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    turn_id: Id | None = None
    queue: bool = False


class ReplySeen(LabPayload):
    """Every reply up to this one has been read."""

    message_id: Id


class LabAck(BaseModel):
    """The acknowledgement of a command that was carried out; otherwise `{ok: false, error}` with a problem."""

    ok: Literal[True] = True


class LabCursor(BaseModel):
    """Up to where the events of a room are known."""

    epoch: str
    seq: int


class PersonJoined(LabAck):
    """Joined; the cursor is where the room stood. What was missed follows, then what happens."""

    cursor: LabCursor


class PersonSaid(LabAck):
    """Accepted, and what became of it."""

    message_id: str
    turn_id: str
    effect: Literal["started", "queued", "answered", "answering"]


class QuestionAnswered(LabAck):
    """The answer that counts."""

    question_id: str
    state: Literal["answered"]
    answer: dict[str, Any]


class TurnCancelled(LabAck):
    """The turns that were stopped, and the state after it."""

    cancelled: list[str]
    state: Literal["IDLE", "RUNNING", "WAITING"]


COMMANDS: dict[str, tuple[type[LabPayload], type[LabAck]]] = {
    "person_join": (PersonJoin, PersonJoined),
    "person_leave": (PersonLeave, LabAck),
    "person_say": (PersonSay, PersonSaid),
    "question_answer": (QuestionAnswer, QuestionAnswered),
    "turn_cancel": (TurnCancel, TurnCancelled),
    "reply_seen": (ReplySeen, LabAck),
}

"""What the server emits, as models (Glow 9.1, 9.2, 5.6; 9.3 and 9.4 in modules of their own).

They make `/asyncapi.json`, and tests hold every emitted event against them. They are exact for
this server; a client must take members it does not know (specification 0).
"""

from typing import Literal

from pydantic import Field

from parlour.wire.glow.acks import HintRow, PersonRow, RoomPosition
from parlour.wire.glow.event_bases import Event, Exact, LateEvent, Time
from parlour.wire.glow.events_of_tests import TEST_EVENTS
from parlour.wire.glow.events_of_voice import VOICE_EVENTS
from parlour.wire.glow.generation_events import generation_events

ErrorType = Literal["start", "next", "join", "end", "grade", "stop", "send", "quiz", "audio", "rate_limit"]
ItemKind = Literal["feedbacks", "strengths", "highlights", "improvements", "replacements", "analyses"]


class ConnectionConfirmed(Event):
    """The first event of every socket. `server_time` in Unix seconds."""

    sid: str
    profile_id: str | None
    guest_id: str | None
    server_time: float
    person: RoomPosition | None = None
    recovered: bool | None = None


class Resync(Event):
    """Events of a room were lost for this connection: read the read model (5.6)."""

    room: str
    epoch: str
    seq: int = Field(ge=0)
    reason: Literal["expired", "epoch", "too_many", "bad_offset"]


class AttemptStarted(Event):
    """An attempt was created, or its next template waits in the lobby."""

    attempt_id: str
    chat_entry_id: str


class AttemptChatStarted(Event):
    """A chat can be joined."""

    attempt_id: str
    chat_id: str
    chat_entry_id: str | None = None
    position: int | None = None


class AttemptChatEnded(Event):
    """A chat is completed."""

    chat_id: str
    is_attempt_finished: bool
    grade_id: str | None
    attempt_id: str | None = None
    expired: bool | None = None


class AttemptEnded(Event):
    """Nothing is left, the window closed, or everything was ended."""

    attempt_id: str
    success: bool
    all_scenarios_complete: bool = False
    message: str


class AttemptError(Event):
    """A refused command (direct), or failed work (logged). It repeats the ids that were named."""

    chat_id: str | None = None
    attempt_id: str | None = None
    grade_id: str | None = None
    home_id: str | None = None
    practice_id: str | None = None
    draft_id: str | None = None
    parent_message_id: str | None = None
    question_id: str | None = None
    branch_message_id: str | None = None
    type: ErrorType | None = None
    message: str
    code: str
    status: int


class AttemptGraded(Event):
    """A grade is done."""

    chat_id: str
    grade_id: str
    attempt_id: str
    simulation_id: str | None = None
    score: int
    passed: bool
    total_points: int
    pass_points: int
    percentage: float
    feedback: str
    source: Literal["model", "previous", "human"]
    branch_message_id: str | None = None


class AttemptJoined(Event):
    """The requesting connection is in the chat's room."""

    chat_id: str
    success: Literal[True]


class AttemptStopped(Event):
    """A reply was stopped, or nothing was running."""

    chat_id: str
    success: bool
    message: str | None
    message_id: str | None = None


class AttemptAssistantStart(Event):
    """The place of a reply is stored."""

    chat_id: str
    message_id: str
    created_at: Time
    persona_id: str | None = None
    parent_message_id: str | None = None


class ContentRow(Exact):
    """What one persona said in a reply."""

    id: str
    idx: int
    content: str
    persona_id: str | None


class AttemptAssistantComplete(Event):
    """A reply is final; exactly one for every start."""

    chat_id: str
    message_id: str
    content: str
    created_at: Time
    persona_id: str | None = None
    status: Literal["complete", "stopped", "failed"]
    contents: list[ContentRow] | None = None


class AttemptProgress(Event):
    """New text of a reply (`delta`), or: drop the text so far (`reset`)."""

    chat_id: str
    content_type: Literal["delta", "reset"]
    content: str
    audio: None
    message_id: str
    persona_id: str | None = None
    content_idx: int | None = None


class AttemptUserComplete(Event):
    """A learner's message is final."""

    chat_id: str
    message_id: str
    content: str
    created_at: Time
    item_id: str | None
    persona_id: str | None = None
    parent_message_id: str | None = None


class AttemptBranchLabelled(Event):
    """Extension: a branch has a name, kept at the message that was its leaf; null: no name any more."""

    chat_id: str
    message_id: str
    label: str | None


class EvidenceRow(Exact):
    """Words that are verbatim in the named message. Extension: `unclear`, some of them were perhaps misheard."""

    message_id: str
    quote: str
    unclear: bool


class FeedbackRow(Exact):
    """The level of one criterion. Extension: `judged_on`, without unclear words of speech if these would lower it."""

    id: str
    grade_id: str
    standard_group_id: str
    standard_id: str
    total: int
    feedback: str
    evidence: list[EvidenceRow]
    unsupported: bool
    judged_on: Literal["all_words", "clear_words"]


class RemarkRow(Exact):
    """A strength or an improvement."""

    id: str
    grade_id: str
    message_id: str | None
    name: str
    description: str


class HighlightRow(Exact):
    """Words of a strength's message."""

    id: str
    strength_id: str
    section: str
    idx: int


class ReplacementRow(Exact):
    """Words of an improvement's message, and what would have been better."""

    id: str
    improvement_id: str
    section: str
    replace: str
    idx: int


class AnalysisRow(Exact):
    """A remark on the conversation as a whole."""

    id: str
    grade_id: str
    content: str


class AttemptGradingProgress(Event):
    """Grading has begun (`entry` null), or one feedback is stored."""

    chat_id: str
    grade_id: str
    resource_type: Literal["feedbacks"] | None
    entry: FeedbackRow | None
    completed_count: int
    total_count: int
    branch_message_id: str | None = None


class AttemptContentProgress(Event):
    """One strength, highlight, improvement, replacement or analysis is stored."""

    chat_id: str
    grade_id: str
    resource_type: ItemKind
    entry: RemarkRow | HighlightRow | ReplacementRow | AnalysisRow
    branch_message_id: str | None = None


class AttemptHintProgress(Event):
    """Hints for what to say next."""

    chat_id: str
    message_id: str
    hints: list[HintRow]


class AttemptPresence(Event):
    """Who is in a chat's room from now on: for those who joined it with `presence`."""

    chat_id: str
    people: list[PersonRow]


class AttemptResponseResult(Event):
    """A quiz question was answered: with the last three members, all that the read model has of it."""

    success: Literal[True]
    message: str
    is_correct: bool
    response_id: str
    chat_id: str
    question_id: str
    option_ids: list[str]
    scored: bool
    created_at: Time


SERVER_EVENTS: dict[str, type[Event]] = {
    "connection_confirmed": ConnectionConfirmed,
    "resync": Resync,
    "attempt_started": AttemptStarted,
    "attempt_chat_started": AttemptChatStarted,
    "attempt_chat_ended": AttemptChatEnded,
    "attempt_ended": AttemptEnded,
    "attempt_error": AttemptError,
    "attempt_graded": AttemptGraded,
    "attempt_joined": AttemptJoined,
    "attempt_presence": AttemptPresence,
    "attempt_stopped": AttemptStopped,
    "attempt_assistant_start": AttemptAssistantStart,
    "attempt_assistant_complete": AttemptAssistantComplete,
    "attempt_progress": AttemptProgress,
    "attempt_user_complete": AttemptUserComplete,
    "attempt_grading_progress": AttemptGradingProgress,
    "attempt_content_progress": AttemptContentProgress,
    "attempt_hint_progress": AttemptHintProgress,
    "attempt_branch_labelled": AttemptBranchLabelled,
    "attempt_response_result": AttemptResponseResult,
    **VOICE_EVENTS,
    **TEST_EVENTS,
    **generation_events(LateEvent),
}

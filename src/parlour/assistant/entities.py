"""The laboratory assistant's things as values (lab protocol 2, 4.3, 5.4, 5.5). Times in milliseconds."""

from collections.abc import Mapping, Sequence
from typing import Literal, NewType, TypeAlias

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId

ConversationId = NewType("ConversationId", str)
LabMessageId = NewType("LabMessageId", str)
TurnId = NewType("TurnId", str)

Language = Literal["en", "zh"]
MessageKind = Literal["text", "file", "speech", "question", "final"]
TurnState = Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
LabState = Literal["IDLE", "RUNNING", "WAITING"]
RefType = Literal["paper", "file", "note", "experiment_log", "instrument", "message", "web"]
StepKind = Literal["think", "tool", "question", "speech"]

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """What a reply rests on (4.3). `file` is a handle; null when nothing can be downloaded."""

    ref_type: RefType
    title: str
    file: str | None = None
    size: int | None = None
    sha256: str | None = None
    page: int | None = None
    quote: str | None = None
    chunk_id: str | None = None
    score: float | None = None
    doi: str | None = None
    possessor: str | None = None
    authors: tuple[str, ...] | None = None
    year: int | None = None
    experiment: str | None = None
    logged_at: int | None = None
    author: str | None = None
    experts: tuple[str, ...] | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Flags:
    """What the person wants of a turn (2.3). They are those of the turn's latest message."""

    reply_in_speech: bool = False
    enable_instruct: bool = False
    enable_comment: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """The account for which a turn works. `user_id` is the form given at registration."""

    account_id: AccountId
    user_id: str
    language: Language
    timezone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LabMessage:
    """What was said, by the person or by the assistant. `ordinal` is the protocol's *order*.

    `files` maps handles to sizes. `read` counts for finals and questions.
    """

    id: LabMessageId
    account_id: AccountId
    conversation_id: ConversationId
    ordinal: int
    role: Literal["person", "assistant"]
    kind: MessageKind
    text: str
    language: Language
    author_id: str | None
    turn_id: TurnId
    pause_id: PauseId | None
    reply_in_speech: bool
    files: Mapping[str, int]
    speech: str | None
    references: tuple[Reference, ...]
    extra_info: str | None
    error: str | None
    created_at: int
    delivered_at: int | None
    read: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The work that one message started; ends in exactly one final reply (7.6)."""

    id: TurnId
    account_id: AccountId
    conversation_id: ConversationId
    started_by: LabMessageId
    ordinal: int
    state: TurnState
    flags: Flags
    progress: str
    fence: str | None
    running_ms: int
    recoveries: int
    reply_message_id: LabMessageId | None
    error: str | None
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One journalled step of a turn (7.2). `output` is JSON; None while the step has only begun."""

    turn_id: TurnId
    n: int
    name: str
    kind: StepKind
    title: str
    tool: str | None
    arguments: str | None
    pause_id: PauseId | None
    outcome: str | None
    output: str | None
    started_at: int
    finished_at: int | None

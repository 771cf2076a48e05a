"""What can be asked of a person, before it is stored as a pause (lab protocol 6.2, 6.3)."""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from parlour.assistant.entities import JsonValue, LabMessageId, Reference, TurnId
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId
from parlour.pauses.entities import Body, Pause, PauseState, QuestionKind

Question: TypeAlias = Pause  # as it is stored and told; `subject` is the turn
FieldType = Literal["string", "text", "duration", "date", "file", "number"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """An item of `collect` and `verify`. `label` is in the person's language; `choices` limits a string."""

    key: str
    label: str
    type: FieldType = "string"
    required: bool = True
    value: JsonValue = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of the candidates of `select`; its index is its place, from 1."""

    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A question of any kind but `authorize`, `instruct` and `comment`, which only the loop asks.

    `text` is the sentence the person reads first; the items or options are written under it by
    `questions.wording`.
    """

    kind: Literal["collect", "select", "verify"]
    text: str
    fields: tuple[Field, ...] = ()
    options: tuple[Choice, ...] = ()
    min: int = 1
    max: int = 1
    references: tuple[Reference, ...] = ()
    extra_info: str | None = None


Proposal = Mapping[str, JsonValue]


class Shown(Protocol):
    """An operation to authorise (`tools.ports.Operation`): all of it is shown, and exactly it may then be done."""

    @property
    def tool(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def arguments(self) -> Mapping[str, JsonValue]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NewQuestion:
    """A question of any kind, about to be asked. `text` is the sentence read first; see `questions.wording`.

    `note` is said before it.
    """

    kind: QuestionKind
    text: str
    fields: tuple[Field, ...] = ()
    options: tuple[Choice, ...] = ()
    min: int = 0
    max: int = 0
    operation: Shown | None = None
    proposal: Proposal | None = None
    references: tuple[Reference, ...] = ()
    extra_info: str | None = None
    hours_max: float = 72.0
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worded:
    """A question with its whole text, ready to be asked; `body` has the text, its language and `extra_info`."""

    kind: QuestionKind
    body: Body
    references: tuple[Reference, ...] = ()
    hours_max: float = 72.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How a question is delivered that was worded before: the id of its message, and the file that says it."""

    message_id: LabMessageId
    speech: str | None
    extra_info: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What a person said in reply. `files` are handles; `confidence` 0 to 1 if a recogniser gave one."""

    text: str
    message_id: LabMessageId | None
    author_id: AccountId
    route: str
    files: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What came of a question, for the work that asked.

    `answer` is JSON as in 6.3. Words that could not be taken as asked stand beside it: as `note` of a
    refusal, otherwise as `text`. Of an expired question it is what takes effect, and `error` is
    `question_expired` unless the work simply goes on; of a cancelled one it is None.
    """

    pause_id: PauseId
    turn_id: TurnId
    kind: QuestionKind
    state: PauseState
    answer: Mapping[str, JsonValue] | None
    error: str | None
    operation_digest: str | None
    asked_at: int
    answered_at: int | None
    answered_by_account: AccountId | None
    assigned_to: AccountId | None
    answer_message_id: LabMessageId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """Another member who may answer too; `to` None takes it back."""

    to: AccountId | None
    by: AccountId
    route: str
    note: str | None = None

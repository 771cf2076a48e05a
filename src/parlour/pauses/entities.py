"""Questions and answers as values (lab protocol 6.2). Times in milliseconds, answers JSON objects."""

from collections.abc import Mapping
from typing import Literal, TypeVar

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, PauseId

QuestionKind = Literal["authorize", "collect", "select", "verify", "instruct", "comment"]
PauseState = Literal["open", "pending", "answered", "expired", "cancelled"]
ItemType = Literal["string", "text", "duration", "date", "file", "number"]
OnExpiry = Literal["deny", "abandon", "continue"]
Answer = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A value that is asked for or shown. `choices` limits a string; `value` is what is known of it."""

    key: str
    label: str
    type: ItemType = "string"
    required: bool = True
    value: object = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One of the things that may be chosen. `index` counts from 1."""

    index: int
    id: str
    title: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationShown:
    """What would be done, as it is shown; `digest` is of the tool and the arguments."""

    tool: str
    title: str
    arguments: Mapping[str, object]
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What a question says. Which members are used depends on its kind; unused ones are empty.

    `references` are JSON objects that the asker understands. `note` is for the assignee.
    """

    text: str
    language: str = "en"
    items: tuple[Item, ...] = ()
    options: tuple[Option, ...] = ()
    min: int = 0
    max: int = 0
    operation: OperationShown | None = None
    proposal: Mapping[str, object] | None = None
    references: tuple[Mapping[str, object], ...] = ()
    extra_info: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """What is asked of whom, and the job that goes on with the answer.

    `subject` names the work (a turn); at most one of its questions is open or pending. With a
    `resume_kind` that job gets a `Resumed` that carries `resume_body`; without one, whoever settles
    the question goes on itself, in the same transaction. `deadline_at` None: it stays open for ever.
    A job of `deadline_kind` gets a `PauseDue` at the deadline.
    """

    account_id: AccountId
    subject: str
    kind: QuestionKind
    body: Body
    on_expiry: OnExpiry = "deny"
    deadline_at: int | None = None
    deadline_kind: str = "pauses.expire"
    resume_kind: str | None = None
    resume_body: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A stored question and what came of it; complete, so that it can be told without another look.

    `settled_at` is set in every state but `open` and `pending`. `answer` of an expired question is
    what took effect. `..._user` are the user ids of the accounts beside them. `answer_error` says
    why an answer under recognition came to nothing.
    """

    id: PauseId
    account_id: AccountId
    subject: str
    kind: QuestionKind
    body: Body
    on_expiry: OnExpiry
    state: PauseState
    message_id: str | None
    assigned_to: AccountId | None
    assigned_user: str | None
    answered_by: AccountId | None
    answered_user: str | None
    answer: Answer | None
    answer_message_id: str | None
    answer_error: str | None
    created_at: int
    delivered_at: int | None
    deadline_at: int | None
    settled_at: int | None

    @property
    def is_open(self) -> bool:
        """Whether it can still be answered: `open`, or `pending` while a spoken answer is recognised."""
        return self.state in ("open", "pending")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settling:
    """How a question is closed: by whom, with which answer, given in which message."""

    answer: Answer
    by: AccountId
    message_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumed:
    """The body of the job that goes on. `answer` of an expired question is what took effect."""

    pause_id: PauseId
    outcome: Literal["answered", "expired"]
    answer: Answer
    body: str

    def read(self, kind: type[T]) -> T:
        """The `resume_body` of the question."""
        return decode(self.body, kind)

"""Drafts and generations as values (Glow 1.5, 6.10)."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, NewType

from parlour.catalog.entities import Casting, Document, EntryKind, Media, Parameter, Persona, Question, Statement
from parlour.drafts.values import ArtifactBody
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, EntryId, TemplateId
from parlour.kernel.refusals import Refusal

DraftId = NewType("DraftId", str)
RunId = NewType("RunId", str)
RunState = Literal["prepared", "running", "done", "failed", "cancelled"]
ItemKind = Literal["artifact", "resource", "entry"]
Modality = Literal["call", "text", "image", "video", "audio"]
ErrorStage = Literal["model", "tool", "validation", "conflict", "timeout", "stopped"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatValues:
    """What a draft changes about a chat; a member that is None stays as the scenario has it.

    Personas and documents are kept in full, as they were when they were chosen. `castings` are the
    dialogues of chosen personas for the offline model; `parameters` replace those of equal name.
    """

    name: str | None = None
    description: str | None = None
    personas: tuple[Persona, ...] | None = None
    documents: tuple[Document, ...] | None = None
    parameters: tuple[Parameter, ...] | None = None
    problem_statements: tuple[Statement, ...] | None = None
    objectives: tuple[Statement, ...] | None = None
    questions: tuple[Question, ...] | None = None
    images: tuple[Media, ...] | None = None
    videos: tuple[Media, ...] | None = None
    castings: tuple[Casting, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """The chat template that a draft is about, and the entry it stands in."""

    kind: EntryKind
    entry_id: EntryId
    template_id: TemplateId


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatBody:
    """What is stored of a draft of a chat. `touched`: for each type that a person changed, the version that did it."""

    basis: Basis
    values: ChatValues = ChatValues()
    touched: Mapping[str, int] = field(default_factory=dict[str, int])


Body = ChatBody | ArtifactBody


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """An account's unpublished changes to an artifact, or a new one (`artifact_id` None).

    Times in milliseconds; `used_at`: when a chat last opened with it, or when it was published.
    """

    id: DraftId
    artifact_type: str
    artifact_id: str | None
    account_id: AccountId
    version: int
    body: Body
    created_at: int
    updated_at: int
    used_at: int | None

    @property
    def chat(self) -> ChatBody:
        """The body of a draft of a chat; raises `TypeError` for another."""
        if not isinstance(self.body, ChatBody):
            raise TypeError("this is no draft of a chat")
        return self.body

    @property
    def artifact(self) -> ArtifactBody:
        """The body of a draft of an artifact; raises `TypeError` for a draft of a chat."""
        if not isinstance(self.body, ArtifactBody):
            raise TypeError("this is a draft of a chat")
        return self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """A tool that the model may use: an operation on a type (7.3)."""

    kind: ItemKind
    name: str
    operation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """A message that the model reads before it writes (`extra_messages`); forgotten with the end of the run."""

    role: Literal["user", "assistant", "developer", "system"]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What is to be generated, type after type, and who is told.

    `redacted`: to people who must not see answers and instructions (6.5). `charge`: the account is
    charged when the run begins, not before (4.7). `draft_version`: of the draft as the run began, 0 before; what a
    person changes later wins. `attempt_id`: the attempt that it costs something for, if one. `links`: the types whose
    values are to be chosen, not made. `value_id`: the one value that is to be made anew.
    """

    types: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    redacted: bool = False
    charge: bool = False
    draft_version: int = 0
    attempt_id: AttemptId | None = None
    links: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    extra: tuple[Context, ...] = ()
    modality: Modality = "call"
    save: bool = False
    value_id: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordered:
    """That a service makes the value at hand: what it calls the order, and the model's answer that was ordered."""

    number: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a run stands: `index` of the type at work since `since` (milliseconds), `made` values of it, `rounds`
    requests for the value at hand, the tool call that is open, and what was `ordered` elsewhere."""

    begun: bool = False
    index: int = 0
    made: int = 0
    rounds: int = 0
    since: int = 0
    call_id: str | None = None
    ordered: Ordered | None = None
    completed: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureAt:
    """One fault of what was to be stored: a JSON pointer into the draft, and what is wrong there."""

    pointer: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a run failed, as it is told; `errors` at most 20."""

    code: str
    text: str
    errors: tuple[FailureAt, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One request to generate (`run_id` on the wire). `created_at` in milliseconds, 0 before it is stored."""

    id: RunId
    group_id: str
    account_id: AccountId
    draft_id: DraftId
    artifact_type: str
    state: RunState
    order: Order
    progress: Progress
    error: Failure | None
    created_at: int = 0

    @property
    def type(self) -> str | None:
        """The type at work; None if all are through."""
        types, index = self.order.types, self.progress.index
        return types[index] if index < len(types) else None

    @property
    def tool_name(self) -> str:
        """The name of the tool whose calls make values of the type at work."""
        return f"create_{self.type}"


class VersionConflictError(Refusal):
    """A write with an outdated `expected_version`; `current` is the draft as it is now."""

    def __init__(self, current: Draft) -> None:
        text = f"The draft has been changed meanwhile. It is at version {current.version}."
        super().__init__("version_conflict", text)
        self.current = current

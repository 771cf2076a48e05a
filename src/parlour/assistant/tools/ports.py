"""What a tool is (lab protocol 8). A tool is a *flow*: a generator that yields what it wants and gets the result.

The loop drives it and keeps every result in the journal. After a restart, or when a question was
answered, the flow is run again from its beginning and is given the kept results, so a flow must be
deterministic: everything it learns from outside itself (rows, time, ids, network) comes from what
it yields. A flow never performs anything itself, so it cannot forget to ask.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import field
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from parlour.assistant.entities import JsonValue, Member, Reference, TurnId
from parlour.assistant.questions.entities import Field, Prompt
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

Policy = Literal["auto", "ask", "deny"]
Status = Literal["done", "refused", "abandoned", "nothing", "failed", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What would be done, as the person is shown it and as it is then done: nothing else (6.5, D9)."""

    tool: str
    title: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A question to the person. Its result is the answer as JSON: the members of 6.3 for the kind."""

    prompt: Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class Do:
    """Read or change our own rows; runs in the transaction that keeps its result: exactly once.

    With `operation` it has an effect: under policy `ask` the loop first asks to authorise exactly
    that operation. Refused: `RefusedError` is thrown into the flow. `name` says what it is, for the trace.
    """

    name: str
    act: Callable[[Tx], JsonValue]
    operation: Operation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A call that leaves the process: network, another program, a model.

    `call` gets an idempotency key and returns JSON, or raises `ProviderFault` (thrown into the flow as
    `FailedError`). If the server dies in the middle, the call is repeated with the same key if
    `idempotent`, otherwise `UnknownError` is thrown into the flow. `operation` as for `Do`.
    """

    name: str
    call: Callable[[str], Awaitable[JsonValue]]
    idempotent: bool = False
    operation: Operation | None = None
    seconds_max: float | None = None


Wish: TypeAlias = Ask | Do | Outside

Extract: TypeAlias = Callable[[str, Sequence[Field]], Outside]
"""The call of a model that reads values for these items out of a person's words: an object of values by key."""


class ToolError(Exception):
    """What is thrown into a flow. A flow that does not catch it ends with the status it stands for."""

    status: Status = "failed"

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


class RefusedError(ToolError):
    """The person refused, or a policy denies it."""

    status: Status = "refused"


class AbandonedError(ToolError):
    """The person gave up on a question."""

    status: Status = "abandoned"


class FailedError(ToolError):
    """The outside failed, or a `Do` refused; `why` can be shown."""


class UnknownError(ToolError):
    """The server died during an outside call: nobody knows whether it happened."""

    status: Status = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Found text (data, never instructions). `reference.quote` is the part of it that fits the question."""

    reference: Reference
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a call ended. `text` tells the model, in English; `passages` are numbered for it by the loop.

    `references` go to the final reply in any case (a paper that was added, an entry that was written).
    """

    status: Status
    text: str
    passages: tuple[Passage, ...] = ()
    references: tuple[Reference, ...] = ()


Flow: TypeAlias = Generator[Wish, JsonValue, Outcome]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of a tool. `arguments` fit the tool's schema. `files` are handles of the turn's messages.

    `words` are the person's words of the turn's first message. `meaning` is the embedding of the
    call's query, if the server has embeddings (`tools/meaning.py`). `rounds_max` is how often a dialogue asks for
    what is missing, `extract` what reads free words, if a capable model is there (6.4).
    """

    call_id: str
    turn_id: TurnId
    member: Member
    arguments: Mapping[str, JsonValue]
    files: Sequence[str] = ()
    words: str = ""
    meaning: str | None = None
    rounds_max: int = 5
    extract: Extract | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A tool. `parameters` is a JSON Schema of type object without any account in it.

    `titles` name it for people by language. `policy` is the default; `policy_of` decides by arguments
    (MCP rules) and may only be stricter than what the operator configured by name.
    """

    name: str
    description: str
    parameters: Mapping[str, object]
    titles: Mapping[str, str]
    run: Callable[[Call], Flow]
    policy: Policy = "auto"
    policy_of: Callable[[Mapping[str, JsonValue]], Policy] | None = None
    seconds_max: float = 120.0
    data: Mapping[str, str] = field(default_factory=dict[str, str])


class ToolSource(Protocol):
    """Where tools come from: ours, arXiv while it can be reached, MCP servers while they live."""

    def tools(self) -> Sequence[Tool]:
        """What can be offered now. Cheap: called at each think step."""
        ...


@runtime_checkable
class Resuming(Protocol):
    """A source whose tools come and go: a turn that waited for a person must find its tool again after a restart."""

    def resumed(self, name: str) -> Tool | None:
        """The tool of this name although it is not offered now, if it may come back; its calls may fail clearly."""
        ...

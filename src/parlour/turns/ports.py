"""The `Model` port: what Parlour asks of a language model, whichever it is.

A provider streams `Piece`s. It raises `ProviderFault` when the outside fails; closing the
stream (`aclose`) or cancelling the task must cancel the request for real.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import field
from typing import Literal, Protocol

from parlour.kernel.dataclass import dataclass

Task = Literal["reply", "hints", "grade", "summary", "draft", "assist", "candidate", "prefer"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSpec:
    """A tool the model may call; `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A call the model asks for; `arguments` is the JSON text it wrote."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One message of the context. `tool` messages answer the call `tool_call_id`."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request to a model.

    `model` is the model's name at its provider. `task` tells what the answer is for. `reasoning` is
    how much the model is to think first, in its provider's words ("low", "high"). `script`
    carries what only the offline model uses: for `reply` and `hints` the dialogue of the persona or
    of the cast (see `parlour.catalog.actions.cast_script`), `None` for every other model.
    """

    model: str
    messages: Sequence[Said]
    task: Task = "reply"
    tools: Sequence[ToolSpec] = ()
    temperature: float | None = None
    reasoning: str | None = None
    output_tokens_max: int = 2048
    json_schema: Mapping[str, object] | None = None
    script: Mapping[str, object] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """New text of the answer."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens as the provider counted them; sent at most once, near the end."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """The last piece of every answer that did not fail."""

    reason: Literal["stop", "length", "tool_calls", "filtered"]


Piece = Text | ToolCall | Usage | Finished


class Model(Protocol):
    """A provider of models."""

    def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer, piece by piece; ends with `Finished`. Raises `ProviderFault`."""
        ...

    async def aclose(self) -> None:
        """Close pooled connections."""
        ...

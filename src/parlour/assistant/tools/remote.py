"""What the tools of external servers need of their connections (lab protocol 8.3)."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, TypeAlias

from parlour.assistant.entities import JsonValue
from parlour.kernel.dataclass import dataclass

CallState = Literal["done", "failed", "unknown"]
Answers: TypeAlias = Sequence[Mapping[str, JsonValue]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteTool:
    """A tool that a server lists. `parameters` is a checked JSON Schema of type object."""

    server: str
    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """A server's request for information from the person; `schema` has plain top-level properties."""

    message: str
    schema: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteResult:
    """How a call ended. With `needs` the call was turned down until the person has said more."""

    state: CallState
    text: str
    needs: Needs | None = None


class Servers(Protocol):
    """The connected servers."""

    def offered(self) -> Sequence[RemoteTool]:
        """The tools of all servers as last listed; those of a dead server too, their calls fail clearly."""
        ...

    def is_listed(self, server: str) -> bool:
        """Whether the server's tools have been read since this process began."""
        ...

    async def call(self, server: str, tool: str, arguments: Mapping[str, JsonValue], answers: Answers) -> RemoteResult:
        """Call a tool; `answers` are given, in order, to the server's requests for information.

        Raises `ProviderFault` if the call was certainly not made.
        """
        ...

"""A simulated three-axis stage as a tool server over standard input and output: `parlour mcp stage`.

To try connected instruments without one, and for tests. Its position is kept in a file, so it
survives a restart as a real stage's does. A move that would leave the limits is refused.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

AXES = ("x", "y", "z")
_AXIS = {"type": "string", "enum": list(AXES), "description": "The axis to move."}
_NOTHING: Mapping[str, object] = {"type": "object", "properties": {}, "additionalProperties": False}
_MOVE: Mapping[str, object] = {
    "type": "object",
    "properties": {"axis": _AXIS, "mm": {"type": "number", "description": "How far, in millimetres; may be negative."}},
    "required": ["mm"],
    "additionalProperties": False,
}
_ASK: Mapping[str, object] = {
    "type": "object",
    "properties": {"axis": {"type": "string", "title": "Axis", "enum": list(AXES)}},
    "required": ["axis"],
}


class StageError(Exception):
    """The stage does not do what was asked; nothing moved."""


@dataclass(kw_only=True, slots=True)
class Position:
    """Where the stage is, in millimetres from home; `moves` counts what it did."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    moves: int = 0


@dataclass(kw_only=True, slots=True)
class Stage:
    """The stage. `limit_mm` bounds every axis on both sides of home."""

    file: Path
    limit_mm: float = 25.0
    position: Position = field(default_factory=Position)

    def __post_init__(self) -> None:
        if self.file.exists():
            try:
                self.position = decode(self.file.read_bytes(), Position)
            except msgspec.DecodeError:
                raise StageError(f"{self.file} holds no position of a stage") from None

    def status(self) -> str:
        """Where it is."""
        at = self.position
        places = ", ".join(f"{axis} = {getattr(at, axis):.3f} mm" for axis in AXES)
        return f"{places}; limits -{self.limit_mm:g} to {self.limit_mm:g} mm; {at.moves} moves so far"

    def move(self, axis: str, mm: float) -> str:
        """Move one axis. Raises `StageError` if it cannot."""
        if axis not in AXES:
            raise StageError(f"there is no axis {axis!r}; there are x, y and z")
        target = round(getattr(self.position, axis) + mm, 6)
        if not math.isfinite(target) or abs(target) > self.limit_mm:
            raise StageError(f"{axis} would leave its limits of -{self.limit_mm:g} to {self.limit_mm:g} mm")
        self._keep(Position(**{**asdict(self.position), axis: target, "moves": self.position.moves + 1}))
        return f"moved {axis} by {mm:g} mm; {self.status()}"

    def home(self) -> str:
        """Go back to the middle."""
        self._keep(Position(moves=self.position.moves + 1))
        return f"homed; {self.status()}"

    def _keep(self, position: Position) -> None:
        growing = self.file.with_name(f"{self.file.name}.part")
        with growing.open("wb") as file:
            file.write(msgspec.json.encode(position))
            file.flush()
            os.fsync(file.fileno())
        growing.replace(self.file)
        self.position = position


async def run(stage: Stage) -> None:
    """Serve until standard input ends."""
    from mcp.server.stdio import stdio_server

    server = stage_server(stage)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def stage_server(stage: Stage) -> "Server[dict[str, Any]]":
    """The tools of a stage: `status`, `move`, `home`. A move without an axis asks which."""
    from mcp import types
    from mcp.server.lowlevel import Server

    async def listed(
        context: "ServerRequestContext[dict[str, Any]]", params: "PaginatedRequestParams | None"
    ) -> "ListToolsResult":
        return types.ListToolsResult(
            tools=[
                _tool("status", "Where the stage is and how far it may go. Moves nothing.", _NOTHING),
                _tool("move", "Moves one axis by a distance in millimetres.", _MOVE),
                _tool("home", "Moves every axis back to zero.", _NOTHING),
            ]
        )

    async def called(
        context: "ServerRequestContext[dict[str, Any]]", params: "CallToolRequestParams"
    ) -> "CallToolResult":
        arguments = dict(params.arguments or {})
        try:
            if params.name == "move" and "axis" not in arguments:
                answer = await context.session.elicit_form("Which axis should move?", dict(_ASK), context.request_id)
                if answer.action != "accept" or not answer.content:
                    raise StageError("no axis was named; nothing moved")
                arguments["axis"] = answer.content.get("axis")
            text, failed = _do(stage, params.name, arguments), False
        except StageError as error:
            text, failed = str(error), True
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)

    return Server("parlour-stage", version="1", on_list_tools=listed, on_call_tool=called)


def _tool(name: str, description: str, schema: Mapping[str, object]) -> Any:
    from mcp import types

    return types.Tool(name=name, description=description, input_schema=dict(schema))


def _do(stage: Stage, name: str, arguments: Mapping[str, object]) -> str:
    match name:
        case "status":
            return stage.status()
        case "home":
            return stage.home()
        case "move":
            mm = arguments.get("mm")
            if not isinstance(mm, int | float) or isinstance(mm, bool):
                raise StageError("mm must be a number of millimetres")
            return stage.move(cast("str", arguments.get("axis")), float(mm))
        case _:
            raise StageError(f"there is no tool {name!r}")

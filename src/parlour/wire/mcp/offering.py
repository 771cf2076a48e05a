"""Which tools other programs get, and what a call gives them (lab protocol 8.1, 8.2)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, cast

import msgspec

from parlour.accounts import actions as accounts
from parlour.assistant.entities import JsonValue, Member, TurnId
from parlour.assistant.messages import members
from parlour.assistant.tools.ports import Call, Operation, Outcome, Policy, Tool
from parlour.assistant.tools.registry import Toolbox, fault_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.wire.mcp.driving import Driving, Store, drive

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

READING = (
    "experiment_list",
    "experiment_log_search",
    "instrument_search",
    "recent_paper_search",
    "shared_paper_search",
)
WRITING = ("experiment_log_add",)
OUTPUT_BYTES_MAX = 64 * 1024
CALLS_AT_ONCE_MAX = 8
_CUT = "\n[cut here: the output was too long]"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferNeed:
    """What tools are offered with.

    `allowed` are the operator's policies by name: a writing tool is offered only if it stands there as
    `auto`. `new_id` makes keys of calls.
    """

    store: Store
    toolbox: Toolbox
    allowed: Mapping[str, Policy]
    new_id: Callable[[], str]
    seconds_max: float = 60.0
    busy: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CALLS_AT_ONCE_MAX))


def offered(need: OfferNeed) -> list[Tool]:
    """The tools that other programs get now: they never ask, and change nothing that was not allowed here."""
    found = {tool.name: tool for tool in need.toolbox.offered()}
    names = [*READING, *(name for name in WRITING if need.allowed.get(name) == "auto")]
    tools = (found.get(name) for name in names)
    return [tool for tool in tools if tool and need.toolbox.policy(tool, {}) == "auto"]


async def call_tool(need: OfferNeed, account_id: AccountId, name: str, arguments: Mapping[str, JsonValue]) -> Outcome:
    """Run a tool for an account. What is not offered does not exist; wrong arguments fail with the reason."""
    tool = next((each for each in offered(need) if each.name == name), None)
    if tool is None:
        return Outcome(status="failed", text="There is no such tool.")
    fault = fault_of(tool, arguments)
    if fault:
        return Outcome(status="failed", text=fault)
    member = await need.store.read(lambda tx: _member(tx, account_id))
    if member is None:
        return Outcome(status="failed", text="This account may not sign in any more.")
    key = need.new_id()
    call = Call(call_id=key, turn_id=TurnId(key), member=member, arguments=arguments)

    def policy(operation: Operation) -> Policy:
        meant = need.toolbox.find(operation.tool)
        return need.toolbox.policy(meant, operation.arguments) if meant else "deny"

    driving = Driving(store=need.store, policy=policy, new_key=need.new_id, seconds_max=need.seconds_max)
    async with need.busy:
        return await drive(tool.run(call), driving)


def _member(tx: Tx, account_id: AccountId) -> Member | None:
    account = accounts.account_by_id(tx, account_id)
    return None if account is None or account.disabled else members.member(tx, account_id)


def server_of(need: OfferNeed, account_of: "Callable[[ServerRequestContext[Any]], AccountId]") -> "Server[Any]":
    """A server of these tools; `account_of` says for whom a request is."""
    from mcp import types  # noqa: PLC0415 (costs seconds and memory; most servers never need it)
    from mcp.server.lowlevel import Server  # noqa: PLC0415

    async def listed(
        context: "ServerRequestContext[Any]", params: "PaginatedRequestParams | None"
    ) -> "ListToolsResult":
        tools = [
            types.Tool(name=tool.name, description=tool.description, input_schema=dict(tool.parameters))
            for tool in offered(need)
        ]
        return types.ListToolsResult(tools=tools)

    async def called(context: "ServerRequestContext[Any]", params: "CallToolRequestParams") -> "CallToolResult":
        arguments = cast("Mapping[str, JsonValue]", params.arguments or {})
        outcome = await call_tool(need, account_of(context), params.name, arguments)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=told(outcome))],
            structured_content={"status": outcome.status, "references": _references(outcome)},
            is_error=outcome.status not in ("done", "nothing"),
        )

    return Server("parlour", version="1", on_list_tools=listed, on_call_tool=called)


def told(outcome: Outcome) -> str:
    """An outcome as text: what was done, then the passages, each behind its source."""
    parts = [outcome.text]
    for number, passage in enumerate(outcome.passages, start=1):
        about = passage.reference
        holder = f", held by {about.possessor}" if about.possessor else ""
        page = f", page {about.page}" if about.page is not None else ""
        parts.append(f"[{number}] {about.title}{page}{holder}\n{passage.text}")
    body = "\n\n".join(part for part in parts if part).encode()
    if len(body) <= OUTPUT_BYTES_MAX:
        return body.decode()
    return body[: OUTPUT_BYTES_MAX - len(_CUT)].decode("utf-8", "ignore") + _CUT


def _references(outcome: Outcome) -> Sequence[object]:
    found = [*(passage.reference for passage in outcome.passages), *outcome.references]
    return [msgspec.to_builtins(each) for each in found][:100]

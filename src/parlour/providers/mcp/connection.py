"""One connection to a tool server: opened, listed, called, and given up when the server misbehaves."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Any, cast

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools.remote import Answers, CallState, Needs, RemoteResult, RemoteTool
from parlour.kernel.dataclass import dataclass
from parlour.providers.addresses import check_host
from parlour.providers.mcp.listing import TOOLS_MAX, checked_schema, remote_tool
from parlour.providers.mcp.stdio import stdio_streams
from parlour.settings import program_path
from parlour.settings.lab import McpServer

if TYPE_CHECKING:
    from mcp import ClientSession, types

OPEN_SECONDS_MAX = 30.0
LIST_PAGES_MAX = 10
OUTPUT_BYTES_MAX = 64 * 1024
MESSAGE_CHARACTERS_MAX = 500
CUT = "\n[cut here: the output was too long]"
_LOST = "The connection broke during the call: it is not known whether it took effect."


@dataclass(kw_only=True)
class _Calling:
    """The call that is being made. `answers` are for the server's questions, in order."""

    answers: Sequence[Mapping[str, JsonValue]]
    given: int = 0
    needs: Needs | None = None


@dataclass(kw_only=True)
class Connection:
    """An open session. `ended` is set when it can be used no more, `changed` when the list of tools has."""

    name: str
    server: McpServer
    session: "ClientSession"
    ended: asyncio.Event
    changed: asyncio.Event
    calling: _Calling | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def list_tools(self) -> tuple[RemoteTool, ...]:
        """What the server lists, as far as it is within bounds."""
        from mcp import types

        found: dict[str, RemoteTool] = {}
        cursor: str | None = None
        for _ in range(LIST_PAGES_MAX):
            params = types.PaginatedRequestParams(cursor=cursor) if cursor else None
            page = await self.session.list_tools(params=params)
            for each in page.tools:
                tool = remote_tool(self.name, each.name, each.description, each.input_schema)
                if tool is not None:
                    found.setdefault(tool.name, tool)
            cursor = page.next_cursor
            if not cursor or len(found) >= TOOLS_MAX:
                break
        return tuple(found.values())[:TOOLS_MAX]

    async def call(self, tool: str, arguments: Mapping[str, JsonValue], answers: Answers) -> RemoteResult:
        """Call a tool; one call at a time. `TimeoutError` only while others were waited for: nothing was sent then."""
        async with asyncio.timeout(self.server.timeout_seconds):
            await self.lock.acquire()
        try:
            return await self._call(tool, arguments, _Calling(answers=answers))
        finally:
            self.calling = None
            self.lock.release()

    async def _call(self, tool: str, arguments: Mapping[str, JsonValue], calling: _Calling) -> RemoteResult:
        from mcp import MCPError
        from mcp.types import CONNECTION_CLOSED, REQUEST_TIMEOUT

        if self.ended.is_set():
            return RemoteResult(state="failed", text="The server is not connected.")
        self.calling = calling
        asked = asyncio.ensure_future(self.session.call_tool(tool, cast("dict[str, Any]", dict(arguments))))
        gone = asyncio.ensure_future(self.ended.wait())
        try:
            async with asyncio.timeout(self.server.timeout_seconds):
                await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                return RemoteResult(state="unknown", text=_LOST)
            result = asked.result()
        except asyncio.CancelledError:
            self.ended.set()
            raise
        except TimeoutError:
            self.ended.set()  # what it still does for this call must not be taken for the next one
            seconds = f"{self.server.timeout_seconds:g}"
            text = f"The server did not answer within {seconds} seconds: it is not known whether it took effect."
            return RemoteResult(state="unknown", text=text)
        except MCPError as error:
            if error.code in (CONNECTION_CLOSED, REQUEST_TIMEOUT):
                self.ended.set()
                return RemoteResult(state="unknown", text=_LOST)
            if calling.needs:
                return RemoteResult(state="failed", text="", needs=calling.needs)
            return RemoteResult(state="failed", text=cut(f"The server refused the call: {error.message}"))
        except (RuntimeError, ValueError):
            return RemoteResult(state="unknown", text="The server's answer is not what it promises: it cannot be used.")
        finally:
            await _settled(asked, gone)
        if calling.needs:
            return RemoteResult(state="failed", text="", needs=calling.needs)
        return _result(result)


@asynccontextmanager
async def connected(name: str, server: McpServer) -> AsyncGenerator[Connection, None]:
    """An open connection. Raises whatever the SDK or the system does when it cannot be opened."""
    from mcp import ClientSession, types

    ended, changed = asyncio.Event(), asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        reading, writing = await stack.enter_async_context(_streams(server, ended))
        holder: list[Connection] = []

        async def elicited(context: object, params: "types.ElicitRequestParams") -> "types.ElicitResult":
            return _answer(holder[0].calling if holder else None, params)

        async def told(message: object) -> None:
            if isinstance(message, types.ToolListChangedNotification):
                changed.set()

        session = await stack.enter_async_context(
            ClientSession(
                reading,
                writing,
                elicitation_callback=elicited,
                message_handler=told,
                client_info=types.Implementation(name="parlour", version="1"),
            )
        )
        async with asyncio.timeout(OPEN_SECONDS_MAX):
            await session.initialize()
        connection = Connection(name=name, server=server, session=session, ended=ended, changed=changed)
        holder.append(connection)
        try:
            yield connection
        finally:
            ended.set()


@asynccontextmanager
async def _streams(server: McpServer, ended: asyncio.Event) -> AsyncGenerator[tuple[Any, Any], None]:
    if server.url is None:
        listed = {name: secret.get_secret_value() for name, secret in server.environment.items()}
        async with stdio_streams(server.command, {"PATH": program_path(), **listed}, ended.set) as streams:
            yield streams
        return
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client
    from yarl import URL

    await check_host(URL(server.url).host or "")
    headers = {name: secret.get_secret_value() for name, secret in server.headers.items()}
    async with (
        create_mcp_http_client(headers=headers) as client,
        streamable_http_client(server.url, http_client=client) as streams,
    ):
        yield streams


def _answer(calling: _Calling | None, params: "types.ElicitRequestParams") -> "types.ElicitResult":
    """The next answer of the person, if there is one; else the call is turned down and what is needed noted."""
    from mcp import types

    if calling is None or not isinstance(params, types.ElicitRequestFormParams) or calling.needs:
        return types.ElicitResult(action="decline")
    schema = checked_schema(params.requested_schema)
    if schema is None:
        return types.ElicitResult(action="decline")
    if calling.given < len(calling.answers):
        wanted = cast("Mapping[str, object]", schema["properties"])
        answer = calling.answers[calling.given]
        calling.given += 1
        if set(answer) <= set(wanted):
            return types.ElicitResult(action="accept", content=cast("Any", dict(answer)))
    calling.needs = Needs(message=params.message[:MESSAGE_CHARACTERS_MAX], schema=schema)
    return types.ElicitResult(action="cancel")


def _result(result: "types.CallToolResult | types.InputRequiredResult") -> RemoteResult:
    """The texts of a result; of anything else only that it is there."""
    from mcp import types

    if not isinstance(result, types.CallToolResult):
        return RemoteResult(state="failed", text="The server's answer is of a form that is not supported.")
    parts: list[str] = []
    for block in result.content:
        parts.append(block.text if isinstance(block, types.TextContent) else f"[{block.type}]")
    if not parts and result.structured_content is not None:
        parts.append(json.dumps(result.structured_content, ensure_ascii=False, default=str))
    state: CallState = "failed" if result.is_error else "done"
    return RemoteResult(state=state, text=cut("\n".join(parts)))


def cut(text: str) -> str:
    """A text of a server within bounds, without what stores do not keep."""
    body = text.replace("\0", "").encode("utf-8", "replace")
    if len(body) <= OUTPUT_BYTES_MAX:
        return body.decode()
    return body[: OUTPUT_BYTES_MAX - len(CUT)].decode("utf-8", "ignore") + CUT


async def _settled(*futures: "asyncio.Future[Any]") -> None:
    for each in futures:
        each.cancel()
    await asyncio.gather(*futures, return_exceptions=True)

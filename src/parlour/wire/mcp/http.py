"""The route `/mcp`: streamable HTTP without sessions, for who presents a token of Parlour.

Each request stands alone and is authenticated: a revoked token ends its use at once. Cookies never
authenticate here, so no page of another origin can call a tool.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.wire.http.credentials import Authenticator, token_of_headers
from parlour.wire.http.problems import problem_response
from parlour.wire.mcp.offering import OfferNeed, server_of

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext

PATH = "/mcp"
BODY_BYTES_MAX = 1024 * 1024
_ACCOUNT = "parlour_account_id"


@dataclass(frozen=True, kw_only=True, slots=True)
class McpHttpNeed:
    """What the route needs. `count` refuses an account that asks too often."""

    offer: OfferNeed
    authenticator: Authenticator
    count: Callable[[str], None]


class McpHttp:
    """The ASGI application behind the route. It starts with the first request; `stop` ends it."""

    def __init__(self, need: McpHttpNeed) -> None:
        self._need = need
        self._starting = asyncio.Lock()
        self._manager: Any = None
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate, then let the SDK answer."""
        request = Request(scope)
        try:
            if request.method != "POST":
                raise Refusal("method_not_allowed", "Only POST is answered here.")
            actor = (await self._need.authenticator.of_token(token_of_headers(request.headers))).actor
            self._need.count(actor.account_id)
        except Refusal as refusal:
            await problem_response(refusal)(scope, receive, send)
            return
        scope[_ACCOUNT] = actor.account_id
        answer: ASGIApp = (await self._started()).asgi_app
        await answer(scope, receive, send)

    async def stop(self) -> None:
        """End what runs."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _started(self) -> Any:
        async with self._starting:
            if self._running is None or self._running.done():
                await asyncio.to_thread(importlib.import_module, "mcp")
                logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it would log what clients write
                ready = asyncio.Event()
                self._running = asyncio.create_task(self._run(ready), name="mcp-http")
                await ready.wait()
            return self._manager

    async def _run(self, ready: asyncio.Event) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager  # noqa: PLC0415

        manager = StreamableHTTPSessionManager(
            app=server_of(self._need.offer, _account_of),
            json_response=True,
            stateless=True,
            max_request_body_size=BODY_BYTES_MAX,
        )
        async with manager.run():
            self._manager = manager
            ready.set()
            await asyncio.Event().wait()


def mcp_route(mcp: McpHttp) -> Route:
    """The route; add it to `app.router.routes`."""
    return Route(PATH, endpoint=mcp, include_in_schema=False)


def _account_of(context: "ServerRequestContext[Any]") -> AccountId:
    request = context.request
    if not isinstance(request, Request):
        raise RuntimeError("a request over HTTP carries its request")
    return AccountId(request.scope[_ACCOUNT])

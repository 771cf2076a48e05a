"""Pages of other origins (lab protocol 13.2): answers only to those that are configured, and nothing by default."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, HEAD, POST, DELETE"
REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, Range, If-None-Match, Last-Event-ID"
EXPOSED = "Authorization, Location, X-Message-Id, X-Message-Effect, ETag, Content-Range, Retry-After, X-Request-Id"
MAX_AGE_SECONDS = 600


class LabCors:
    """ASGI middleware: lab routes by 13.2, everything else by Starlette's rules without credentials."""

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...], paths: tuple[str, ...]) -> None:
        self._app = app
        self._paths = paths
        self._origins = frozenset(origin.lower() for origin in origins)
        self._others = CORSMiddleware(app, allow_origins=list(origins), allow_methods=["*"], allow_headers=["*"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; see the class."""
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            await self._others(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        known = origin.lower() in self._origins
        if known and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(origin)(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                told.add_vary_header("Origin")
                if known:
                    told["access-control-allow-origin"] = origin
                    told["access-control-allow-credentials"] = "true"
                    told["access-control-expose-headers"] = EXPOSED
            await send(message)

        await self._app(scope, receive, add)


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-origin": origin,
            "access-control-allow-methods": METHODS,
            "access-control-allow-headers": REQUEST_HEADERS,
            "access-control-allow-credentials": "true",
            "access-control-max-age": str(MAX_AGE_SECONDS),
            "vary": "Origin",
        },
    )

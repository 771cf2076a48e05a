"""What a request may cost: bytes of its body and depth of its JSON (Glow 4.2).

Pure ASGI, so that it holds for every application below it. The time limit is `deadlines.py`.
"""

import re

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, invalid
from parlour.wire.http.problems import problem_response

UPLOADS = "/api/v1/uploads"
JSON_DEPTH_MAX = 32
TOO_DEEP = "JSON may be nested"
DRAIN_BYTES_MAX = 16 * 1024 * 1024
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def check_json_depth(raw: bytes, depth_max: int = JSON_DEPTH_MAX) -> None:
    """Refuse JSON nested deeper than `depth_max` (`invalid_request`), without parsing it."""
    if raw.count(b"[") + raw.count(b"{") <= depth_max:
        return
    depth = 0
    for match in _TOKEN.finditer(raw):
        sign = raw[match.start()]
        if sign in b"[{":
            depth += 1
            if depth > depth_max:
                raise invalid("", f"{TOO_DEEP} {depth_max} levels deep")
        elif sign in b"]}":
            depth -= 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FormArea:
    """Paths whose forms with files may be big: they stream through, and are counted meanwhile.

    With `told_by_routes` a form that is too big is not refused here: its route is begun, which may do something
    about it, and gets the refusal when it reads too far.
    """

    paths: tuple[str, ...]
    json_bytes_max: int
    form_bytes_max: int
    json_depth_max: int = JSON_DEPTH_MAX
    told_by_routes: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BodyLimits:
    """Bytes a JSON body and any other body may have. `upload_paths` are prefixes of paths whose
    bodies, JSON aside, may have `upload_bytes_max`; `untouched_paths` are left to a handler with own limits.
    Below the paths of `forms` its limits count."""

    json_bytes_max: int = 1_000_000
    body_bytes_max: int = 1_000_000
    upload_bytes_max: int = 1_000_000
    json_depth_max: int = JSON_DEPTH_MAX
    upload_paths: tuple[str, ...] = ()
    untouched_paths: tuple[str, ...] = ()
    forms: FormArea | None = None


class LimitBodies:
    """ASGI middleware: a body over its limit gets a `too_large` problem that names the limit.

    A JSON body is gathered here, so that its depth is known before anything parses it; other
    bodies are counted while they stream. What the client still sends is read and dropped, up to
    16 MiB, because it reads the answer only afterwards. After a refusal the connection is closed,
    and whatever the application still says is dropped.
    """

    def __init__(self, app: ASGIApp, limits: BodyLimits | None = None) -> None:
        self._app = app
        self._limits = limits or BodyLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; see the class."""
        if scope["type"] != "http" or scope["path"].startswith(self._limits.untouched_paths):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_json = _is_json(headers.get("content-type", ""))
        bytes_max = self._bytes_max(scope["path"], headers.get("content-type", ""), is_json=is_json)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or len(length) > 18:
            await _refuse(Refusal("bad_request", "The Content-Length is not a number."), scope, receive, send)
        elif int(length) > bytes_max and not self._is_told_by_route(scope["path"], headers):
            if "expect" not in headers and int(length) <= bytes_max + DRAIN_BYTES_MAX:
                await _drain(receive)
            await _refuse(_too_large(bytes_max), scope, receive, send)
        elif is_json:
            await self._gathered(scope, receive, send, bytes_max)
        else:
            await self._counted(scope, receive, send, bytes_max)

    def _bytes_max(self, path: str, content_type: str, *, is_json: bool) -> int:
        forms = self._limits.forms
        if forms is not None and path.startswith(forms.paths):
            return forms.form_bytes_max if is_form(content_type) else forms.json_bytes_max
        if self._limits.upload_paths and not is_json and path.startswith(self._limits.upload_paths):
            return self._limits.upload_bytes_max
        return self._limits.json_bytes_max if is_json else self._limits.body_bytes_max

    def _is_told_by_route(self, path: str, headers: Headers) -> bool:
        forms = self._limits.forms
        if forms is None or not forms.told_by_routes or not path.startswith(forms.paths):
            return False
        return is_form(headers.get("content-type", ""))

    def _depth_max(self, path: str) -> int:
        forms = self._limits.forms
        return forms.json_depth_max if forms and path.startswith(forms.paths) else self._limits.json_depth_max

    async def _gathered(self, scope: Scope, receive: Receive, send: Send, bytes_max: int) -> None:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > bytes_max:
                if more:
                    await _drain(receive)
                await _refuse(_too_large(bytes_max), scope, receive, send)
                return
        whole = bytes(body)
        try:
            check_json_depth(whole, self._depth_max(scope["path"]))
        except Refusal as refusal:
            await problem_response(refusal)(scope, receive, send)
            return
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": whole, "more_body": False}

        await self._app(scope, replay, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, bytes_max: int) -> None:
        seen, refused, started = 0, False, False
        told_by_route = self._is_told_by_route(scope["path"], Headers(scope=scope))

        async def count() -> Message:
            nonlocal seen, refused
            if told_by_route and seen > bytes_max:
                raise _too_large(bytes_max)
            if refused:
                return {"type": "http.disconnect"}
            message = await receive()
            seen += len(message.get("body", b""))
            if seen <= bytes_max:
                return message
            if told_by_route and not started:
                raise _too_large(bytes_max)
            refused = True
            if message.get("more_body", False):
                await _drain(receive)
            if not started:
                await _refuse(_too_large(bytes_max), scope, receive, send)
            return {"type": "http.disconnect"}

        async def watch(message: Message) -> None:
            nonlocal started
            if not refused or started:
                started = True
                await send(message)

        try:
            await self._app(scope, count, watch)
        except ClientDisconnect:
            if not refused:
                raise


def is_form(content_type: str) -> bool:
    """Whether a body of this type is a form that may have files."""
    return content_type.lstrip().lower().startswith("multipart/form-data")


def _is_json(content_type: str) -> bool:
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _too_large(bytes_max: int) -> Refusal:
    return Refusal("too_large", f"The request may have at most {bytes_max} bytes.")


async def _drain(receive: Receive) -> None:
    seen, more = 0, True
    while more and seen <= DRAIN_BYTES_MAX:
        message = await receive()
        seen += len(message.get("body", b""))
        more = message.get("more_body", False)


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem_response(refusal)
    answer.headers["connection"] = "close"
    await answer(scope, receive, send)

"""What all answers of lab routes have in common (lab protocol 13.1 and 13.3).

ASGI middleware, so that it holds for whatever refuses a request: limits of bodies, unknown addresses, validation,
routes. Answers get `X-Request-Id` and are not cached; problems get the lab protocol's codes and a title in the
person's language.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlour.assistant.entities import Language
from parlour.kernel.decoding import decode_untyped
from parlour.kernel.ids import Ids
from parlour.kernel.refusals import Refusal
from parlour.wire.http.limits import TOO_DEEP, is_form
from parlour.wire.http.problems import CODES, MEDIA_TYPE, NOT_JSON, problem_response
from parlour.wire.lab.callers import ACCOUNT_STATE
from parlour.wire.lab.titles import accepted_language, title_of

LAB_PATHS = ("/users/", "/accounts/")
UNKNOWN_FIELD = "extra inputs are not permitted"
_CODES = {
    "invalid_request": "validation",
    "unsupported_media_type": "type_unsupported",
    "shutting_down": "unavailable",
    "account_disabled": "unauthenticated",
}

LanguageOf = Callable[[str, Language], Awaitable[Language]]


def lab_paths(base_path: str) -> tuple[str, ...]:
    """Prefixes of the lab routes, with and without the path below which the server is."""
    return tuple(dict.fromkeys((*LAB_PATHS, *(base_path + path for path in LAB_PATHS))))


class LabAnswers:
    """ASGI middleware; see the module. `language_of(account_id, otherwise)` tells a person's language."""

    def __init__(self, app: ASGIApp, *, ids: Ids, paths: tuple[str, ...], language_of: LanguageOf) -> None:
        self._app = app
        self._ids = ids
        self._paths = paths
        self._language_of = language_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; see the class."""
        if scope["type"] != "http" or not scope["path"].startswith(self._paths):
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        request_id = scope["state"]["request_id"] = self._ids.new()
        held: Message | None = None
        redirected = False

        async def add(message: Message) -> None:
            nonlocal held, redirected
            if redirected:
                return
            if message["type"] == "http.response.start":
                if message["status"] == HTTPStatus.TEMPORARY_REDIRECT:  # one slash too many (13.1)
                    redirected = True
                    await self._send_not_found(scope, request_id, send)
                    return
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers.setdefault("cache-control", "no-store")
                if headers.get("content-type") == MEDIA_TYPE:
                    held = message  # its length changes with its title
                    return
            if held is not None and message["type"] == "http.response.body":
                start, held = held, None
                await self._send_problem(scope, start, message, send)
                return
            await send(message)

        await self._app(scope, receive, add)

    async def _send_not_found(self, scope: Scope, request_id: str, send: Send) -> None:
        missing = problem_response(Refusal("not_found", "There is nothing at this address."))
        missing.headers["x-request-id"] = request_id
        start: Message = {"type": "http.response.start", "status": 404, "headers": missing.raw_headers}
        await self._send_problem(scope, start, {"body": missing.body}, send)

    async def _send_problem(self, scope: Scope, start: Message, message: Message, send: Send) -> None:
        headers = Headers(scope=scope)
        language = accepted_language(headers.get("accept-language"))
        account_id = scope["state"].get(ACCOUNT_STATE)
        if account_id is not None:
            language = await self._language_of(account_id, language)
        problem = in_lab_terms(cast(dict[str, Any], decode_untyped(message["body"])), headers, language)
        body = msgspec.json.encode(problem)
        start["status"] = problem["status"]
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await send(start)
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


def in_lab_terms(problem: dict[str, Any], request: Mapping[str, str], language: Language) -> dict[str, Any]:
    """The same problem under its code of 13.3, with the title in that language."""
    code = _code_of(problem, request)
    return {
        **problem,
        "type": f"urn:parlour:problem:{code}",
        "title": title_of(code, language),
        "status": CODES[code][0],
        "code": code,
    }


def _code_of(problem: Mapping[str, Any], request: Mapping[str, str]) -> str:
    code: str = problem["code"]
    if code == "too_large":
        return "file_too_large" if is_form(request.get("content-type", "")) else "body_too_large"
    if code == "invalid_request":
        said = [str(each["message"]) for each in problem.get("errors", ())]
        if any(each == NOT_JSON or each.startswith(TOO_DEEP) for each in said):
            return "bad_request"
        if said and all(each == UNKNOWN_FIELD for each in said):
            return "unknown_field"
    return _CODES.get(code, code)

"""Refusals as RFC 9457 problems: one table of codes for every wire (Glow 4.4 and 7).

`add_problems(app, ids)` makes a FastAPI application answer every failure this way.
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol, TypedDict, cast

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from parlour.kernel.ids import Ids
from parlour.kernel.refusals import Fault, ProviderFault, Refusal, invalid
from parlour.wire.http.logs import log_event

_log = logging.getLogger("parlour.http")

MEDIA_TYPE = "application/problem+json"
FAULTS_MAX = 20
NOT_JSON = "the body is not valid JSON"
_POINTER_CHARS_MAX = 200

CODES: dict[str, tuple[int, str]] = {
    # Glow 4.4
    "invalid_request": (422, "Invalid request"),
    "unauthenticated": (401, "Authentication required"),
    "forbidden": (403, "Not allowed"),
    "not_found": (404, "Not found"),
    "unknown_event": (404, "Unknown event"),
    "idempotency_conflict": (409, "Request id reused"),
    "command_in_progress": (409, "Still in progress"),
    "too_many_requests": (429, "Too many requests"),
    "rate_limited": (429, "Daily limit reached"),
    "unavailable": (503, "Service unavailable"),
    "shutting_down": (503, "Restarting"),
    "internal": (500, "Internal error"),
    # Glow 2.2, 3.1, 7.1 and 7.2
    "account_disabled": (403, "Account disabled"),
    "too_many_connections": (429, "Too many connections"),
    "session_required": (400, "Session required"),
    "session_not_found": (404, "Session not found"),
    # Glow 7.3
    "unknown_artifact_type": (422, "Unknown artifact type"),
    "unknown_resource_type": (422, "Unknown resource type"),
    "unknown_operation": (422, "Unknown operation"),
    "nothing_to_generate": (422, "Nothing to generate"),
    "unsupported_artifact": (422, "Unsupported artifact"),
    "unsupported_modality": (422, "Unsupported modality"),
    "run_started": (409, "Run already started"),
    "generation_failed": (500, "Generation failed"),
    "cancelled": (409, "Cancelled"),
    # Drafts (Glow 1.5)
    "version_conflict": (409, "Draft has changed"),
    "too_many_drafts": (409, "Too many drafts"),
    "draft_unusable": (409, "Draft does not fit"),
    "draft_invalid": (422, "Not fit to be published"),
    "base_conflict": (409, "Published meanwhile"),
    "approval_needed": (409, "Approval needed"),
    "draft_closed": (409, "Draft is published"),
    "draft_too_large": (413, "Draft too large"),
    "no_review": (409, "No review asked"),
    "too_many_editors": (409, "Too many editors"),
    "too_many_sources": (409, "Too many sources"),
    "source_pending": (409, "Still being read"),
    "source_unreadable": (422, "No readable text"),
    # Glow 7.4 to 7.10
    "not_open_yet": (409, "Not open yet"),
    "closed": (409, "Closed"),
    "empty_entry": (409, "Nothing to practise"),
    "attempt_over": (409, "Attempt ended"),
    "custom_not_allowed": (409, "Not customisable"),
    "generation_running": (409, "Still being prepared"),
    "too_many_rooms": (429, "Too many rooms"),
    "chat_completed": (409, "Chat completed"),
    # Glow 7.11 and 7.12
    "chat_expired": (409, "Time is up"),
    "text_disabled": (409, "Speech only"),
    "empty_message": (422, "Empty message"),
    "turn_in_progress": (409, "Answer in progress"),
    "nothing_to_grade": (409, "Nothing to grade"),
    "no_rubric": (409, "No rubric"),
    "grading_running": (409, "Grading in progress"),
    "regrade_limit": (403, "No further grading"),
    # Speech (Glow 6.8): disputes over what was heard
    "not_spoken": (409, "Not a spoken message"),
    "already_graded": (409, "Already graded"),
    "no_dispute": (409, "Nothing to decide"),
    "dispute_decided": (409, "Dispute decided"),
    # Glow 6.8.9 and 7.15
    "audio_disabled": (409, "Text only"),
    "audio_timeout": (504, "Voice timed out"),
    "audio_overrun": (429, "Sound dropped"),
    # Glow 7.13 and 7.14
    "invalid_answer": (422, "Invalid answer"),
    "not_in_lobby": (409, "Not between chats"),
    "practice_attempt": (409, "Practice attempt"),
    "template_mismatch": (409, "Scenario does not fit"),
    "previous_not_completed": (409, "Earlier chat not completed"),
    "previous_not_graded": (409, "Earlier chat not graded"),
    "version_mismatch": (409, "Version has changed"),
    "already_assigned": (409, "Assigned already"),
    # Glow 7.17 to 7.20
    "empty_benchmark": (409, "Nothing to test"),
    "consent_missing": (422, "Consent missing"),
    "chat_not_completed": (409, "Chat not completed"),
    "empty_recording": (409, "Nothing to record"),
    "recording_exists": (409, "Recorded already"),
    "recording_erased": (409, "Recording erased"),
    "benchmark_inactive": (409, "Benchmark not active"),
    "run_done": (409, "Already replayed"),
    "invocation_completed": (409, "Invocation completed"),
    "no_model": (409, "No usable model"),
    "run_not_completed": (409, "Run not completed"),
    # Pauses
    "question_closed": (409, "This question is closed"),
    "answer_invalid": (422, "Invalid answer"),
    # Accounts
    "account_taken": (409, "This name is taken"),
    "name_taken": (409, "This name is taken"),
    "id_invalid": (422, "Invalid user id"),
    "name_invalid": (422, "Invalid name"),
    "email_invalid": (422, "Invalid email address"),
    "password_invalid": (422, "Invalid password"),
    # The laboratory (lab protocol 13.3)
    "origin_refused": (403, "Origin refused"),
    "sign_up_closed": (403, "Registration is closed"),
    "file_in_use": (409, "File in use"),
    "file_too_large": (413, "File too large"),
    "quota_exceeded": (413, "Storage is full"),
    "body_too_large": (413, "Request too large"),
    "type_unsupported": (415, "Unsupported type of file"),
    "range": (416, "Range not satisfiable"),
    "validation": (422, "Invalid request"),
    "unknown_field": (422, "Unknown field"),
    "text_empty": (422, "Empty text"),
    "text_too_long": (422, "Text too long"),
    "file_missing": (422, "File missing"),
    "too_many_attempts": (429, "Too many attempts"),
    "queue_full": (429, "Too many messages waiting"),
    "too_many_streams": (429, "Too many streams"),
    # HTTP itself
    "bad_request": (400, "Bad request"),
    "method_not_allowed": (405, "Method not allowed"),
    "request_timeout": (408, "Request timeout"),
    "too_large": (413, "Too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
}


class FaultMember(TypedDict):
    """One wrong member of a request."""

    pointer: str
    message: str


class _Always(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str


class Problem(_Always, total=False):
    """The problem object of Glow 4.4, on every wire."""

    instance: str
    error_type: str
    errors: list[FaultMember]
    retry_after: int
    replay_run_id: str


_PROBLEM_SCHEMA: dict[str, object] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "error_type": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "retry_after": {"type": "integer"},
        "replay_run_id": {"type": "string"},
    },
}


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may refuse with these statuses, for `/openapi.json`."""
    content = {MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


class Pydantic(Protocol):
    """A validation error of pydantic or of FastAPI."""

    def errors(self) -> Iterable[Mapping[str, object]]:
        """Its parts, with `loc`, `msg` and `type`."""
        ...


def problem(refusal: Refusal, error_type: str | None = None, instance: str | None = None) -> Problem:
    """The problem object of a refusal. A code without a row in `CODES` is a bug: `KeyError`."""
    status, title = CODES[refusal.code]
    made = Problem(
        type=f"urn:parlour:problem:{refusal.code}",
        title=title,
        status=status,
        detail=refusal.text,
        code=refusal.code,
    )
    if instance is not None:
        made["instance"] = instance
    if error_type is not None:
        made["error_type"] = error_type
    if refusal.faults:
        made["errors"] = [FaultMember(pointer=one.pointer, message=one.message) for one in refusal.faults]
    if refusal.retry_after_seconds is not None:
        made["retry_after"] = refusal.retry_after_seconds
    if "replay_run_id" in refusal.members:
        made["replay_run_id"] = refusal.members["replay_run_id"]
    return made


def problem_response(refusal: Refusal, instance: str | None = None) -> Response:
    """The HTTP answer of a refusal, with `Retry-After` and `WWW-Authenticate` where due."""
    return response_of(problem(refusal, instance=instance))


def response_of(made: Problem) -> Response:
    """The HTTP answer that carries this problem object."""
    headers: dict[str, str] = {"cache-control": "no-store"}
    if "retry_after" in made:
        headers["retry-after"] = str(made["retry_after"])
    if made["status"] == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(made), made["status"], headers, media_type=MEDIA_TYPE)


def refusal_of_validation(error: Pydantic) -> Refusal:
    """`invalid_request` with a JSON pointer for each wrong member, at most 20, values not repeated."""
    faults: list[Fault] = []
    for part in error.errors():
        if len(faults) < FAULTS_MAX:
            faults.append(_fault(part))
    first = faults[0] if faults else Fault("", "it cannot be read")
    said = f"{first.pointer}: {first.message}" if first.pointer else first.message
    return Refusal("invalid_request", f"Invalid request: {said.rstrip('.')}.", faults=tuple(faults))


def refusal_of_fault(fault: ProviderFault) -> Refusal:
    """What a caller sees of a model that failed before anything was accepted."""
    return Refusal(
        "unavailable", "The model service is not available.", retry_after_seconds=5 if fault.retryable else None
    )


def internal(ids: Ids, error: BaseException) -> tuple[Refusal, str]:
    """An unexpected failure: logged here, once, under the instance that the client sees."""
    instance = f"urn:uuid:{ids.new()}"
    log_event(_log, "error", "internal_error", error=error, instance=instance)
    return Refusal("internal", f"Something went wrong ({instance})."), instance


def add_problems(app: FastAPI, ids: Ids) -> None:
    """Make `app` answer refusals, bad payloads, HTTP errors and bugs as problems."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(ProviderFault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(CatchBugs, ids=ids)


class CatchBugs:
    """ASGI middleware: an exception becomes an `internal` problem, if nothing was sent yet.

    A client that goes away in the middle of its body is no bug and leaves no line in the log.
    """

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; see the class."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 (the outermost place; it is logged)
            refusal, instance = internal(self._ids, error)
            if not started:
                await problem_response(refusal, instance)(scope, receive, send)


async def _on_refusal(request: Request, error: Exception) -> Response:
    return problem_response(cast(Refusal, error))


async def _on_fault(request: Request, error: Exception) -> Response:
    return problem_response(refusal_of_fault(cast(ProviderFault, error)))


async def _on_validation(request: Request, error: Exception) -> Response:
    mistyped = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    whole_body = any(part["loc"] == ("body",) for part in cast(RequestValidationError, error).errors())
    if whole_body and mistyped != "application/json" and not mistyped.endswith("+json"):
        return problem_response(Refusal("unsupported_media_type", "Send the body as application/json."))
    return problem_response(refusal_of_validation(cast(RequestValidationError, error)))


_HTTP: dict[int, tuple[str, str]] = {
    401: ("unauthenticated", "The token is not valid."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    408: ("request_timeout", "The request took too long to arrive."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "This media type is not accepted here."),
    422: ("invalid_request", "Invalid request: it cannot be read."),
    429: ("too_many_requests", "Slow down and try again."),
    503: ("unavailable", "The service is not available."),
}


async def _on_http(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    code, text = _HTTP.get(raised.status_code, ("bad_request", "The request cannot be read."))
    if code == "bad_request" and "json" in request.headers.get("content-type", ""):
        return problem_response(invalid("", NOT_JSON))
    answer = problem_response(Refusal(code, text))
    for name, value in (raised.headers or {}).items():
        answer.headers.setdefault(name, value)
    return answer


def _fault(part: Mapping[str, object]) -> Fault:
    place = cast(tuple[str | int, ...], part.get("loc", ()))
    if part.get("type") == "json_invalid":
        return Fault("", NOT_JSON)
    steps = place[1:] if place[:1] == ("body",) else place
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    message = str(part.get("msg", "is wrong")).removeprefix("Value error, ").rstrip(".")
    return Fault(pointer[:_POINTER_CHARS_MAX], message[:1].lower() + message[1:])

"""`GET /socket/v5/events` and `/socket/v5/events/poll`: what an HTTP session is told (Glow 3.3, 3.4)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.wire.glow import http_sessions, streams
from parlour.wire.glow.asking import GlowHttp, answer, requester
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.routes import EVENTS_PATH, POLL_PATH
from parlour.wire.glow.session_log import Told
from parlour.wire.glow.streams import EventStream, SessionReader, Wake
from parlour.wire.http.openapi import CREDENTIALS
from parlour.wire.http.problems import problem_responses

POLL_SECONDS_MAX = 60
POLL_SECONDS = 25
_SID: dict[str, object] = {
    "name": "sid",
    "in": "query",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
    "description": "The session, as connect answered it.",
}
_LAST: dict[str, object] = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}

After = Annotated[str | None, Query(description="Go on after this offset.")]


class PolledEvent(BaseModel):
    """One event of a long poll; `id` is null for direct events."""

    id: str | None
    event: str
    data: dict[str, object]


class Polled(BaseModel):
    """The answer of a long poll; pass `next` as the following `after`."""

    events: list[PolledEvent]
    next: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    reader: SessionReader
    first: Sequence[Told]


def events_router(need: GlowHttp) -> APIRouter:
    """The event stream and the long poll."""
    router = APIRouter(tags=["glow"])

    @router.get(
        EVENTS_PATH,
        response_class=Response,
        responses=problem_responses(400, 401, 403, 404, 422, 503)
        | {200: {"description": "The stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
        openapi_extra={
            "security": [*CREDENTIALS, {"ticket": []}],
            "parameters": [_SID, _LAST],
        },
    )
    async def events(request: Request, after: After = None) -> Response:  # pyright: ignore[reportUnusedFunction]
        """The session's events as server-sent events. A new stream of a session ends the older one."""
        session = await _session(need, request, tickets=True)
        presented = request.headers.get("last-event-id") or after
        opened = await _begin(need, session, presented, stream=True)
        return EventStream(opened.reader, opened.first, need.readers)

    @router.get(
        POLL_PATH,
        response_model=Polled,
        responses=problem_responses(400, 401, 403, 404, 422, 503),
        openapi_extra={"parameters": [_SID]},
    )
    async def poll(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        after: After = None,
        wait: Annotated[int, Query(ge=0, le=POLL_SECONDS_MAX)] = POLL_SECONDS,
    ) -> Response:
        """The session's next events, at most 500, as soon as there is one; none when the time is up."""
        session = await _session(need, request, tickets=False)
        opened = await _begin(need, session, after or None, stream=False)
        try:
            found = await streams.poll(opened.reader, opened.first, wait)
        finally:
            need.readers.remove(opened.reader.wake)
        if found is None:
            raise http_sessions.session_not_found()
        return answer(found)

    return router


async def _session(need: GlowHttp, request: Request, *, tickets: bool) -> HttpSession:
    sid = request.query_params.get("sid", "")
    ticket = request.query_params.get("ticket") if tickets else None
    if ticket is not None and "authorization" not in request.headers and "x-api-key" not in request.headers:
        reading = need.reading()
        return await reading.database.read(lambda tx: http_sessions.of_ticket(tx, sid, ticket, reading.rules))
    caller = await need.authenticator.of_request(request)
    found = await requester(need, request, caller)
    if found is None:
        raise http_sessions.session_required()
    if not isinstance(found, HttpSession):
        raise http_sessions.session_not_found()
    return found


async def _begin(need: GlowHttp, session: HttpSession, presented: str | None, *, stream: bool) -> _Opened:
    if need.commands.shutting_down:
        raise Refusal("shutting_down", "The server is restarting. Try again.", retry_after_seconds=1)
    reading = need.reading()
    stream_id = reading.ids.new() if stream else None
    wake = Wake(reading.pump, session.cursor.account_id, session.id, stream_id)
    wake.watch(session.rooms)
    need.readers.add(wake)
    limit = streams.STREAM_PAGE if stream else streams.POLL_EVENTS_MAX
    reader = SessionReader(reading, session, wake, limit)
    try:
        first = await reader.begin(presented, stream_id)
    except BaseException:
        need.readers.remove(wake)
        raise
    if first is None:
        need.readers.remove(wake)
        raise http_sessions.session_not_found()
    return _Opened(reader=reader, first=first)

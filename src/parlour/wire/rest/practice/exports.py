"""Attempts as files: `/api/v1/attempts/{attempt_id}/export` and `/api/v1/attempts/export`.

A file is written while it is read, one attempt in memory at a time. Include this router before that
of the attempts: `export` is not an attempt id.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from parlour.accounts.entities import SessionActor
from parlour.attempts import listing
from parlour.attempts.exports.formats import FORMATS, Format, FormatName, ListFormatName, Writing
from parlour.attempts.exports.records import record_of
from parlour.kernel.actor import Actor
from parlour.kernel.cursors import cursor_after
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed, ListQuery, filters_of

ATTEMPTS_MAX = 5000
CURSOR_HEADER = "x-next-cursor"
BINARY: Mapping[str, object] = {"type": "string", "format": "binary"}
SCHEMAS: Mapping[str, Mapping[str, object]] = {"application/json": {"type": "array", "items": {"type": "object"}}}


class ExportQuery(ListQuery):
    """Which attempts, as for the list, and in which form. `limit` is the most that one file holds."""

    format: ListFormatName
    limit: int = Field(default=ATTEMPTS_MAX, ge=1, le=ATTEMPTS_MAX)


def exports_router(need: AttemptsNeed) -> APIRouter:
    """The routes that give files."""
    router = APIRouter(prefix="/api/v1", tags=["attempts"])
    caller_of = need.authenticator.of_request

    @router.get(
        "/attempts/export",
        response_class=StreamingResponse,
        responses={200: _described(*(FORMATS[name] for name in ("jsonl", "csv", "xapi")))}
        | problem_responses(401, 403, 422),
    )
    async def export_attempts(  # pyright: ignore[reportUnusedFunction]
        request: Request, caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[ExportQuery, Query()]
    ) -> Response:
        """Own and readable attempts as one file, newest first, at most 5,000. If there are more, the
        header `X-Next-Cursor` has the `cursor` with which the next file begins."""
        filters, form = filters_of(query), FORMATS[query.format]

        def list_them(tx: Tx) -> Sequence[listing.Position]:
            return listing.positions(tx, caller.actor, filters, query.cursor, query.limit + 1)

        found = await need.database.read(list_them)
        last = found[query.limit - 1] if len(found) > query.limit else None
        cursor = cursor_after(last.created_at, last.attempt_id) if last else None
        ids = [position.attempt_id for position in found[: query.limit]]
        writing = Writing(form, caller.actor, home_page_of(request))
        headers = _headers(f"parlour-attempts.{form.suffix}") | ({CURSOR_HEADER: cursor} if cursor else {})
        return StreamingResponse(
            _pieces(need.database, writing, ids, cursor), media_type=form.media_type, headers=headers
        )

    @router.get(
        "/attempts/{attempt_id}/export",
        response_class=Response,
        responses={200: _described(*FORMATS.values())} | problem_responses(401, 403, 404, 422),
    )
    async def export_attempt(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str,
        request: Request,
        caller: Annotated[SessionActor, Depends(caller_of)],
        file_format: Annotated[FormatName, Query(alias="format")],
    ) -> Response:
        """One attempt as a file."""
        check_ids(attempt_id=attempt_id)
        form, home_page = FORMATS[file_format], home_page_of(request)
        body = await need.database.read(lambda tx: _whole(tx, caller.actor, attempt_id, form, home_page))
        return Response(
            body, media_type=form.media_type, headers=_headers(f"parlour-attempt-{attempt_id}.{form.suffix}")
        )

    return router


def home_page_of(request: Request) -> str:
    """The address of the server as the caller knows it, for the accounts in xAPI statements."""
    return f"{str(request.base_url).rstrip('/')}/"


def _whole(tx: Tx, actor: Actor, attempt_id: str, form: Format, home_page: str) -> bytes:
    return form.head + form.piece(record_of(tx, actor, attempt_id), home_page) + form.tail(1, None)


async def _pieces(
    database: Database, writing: Writing, ids: Sequence[str], next_cursor: str | None
) -> AsyncGenerator[bytes]:
    yield writing.head
    for attempt_id in ids:
        yield await database.read(lambda tx, attempt_id=attempt_id: writing.piece(tx, attempt_id))
    yield writing.tail(next_cursor)


def _headers(filename: str) -> dict[str, str]:
    return {"cache-control": "no-store", "content-disposition": f'attachment; filename="{filename}"'}


def _described(*forms: Format) -> dict[str, object]:
    kinds = dict.fromkeys(form.media_type.partition(";")[0] for form in forms)
    return {"description": "The file.", "content": {kind: {"schema": SCHEMAS.get(kind, BINARY)} for kind in kinds}}

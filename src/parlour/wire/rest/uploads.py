"""Files to look at and to save: `GET /api/v1/uploads/{upload_id}`, and links for players.

A browser never runs what is served here: it is not sniffed, what it may not show in place is
offered for saving, and were it opened as a page it would be sandboxed.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.attempts import media as of_attempts
from parlour.files import tickets
from parlour.files.entities import INLINE, Upload
from parlour.files.ports import BlobStore
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.library import media
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.downloads import Download, disposition, download_response
from parlour.wire.http.openapi import CREDENTIALS
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.ids import check_ids

HEADERS = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}


class UploadTicket(BaseModel):
    """A link that carries its own credential, for a player or an image; `expires_at` is RFC 3339 in UTC."""

    url: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadsNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator
    blobs: BlobStore
    base_path: str


def uploads_router(need: UploadsNeed) -> APIRouter:
    """The routes that read files."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"])

    @router.get(
        "/{upload_id}",
        response_class=Response,
        responses=problem_responses(401, 403, 404, 422, 503)
        | {
            200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
            206: {"description": "The part of it that `Range` names"},
            304: {"description": "It is what `If-None-Match` names"},
            416: {"description": "`Range` names nothing of it"},
        },
        openapi_extra={"security": [*CREDENTIALS, {"ticket": []}]},
    )
    async def read_upload(  # pyright: ignore[reportUnusedFunction]
        upload_id: str, request: Request, ticket: Annotated[str | None, Query(max_length=500)] = None
    ) -> Response:
        """The bytes of a file, or a part of them. A player may show a ticket in place of a credential."""
        check_ids(upload_id=upload_id)
        if ticket is not None and not {"authorization", "x-api-key"} & set(request.headers):
            upload = await need.database.read(lambda tx: _by_ticket(tx, upload_id, ticket))
        else:
            caller = await need.authenticator.of_request(request)
            upload = await need.database.read(lambda tx: _upload_to_read(tx, caller.actor, upload_id))
        return await _answer(need.blobs, upload, request)

    @router.get("/{upload_id}/ticket", responses=problem_responses(401, 403, 404, 422))
    async def issue_ticket(  # pyright: ignore[reportUnusedFunction]
        upload_id: str, caller: Annotated[SessionActor, Depends(need.authenticator.of_request)]
    ) -> UploadTicket:
        """A link to the file for ten minutes, which ends earlier if the caller's right does."""
        check_ids(upload_id=upload_id)
        ticket = await need.database.write(lambda tx: _ticket(tx, caller.actor, upload_id))
        url = f"{need.base_path}/api/v1/uploads/{upload_id}?ticket={ticket.text}"
        return UploadTicket(url=url, expires_at=rfc3339(ticket.expires_at))

    return router


def _upload_to_read(tx: Tx, actor: Actor, upload_id: str) -> Upload:
    """A file that the actor may read as an author, or because of a training or an attempt; raises `not_found`."""
    return media.readable(tx, actor, upload_id) or of_attempts.upload_to_read(tx, actor, upload_id)


def _ticket(tx: Tx, actor: Actor, upload_id: str) -> tickets.Ticket:
    return tickets.issue(tx, actor.account_id, _upload_to_read(tx, actor, upload_id).id)


def _by_ticket(tx: Tx, upload_id: str, ticket: str) -> Upload:
    actor = accounts.actor_by_id(tx, tickets.holder(tx, upload_id, ticket))
    if actor is None:
        raise tickets.invalid_ticket()
    return _upload_to_read(tx, actor, upload_id)


async def _answer(blobs: BlobStore, upload: Upload, request: Request) -> Response:
    headers = HEADERS | {"content-disposition": shown_as(upload)}
    download = Download(digest=upload.digest, size=upload.bytes, media_type=upload.mime_type, headers=headers)
    answer = await download_response(blobs, download, request)
    if answer is None:
        whole = {"etag": f'"{upload.digest}"', "content-range": f"bytes */{upload.bytes}"}
        return Response(status_code=416, headers=headers | whole)
    return answer


def shown_as(upload: Upload) -> str:
    """`Content-Disposition`: shown in place only if that is safe."""
    return disposition("inline" if upload.mime_type in INLINE else "attachment", upload.name)

"""Files of a member: `/users/{id}/files...` (lab protocol 9.6 to 9.9).

A handle is looked up by its id and must have the stored name; whatever does not lead to a file that
the account may read answers the same 404. What is sent is inert: not sniffed, sandboxed, and shown in
place only where that is harmless.
"""

from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict

from parlour.assistant.messages import members
from parlour.files import actions
from parlour.files.entities import Origin, StoredFile, TextStatus
from parlour.files.handles import PREFIX, handle_of
from parlour.files.ports import BlobStore
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.downloads import Download, disposition, download_response
from parlour.wire.http.problems import problem_response, problem_responses
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once

INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})
PAGE_DEFAULT, PAGE_MAX = 50, 200
AFTER_CHARS_MAX = 100

FileHook = Callable[[Tx, AccountId, StoredFile], None]
"""Something that goes with a file, in the transaction that deletes it; may refuse (`file_in_use`)."""


def _whole_characters(value: object) -> object:
    """Halves of characters, which JSON can say, are no reason to answer otherwise than for any wrong handle."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


class WantedFile(BaseModel):
    """Which file is meant: a handle. What else the body has is ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, frozen=True)

    filepath: Annotated[str, BeforeValidator(_whole_characters)]


class ListedFile(BaseModel):
    """A file of the account. `size` in bytes, `sha256` in hexadecimal, `created_at` RFC 3339."""

    handle: str
    name: str
    size: int
    type: str
    sha256: str
    origin: Origin
    text_status: TextStatus
    created_at: str


class Quota(BaseModel):
    """Bytes that the account's files have together, and may have."""

    used: int
    max: int


class FileList(BaseModel):
    """A page of files, newest first. `next` as `after` gives the following page; null: this was the last."""

    files: list[ListedFile]
    next: str | None
    quota: Quota


@dataclass(frozen=True, kw_only=True, slots=True)
class LabFilesNeed:
    """What the routes are built from. `may_read`: reasons of others' questions (6.7); `deleting`: in order."""

    database: Database
    callers: Callers
    blobs: BlobStore
    quota_bytes: int
    may_read: actions.MayRead | None = None
    deleting: Sequence[FileHook] = ()


_ERRORS = problem_responses(401, 403, 404, 416, 422, 429, 503)
_BYTES = {
    200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part of it that `Range` names"},
    304: {"description": "It is what `If-None-Match` names"},
}


def lab_files_router(need: LabFilesNeed) -> APIRouter:
    """The routes of section 9."""
    router = APIRouter(prefix="/users/{id}/files", tags=["lab files"])
    _add_downloads(router, need)
    _add_own(router, need)
    return router


def _add_downloads(router: APIRouter, need: LabFilesNeed) -> None:
    @router.post("/bytes", response_class=Response, responses=_ERRORS | problem_responses(400, 409, 413) | _BYTES)
    async def read_bytes(  # pyright: ignore[reportUnusedFunction]
        given: WantedFile, request: Request, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> Response:
        """The bytes of a file, or a part of them. A repeated request gets what the file is now, and is told so."""
        key = key_of(request, caller, "files/bytes", body_digest(given.model_dump()))
        answer = await _send(need, caller, given.filepath, request)
        if key is not None and (await need.database.write(lambda tx: once(tx, key, Answered))).replayed:
            answer.headers["Idempotency-Replayed"] = "true"
        return answer

    @router.get("/{handle:path}", response_class=Response, responses=_ERRORS | _BYTES)
    async def read_file(  # pyright: ignore[reportUnusedFunction]
        handle: str, request: Request, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> Response:
        """The same for an address. The handle is given with or without its leading `files/`."""
        return await _send(need, caller, _whole(handle), request)

    @router.head("/{handle:path}", response_class=Response, responses=_ERRORS | _BYTES)
    async def read_file_head(  # pyright: ignore[reportUnusedFunction]
        handle: str, request: Request, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> Response:
        """What GET would answer, without the bytes."""
        return await _send(need, caller, _whole(handle), request)


def _add_own(router: APIRouter, need: LabFilesNeed) -> None:
    @router.get("", response_model=FileList, responses=problem_responses(401, 403, 404, 422, 429))
    async def list_files(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[LabCaller, Depends(need.callers.owner)],
        after: Annotated[str | None, Query(max_length=AFTER_CHARS_MAX)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_DEFAULT,
    ) -> FileList:
        """The account's own files, newest first, after the file with the id `after`."""
        page = await need.database.read(lambda tx: actions.own_files(tx, caller.account_id, after, limit))
        files = [_listed(file) for file in page.files]
        return FileList(files=files, next=page.next, quota=Quota(used=page.used, max=need.quota_bytes))

    @router.delete("/{handle:path}", status_code=204, responses=problem_responses(401, 403, 404, 409, 422, 429))
    async def delete_file(  # pyright: ignore[reportUnusedFunction]
        handle: str, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> None:
        """Remove an own file, its text, and the recent paper that it is. Attachments of log entries stay."""
        await need.database.write(lambda tx: delete_own(tx, caller.account_id, _whole(handle), need.deleting))


def delete_own(tx: Tx, account_id: AccountId, handle: str, hooks: Sequence[FileHook]) -> None:
    """Delete an own file and what `hooks` delete with it; they may refuse."""
    members.lock(tx, account_id)  # a turn may be about to refer to it
    file = actions.own_file(tx, account_id, handle)
    for hook in hooks:
        hook(tx, account_id, file)
    actions.delete_file(tx, account_id, handle)


def _whole(handle: str) -> str:
    return handle if handle.startswith(PREFIX) else PREFIX + handle


def _listed(file: StoredFile) -> ListedFile:
    return ListedFile(
        handle=handle_of(file),
        name=file.name,
        size=file.size,
        type=file.type,
        sha256=file.sha256,
        origin=file.origin,
        text_status=file.text_status,
        created_at=rfc3339(file.created_at),
    )


async def _send(need: LabFilesNeed, caller: LabCaller, handle: str, request: Request) -> Response:
    file = await need.database.read(
        lambda tx: actions.file_to_read(tx, caller.account_id, handle, operator=caller.operator, also=need.may_read)
    )
    download = Download(
        digest=file.sha256,
        size=file.size,
        media_type=f"{file.type}; charset={file.charset}" if file.charset else file.type,
        headers=headers_of(file),
    )
    answer = await download_response(need.blobs, download, request)
    if answer is None:
        answer = problem_response(Refusal("range", f"The file has {file.size} bytes."))
        answer.headers["content-range"] = f"bytes */{file.size}"
    return answer


def headers_of(file: StoredFile) -> dict[str, str]:
    """What goes with a file's bytes (9.6): a PDF is shown by the browser's own reader, which a sandbox would break."""
    shown = file.type in INLINE or file.type.startswith("audio/")
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": disposition("inline" if shown else "attachment", file.name),
        "last-modified": formatdate(file.created_at / 1000, usegmt=True),
        "x-content-type-options": "nosniff",
    }
    if file.type != "application/pdf":
        headers["content-security-policy"] = "default-src 'none'; sandbox"
    return headers

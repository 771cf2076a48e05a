"""Files that authors send: pictures and sound for content, and texts that drafts are written from."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from parlour.accounts.entities import SessionActor
from parlour.files import actions as files
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaQuota
from parlour.files.entities import READABLE, NewFile, NewUpload, Received
from parlour.files.intake import Intake
from parlour.files.media_types import ALLOWED, HEAD_BYTES, media_type_of
from parlour.files.names import clean_name
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden
from parlour.library.access import may_author
from parlour.storage.tx import Tx
from parlour.wire.http.limits import UPLOADS
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.practice.attempts import AttemptsNeed

MEDIA: frozenset[str] = frozenset(each for kinds in ALLOWED.values() for each in kinds)
CAPTIONS = "text/vtt"  # which are text, too, unless one looks at how they begin
ANY_BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


@dataclass(frozen=True, kw_only=True, slots=True)
class SentUpload:
    """A file that was taken in. `upload_id` is what content names it by; `source_id`, of a text, what a draft does
    that is written from it."""

    upload_id: str
    source_id: str | None
    name: str
    mime_type: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SendingNeed:
    """What the route is built from. A file has at most `bytes_max` bytes, the files of an author for content `media`,
    the texts of an account for drafts `texts_quota` bytes."""

    reading: AttemptsNeed
    intake: Intake
    bytes_max: int
    media: MediaQuota
    texts_quota: int


def sending_router(need: SendingNeed) -> APIRouter:
    """The route that takes in files."""
    router = APIRouter(prefix=UPLOADS, tags=["uploads"])

    @router.post(
        "",
        status_code=201,
        responses=problem_responses(401, 403, 413, 415, 422),
        openapi_extra={"requestBody": {"required": True, **ANY_BYTES}},
    )
    async def send_upload(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=400), NoNul],
        caller: Annotated[SessionActor, Depends(need.reading.authenticator.of_request)],
    ) -> SentUpload:
        """Take in the bytes of the body as a file. What it is, its bytes say, not its name or its `Content-Type`.

        Pictures, videos, sound and captions are for content; pdf, docx, txt, md and csv are for drafts, too. What no
        draft, artifact or chat names is removed after a while.
        """
        if not may_author(caller.actor):
            raise forbidden()
        author_id, head = caller.actor.account_id, b""
        room = await need.reading.database.read(lambda tx: authored.room(tx, author_id, need.media))
        if not room:
            raise authored.no_room()
        async with need.intake.begin(name, bytes_max=need.bytes_max, room=room) as part:
            async for piece in request.stream():
                head = head + piece[: HEAD_BYTES - len(head)] if len(head) < HEAD_BYTES else head
                await part.write(piece)
            received = await part.finish()
        kind = CAPTIONS if media_type_of(head) == CAPTIONS else received.type
        if not received.size or kind not in MEDIA | READABLE:
            raise Refusal("type_unsupported", "Files of this type are not accepted here.")
        return await need.reading.database.write(lambda tx: _keep(tx, caller.actor, (name, kind, received), need))

    return router


def _keep(tx: Tx, actor: Actor, sent: tuple[str, str, Received], need: SendingNeed) -> SentUpload:
    name, kind, received = sent
    text = kind in READABLE
    owned = NewFile(account_id=actor.account_id, name=name, origin="upload", received=received)
    source_id = files.keep_file(tx, owned, quota=need.texts_quota).id if text else None
    new = NewUpload(
        id=tx.new_id(),
        account_id=None,
        name=clean_name(name),
        mime_type=kind,
        bytes=received.size,
        digest=received.digest,
    )
    authored.keep(tx, actor.account_id, new, need.media)
    return SentUpload(upload_id=new.id, source_id=source_id, name=new.name, mime_type=new.mime_type, bytes=new.bytes)

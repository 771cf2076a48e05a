"""The routes about attempts, chats, files and the laboratory's records, put together."""

from collections.abc import Sequence

from fastapi import APIRouter

from parlour.files.ports import BlobStore
from parlour.kernel.dataclass import dataclass
from parlour.wire.rest.laboratory import LaboratoryNeed, laboratory_router
from parlour.wire.rest.practice.attempts import AttemptsNeed, attempts_router
from parlour.wire.rest.practice.chats import chats_router
from parlour.wire.rest.practice.drafts import drafts_router
from parlour.wire.rest.practice.exports import exports_router
from parlour.wire.rest.practice.history import history_router
from parlour.wire.rest.practice.presence import PresenceNeed, presence_router
from parlour.wire.rest.uploads import UploadsNeed, uploads_router
from parlour.wire.rest.usage import usage_router


@dataclass(frozen=True, kw_only=True, slots=True)
class PractisingNeed:
    """What these routes need of a server."""

    reading: AttemptsNeed
    blobs: BlobStore
    base_path: str


def practising_routers(need: PractisingNeed) -> Sequence[APIRouter]:
    """Paths that are written out stand before those with ids."""
    reading = need.reading
    database, authenticator = reading.database, reading.authenticator
    return (
        drafts_router(reading),
        exports_router(reading),
        history_router(reading),
        usage_router(reading),
        attempts_router(reading),
        chats_router(reading),
        uploads_router(
            UploadsNeed(database=database, authenticator=authenticator, blobs=need.blobs, base_path=need.base_path)
        ),
        laboratory_router(LaboratoryNeed(database=database, authenticator=authenticator)),
        presence_router(PresenceNeed(database=database, authenticator=authenticator)),
    )

"""Keeping what media engines make: bounded in time and bytes, looked at, stored as a file of whoever asked for it.

The bytes are stored first, the row that names them together with the value that shows it. Bytes that no value came to
name (the server was killed, the run cancelled) are swept up.
"""

import asyncio
from collections.abc import Mapping, Sequence

from parlour.drafts.making import TaskError
from parlour.drafts.values import Value
from parlour.files import actions as files
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaQuota
from parlour.files.entities import NewUpload
from parlour.files.intake import Intake
from parlour.files.names import clean_name
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.library.making.media import MediaEngine, MediaFile, MediaKind, MediaWanted, no_engine
from parlour.storage.tx import Tx

TOO_LONG = "It took too long."
TOO_LARGE = "What was made is too large."
NO_SUCH_FILE = "What the engine made is no {kind} that can be shown."
NAME_CHARACTERS_MAX = 80
# What a browser shows or plays; an engine that gives something else has failed.
_TYPES: Mapping[MediaKind, frozenset[str]] = {
    "image": frozenset({"image/png", "image/jpeg", "image/webp"}),
    "video": frozenset({"video/mp4", "video/webm"}),
    "audio": frozenset({"audio/wav", "audio/mpeg", "audio/ogg", "audio/mp4"}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopNeed:
    """What a `MediaShop` is built from; see `settings.authoring` for the bounds."""

    intake: Intake
    engines: Mapping[MediaKind, MediaEngine]
    seconds_max: float
    bytes_max: int


class MediaShop:
    """A `MediaMaker` over the engines of a deployment."""

    def __init__(self, need: ShopNeed) -> None:
        self._need = need

    def makes(self, kind: MediaKind) -> bool:
        """See `MediaMaker.makes`."""
        return kind in self._need.engines

    async def make(self, wanted: MediaWanted) -> MediaFile:
        """See `MediaMaker.make`."""
        engine = self._need.engines.get(wanted.kind)
        if engine is None:
            raise no_engine(wanted.kind)
        name = f"{clean_name(wanted.name)[:NAME_CHARACTERS_MAX] or wanted.kind}{engine.suffix}"
        try:
            async with (
                asyncio.timeout(self._need.seconds_max),
                self._need.intake.begin(name, bytes_max=self._need.bytes_max, room=wanted.room) as part,
            ):
                await engine.make(wanted, part.write)
                received = await part.finish()
        except TimeoutError:
            raise TaskError("timeout", TOO_LONG) from None
        except Refusal as refusal:
            raise no_room() if refusal.code == "quota_exceeded" else TaskError("model", TOO_LARGE) from refusal
        if received.type not in _TYPES[wanted.kind]:
            raise TaskError("model", NO_SUCH_FILE.format(kind=wanted.kind))
        return MediaFile(name=name, mime_type=received.type, size=received.size, digest=received.digest)


def file_told(tx: Tx, values: Sequence[Value], value_id: str) -> Mapping[str, object]:
    """What is told of a value's file besides its fields (9.7); nothing of a value without one."""
    upload_id = next((each.fields.get("upload_id") for each in values if each.id == value_id), None)
    upload = files.upload(tx, upload_id) if isinstance(upload_id, str) else None
    if upload is None:
        return {}
    return {"upload_id": upload.id, "mime_type": upload.mime_type, "file_size": upload.bytes}


def no_room() -> TaskError:
    """For what would not fit into what an author may keep."""
    return TaskError("validation", authored.NO_ROOM)


def record(tx: Tx, author_id: AccountId, made: tuple[str, MediaFile], quota: MediaQuota) -> None:
    """Note down a file that was made, by its id, in the transaction in which something comes to name it. `TaskError`
    where there is no room for it any more."""
    upload_id, file = made
    new = NewUpload(
        id=upload_id,
        account_id=None,
        name=file.name,
        mime_type=file.mime_type,
        bytes=file.size,
        digest=file.digest,
    )
    try:
        authored.keep(tx, author_id, new, quota)
    except Refusal as refusal:
        raise no_room() from refusal

"""Noting files down and looking them up. Bytes are stored before the row that names them."""

from collections.abc import Callable, Iterator
from pathlib import Path

from parlour.files import handles, store
from parlour.files.entities import (
    EXTRACT,
    READABLE,
    Details,
    FilePage,
    NewFile,
    NewUpload,
    ReadText,
    StoredFile,
    Upload,
)
from parlour.files.names import clean_name, distinct
from parlour.files.ports import BlobStore
from parlour.files.search import index
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

PIECE_BYTES = 256 * 1024
CHUNKS = "file"  # the kind of source that the chunks of a file have
TEXTUAL = ("upload", "paper", "tool")  # origins whose text is worth finding

MayRead = Callable[[Tx, AccountId, str], bool]
"""Whether an account may read the file of a handle for a reason that is not the file's own (lab protocol 6.7)."""


def keep(blobs: BlobStore, digest: str, path: Path) -> None:
    """Store the bytes of a file with this SHA-256. `ValueError` if it has changed meanwhile."""
    blobs.put(digest, _pieces(path))


def record(tx: Tx, new: NewUpload) -> bool:
    """Note down a file whose bytes are stored; False if it is known already."""
    return store.insert(tx, new)


def upload(tx: Tx, upload_id: str) -> Upload | None:
    """A file, without asking who wants it."""
    return store.upload(tx, upload_id)


def copy(tx: Tx, upload_id: str) -> str | None:
    """A further file over the same bytes, with the same owner; its id, None if there is no such file."""
    source = store.upload(tx, upload_id)
    if source is None:
        return None
    new_id = tx.new_id()
    new = NewUpload(
        id=new_id,
        account_id=source.account_id,
        name=source.name,
        mime_type=source.mime_type,
        bytes=source.bytes,
        digest=source.digest,
    )
    store.insert(tx, new)
    return new_id


def forget(tx: Tx, upload_id: str) -> None:
    """Forget a file without a handle; its bytes go with the next sweep, unless another file needs them."""
    store.remove(tx, upload_id)


def keep_file(tx: Tx, new: NewFile, *, quota: int | None = None) -> StoredFile:
    """Give received bytes a name and a handle, and have their text read if they have any.

    The name is cleaned and made distinct among the files of the account, or of the lab (9.2).
    Raises `quota_exceeded` when the account's files would weigh more than `quota` bytes.
    """
    store.lock_names(tx, new.account_id)
    received = new.received
    if quota is not None and new.account_id and store.bytes_used(tx, new.account_id) + received.size > quota:
        raise quota_exceeded()
    name = distinct(clean_name(new.name), lambda each: store.is_taken(tx, new.account_id, each, received.digest))
    file = StoredFile(
        id=handles.new_file_id(),
        account_id=new.account_id,
        name=name,
        type=received.type,
        charset=received.charset,
        size=received.size,
        sha256=received.digest,
        origin=new.origin,
        shared=new.shared,
        text_status="pending" if received.type in READABLE and new.origin in TEXTUAL else "none",
        text_reason=None,
        pages=None,
        created_at=tx.now_ms,
    )
    store.insert_file(tx, file)
    if file.text_status == "pending":
        tx.enqueue(EXTRACT, ReadText(file_id=file.id), unique=f"{EXTRACT}:{file.id}")
    return file


def quota_exceeded() -> Refusal:
    """For bytes that do not fit into what an account may keep."""
    return Refusal("quota_exceeded", "There is no room for this file. Delete files that are not needed any more.")


def room_left(tx: Tx, account_id: AccountId, quota: int) -> int:
    """How many bytes an account may still keep."""
    return max(0, quota - store.bytes_used(tx, account_id))


def by_id(tx: Tx, file_id: str) -> StoredFile | None:
    """A file, without asking who wants it."""
    return store.file(tx, file_id)


def file_to_read(
    tx: Tx, account_id: AccountId, handle: str, *, operator: bool = False, also: MayRead | None = None
) -> StoredFile:
    """The file of a handle for somebody who may read it (9.1); anything else raises the same `not_found`."""
    parsed = handles.parse(handle)
    file = store.file(tx, parsed[0]) if parsed else None
    if file is None or parsed is None or file.name != parsed[1]:
        raise not_found("File")
    if file.account_id == account_id or file.shared or operator or (also is not None and also(tx, account_id, handle)):
        return file
    raise not_found("File")


def own_file(tx: Tx, account_id: AccountId, handle: str) -> StoredFile:
    """The account's own file of a handle; raises `not_found`."""
    file = file_to_read(tx, account_id, handle)
    if file.account_id != account_id:
        raise not_found("File")
    return file


def own_files(tx: Tx, account_id: AccountId, after: str | None, limit: int) -> FilePage:
    """A page of an account's own files, newest first, after the file with the id `after`."""
    place = store.place_of(tx, account_id, after) if after is not None else None
    unknown = after is not None and place is None
    found = [] if unknown else store.files_of(tx, account_id, place, limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return FilePage(files=tuple(found[:limit]), next=more, used=store.bytes_used(tx, account_id))


def use(tx: Tx, file_id: str) -> None:
    """Something refers to the file now: it is not swept."""
    store.set_used(tx, file_id)


def share(tx: Tx, file_id: str) -> None:
    """Let every member read the file and find its text."""
    store.set_shared(tx, file_id)
    index.share(tx, CHUNKS, file_id)


def details(tx: Tx, file_id: str) -> Details | None:
    """What a file says about itself; None before its text was read."""
    return store.details(tx, file_id)


def delete_file(tx: Tx, account_id: AccountId, handle: str) -> StoredFile:
    """Remove an own file and its chunks; its bytes go with the next sweep. Raises `not_found`.

    Whether something needs it, and what else goes with it, is asked and done where that is known (9.9).
    """
    file = own_file(tx, account_id, handle)
    store.set_deleted(tx, file.id)  # first: whoever is adding text holds the row until it is all there
    index.remove(tx, CHUNKS, file.id)
    return file


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece

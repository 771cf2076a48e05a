"""Noting files down and looking them up. Bytes are stored before the row that names them."""

from collections.abc import Iterator
from pathlib import Path

from parlour.files import store
from parlour.files.entities import NewUpload, Upload
from parlour.files.ports import BlobStore
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

PIECE_BYTES = 256 * 1024


def keep(blobs: BlobStore, digest: str, path: Path) -> None:
    """Store the bytes of a file with this SHA-256. `ValueError` if it has changed meanwhile."""
    if not blobs.has(digest):
        blobs.put(digest, _pieces(path))


def record(tx: Tx, new: NewUpload) -> bool:
    """Note down a file whose bytes are stored; False if it is known already."""
    return store.insert(tx, new)


def upload(tx: Tx, upload_id: str) -> Upload | None:
    """A file, without asking who wants it."""
    return store.upload(tx, upload_id)


def own_upload(tx: Tx, actor: Actor, upload_id: str) -> Upload:
    """A file that the actor uploaded; raises `not_found`."""
    found = store.upload(tx, upload_id)
    if found is None or found.account_id != actor.account_id:
        raise not_found("Upload")
    return found


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece

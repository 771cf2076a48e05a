"""Where bytes are kept. `storage.blobs` has the folder; a store elsewhere fits in the same way."""

from collections.abc import Iterable
from typing import Protocol


class BlobStore(Protocol):
    """Bytes by their SHA-256 in lower-case hexadecimal. Calls block: keep them off the event loop."""

    def has(self, digest: str) -> bool:
        """Whether the blob is there, whole."""
        ...

    def put(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a blob for good; again changes nothing. `ValueError` if the pieces have another digest."""
        ...

    def read(self, digest: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on. `FileNotFoundError` if the blob is not there."""
        ...

"""Where bytes are kept. `storage.blobs` has the folder; a store elsewhere fits in the same way."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class BlobStore(Protocol):
    """Bytes by their SHA-256 in lower-case hexadecimal. Calls block: keep them off the event loop."""

    def has(self, digest: str) -> bool:
        """Whether the blob is there, whole."""
        ...

    def put(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a blob; again only makes it young (`remove`). `ValueError` if the pieces have another digest."""
        ...

    def read(self, digest: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on. `FileNotFoundError` if the blob is not there."""
        ...

    def digests(self, before_ms: int) -> Iterator[str]:
        """The blobs that were not put since `before_ms`, in no order."""
        ...

    def remove(self, digest: str, before_ms: int) -> bool:
        """Remove a blob, unless it was put (again) since `before_ms`; whether it is gone by this."""
        ...

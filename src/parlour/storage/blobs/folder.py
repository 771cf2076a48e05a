"""Blobs in a folder: `<2 hex>/<sha256>`. Several servers may share the folder."""

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

GROWING = ".part"  # the end of the name of a file that is still being written


class FolderBlobs:
    """A `files.ports.BlobStore` on a file system. Everything in it is readable by its owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, digest: str) -> bool:
        """Whether the blob is there."""
        return self._path(digest).is_file()

    def put(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Keep a blob; one that is there stays and is young again. `ValueError` if the pieces have another digest."""
        path = self._path(digest)
        if self._refresh(path):
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=GROWING)
        try:
            found = hashlib.sha256()
            with os.fdopen(handle, "wb") as growing:
                for piece in pieces:
                    found.update(piece)
                    growing.write(piece)
                growing.flush()
                os.fsync(growing.fileno())
            if found.hexdigest() != digest:
                raise ValueError("the bytes are not those that were announced")
            Path(name).replace(path)
            _sync(path.parent)
        finally:
            Path(name).unlink(missing_ok=True)

    def read(self, digest: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset` on. `FileNotFoundError` if the blob is not there."""
        with self._path(digest).open("rb") as blob:
            blob.seek(offset)
            return blob.read(length)

    def digests(self, before_ms: int) -> Iterator[str]:
        """The blobs that were not put since `before_ms`."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.suffix != GROWING and path.stat().st_mtime * 1000 < before_ms:
                    yield path.name

    def remove(self, digest: str, before_ms: int) -> bool:
        """Remove a blob, unless it was put (again) since `before_ms`."""
        path = self._path(digest)
        with contextlib.suppress(FileNotFoundError), self._alone():
            if path.stat().st_mtime * 1000 < before_ms:
                path.unlink()
                return True
        return False

    def _refresh(self, path: Path) -> bool:
        """Make a blob that is there young, so that whoever sweeps now leaves it; False if there is none."""
        if not path.is_file():
            return False
        with contextlib.suppress(FileNotFoundError), self._alone():
            os.utime(path)
            return True
        return False

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Keep a blob from being removed just when it is put again."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _path(self, digest: str) -> Path:
        if len(digest) != hashlib.sha256().digest_size * 2 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("a blob is named by a SHA-256 in lower-case hexadecimal")
        return self._folder / digest[:2] / digest


def _sync(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

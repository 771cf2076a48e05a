"""Taking bytes in: counted, hashed and looked at while they arrive, and stored only when whole (9.3).

What grows is a file of the data folder that nobody else can name; whatever ends early leaves nothing.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from parlour.files.actions import PIECE_BYTES, quota_exceeded
from parlour.files.entities import Received
from parlour.files.ports import BlobStore
from parlour.files.sniffing import Sniffer
from parlour.kernel.refusals import Refusal

GROWING = ".part"
_TOO_MUCH = "A file may have at most {} bytes."


class Part:
    """A file that is arriving."""

    def __init__(self, file: IO[bytes], blobs: BlobStore, name: str, bounds: tuple[int, int | None]) -> None:
        self._file = file
        self._blobs = blobs
        self._bytes_max, self._room = bounds
        self._sniffer = Sniffer(name)
        self._digest = hashlib.sha256()
        self._waiting = bytearray()
        self.size = 0

    async def write(self, data: bytes) -> None:
        """The next bytes. Raises `file_too_large` or `quota_exceeded` as soon as it is clear."""
        self._count(len(data))
        self._waiting += data
        if len(self._waiting) >= PIECE_BYTES:
            await asyncio.to_thread(self._flush)

    async def finish(self) -> Received:
        """Store what has arrived; call it once, after the last bytes."""
        return await asyncio.to_thread(self.finish_here)

    def write_here(self, data: bytes) -> None:
        """As `write`, in the calling thread."""
        self._count(len(data))
        self._waiting += data
        self._flush()

    def finish_here(self) -> Received:
        """As `finish`, in the calling thread."""
        self._flush()
        self._file.flush()
        digest = self._digest.hexdigest()
        self._file.seek(0)
        self._blobs.put(digest, self._pieces())
        kind = self._sniffer.kind()
        return Received(digest=digest, size=self.size, type=kind.type, charset=kind.charset)

    def _count(self, more: int) -> None:
        self.size += more
        if self.size > self._bytes_max:
            raise Refusal("file_too_large", _TOO_MUCH.format(self._bytes_max))
        if self._room is not None and self.size > self._room:
            raise quota_exceeded()

    def _flush(self) -> None:
        piece = bytes(self._waiting)
        self._waiting.clear()
        self._digest.update(piece)
        self._sniffer.feed(piece)
        self._file.write(piece)

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._file.read(PIECE_BYTES):
            yield piece


class Intake:
    """Where bytes come in. `folder` is in the data folder; a file has at most `bytes_max` bytes."""

    def __init__(self, folder: Path, blobs: BlobStore, bytes_max: int) -> None:
        self._folder = folder
        self._blobs = blobs
        self._bytes_max = bytes_max

    @asynccontextmanager
    async def begin(
        self, name: str = "", *, bytes_max: int | None = None, room: int | None = None
    ) -> AsyncGenerator[Part]:
        """Take in a file: `write` to it, then `finish`. `name` is what it is called, `room` what the quota leaves."""
        file = await asyncio.to_thread(self._open)
        try:
            yield Part(file, self._blobs, name, (bytes_max or self._bytes_max, room))
        finally:
            await asyncio.to_thread(_discard, file)

    async def keep_bytes(self, name: str, data: bytes) -> Received:
        """Take in what is whole already, of whatever size: the caller has bounded it."""
        async with self.begin(name, bytes_max=max(1, len(data))) as part:
            await part.write(data)
            return await part.finish()

    def keep_path(self, name: str, path: Path) -> Received:
        """As `keep_bytes` for a file of the operator, in the calling thread. Raises `file_too_large`, `OSError`."""
        with path.open("rb") as source, contextlib.closing(self._open()) as growing:
            part = Part(growing, self._blobs, name, (self._bytes_max, None))
            try:
                while piece := source.read(PIECE_BYTES):
                    part.write_here(piece)
                return part.finish_here()
            finally:
                Path(growing.name).unlink(missing_ok=True)

    def forget_remains(self, before_ms: int) -> int:
        """Remove what a killed server left half-arrived before an instant; how many files."""
        gone = 0
        for path in self._folder.glob(f"*{GROWING}"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime * 1000 < before_ms:
                    path.unlink()
                    gone += 1
        return gone

    def _open(self) -> IO[bytes]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=self._folder, suffix=GROWING, delete=False)


def _discard(file: IO[bytes]) -> None:
    file.close()
    Path(file.name).unlink(missing_ok=True)

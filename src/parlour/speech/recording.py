"""What is said, on disk while it is being said: a spool that grows, and the recording it becomes.

A spool is raw PCM16 at `HEARD_RATE` in a file of the data folder that nobody else can name. What was added is
on disk a quarter of a second later at the latest, so it outlives the process (Glow 6.8). A recording is the same
sound as a WAV file among the blobs, under the SHA-256 of the whole file.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from parlour.files.ports import BlobStore
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import is_id
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES
from parlour.speech.wav import wav_bytes

FLUSH_SECONDS = 0.25
GROWING = ".pcm"
BYTES_PER_MS = HEARD_RATE * SAMPLE_BYTES // 1000
BATCH = 200

logger = logging.getLogger("parlour.speech")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A recording among the blobs: the SHA-256 and the bytes of its WAV file, and the milliseconds of its sound."""

    digest: str
    size: int
    ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolsNeed:
    """What spools are built from. `keeps` False: a spool is there only while somebody speaks, nothing becomes of it."""

    folder: Path
    blobs: BlobStore
    seconds_max: float
    keeps: bool


class Spool:
    """One utterance on its way to disk. Made by `Spools.begin`; used from the event loop only."""

    def __init__(self, name: str, path: Path, bytes_max: int) -> None:
        self.name = name
        self._path = path
        self._bytes_max = bytes_max
        self._waiting = bytearray()
        self._taken = 0
        self._handle: int | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._alone = asyncio.Lock()
        self._closed = False
        self.broken = False

    @property
    def ms(self) -> int:
        """How much sound was taken in."""
        return self._taken // BYTES_PER_MS

    @property
    def full(self) -> bool:
        """Whether no more sound is taken in."""
        return self._taken >= self._bytes_max

    def add(self, sound: bytes) -> None:
        """Take in whole samples. Touches no disk; what is beyond the bound, or comes after the end, is left out."""
        if self._closed or self.broken:
            return
        room = self._bytes_max - self._taken
        taken = sound if len(sound) <= room else sound[:room]
        self._taken += len(taken)
        self._waiting += taken
        if self._waiting and self._flushing is None:
            self._flushing = asyncio.create_task(self._flush_often(), name="spool")

    async def close(self) -> None:
        """Everything that was added is on disk, unless the disk failed: then `broken` says so. Once more is nothing."""
        self._closed = True
        flushing, self._flushing = self._flushing, None
        if flushing is not None:
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)
        await self._flush()
        handle, self._handle = self._handle, None
        if handle is not None:
            await asyncio.to_thread(os.close, handle)

    async def discard(self) -> None:
        """End, and leave nothing."""
        self._waiting.clear()
        await self.close()
        await asyncio.to_thread(_remove, self._path)

    async def _flush_often(self) -> None:
        while self._waiting:
            await asyncio.sleep(FLUSH_SECONDS)
            await asyncio.shield(self._flush())
        self._flushing = None

    async def _flush(self) -> None:
        async with self._alone:
            piece = bytes(self._waiting)
            self._waiting.clear()
            if not piece or self.broken:
                return
            try:
                await asyncio.to_thread(self._write, piece)
            except OSError as error:
                self.broken = True
                _complain(self.name, error)

    def _write(self, piece: bytes) -> None:
        if self._handle is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._handle = os.open(self._path, flags, 0o600)
        while piece:
            piece = piece[os.write(self._handle, piece) :]


class Spools:
    """The spools of a data folder. Several processes may share it: a spool belongs to whoever knows its name."""

    def __init__(self, need: SpoolsNeed) -> None:
        self._need = need
        self._bytes_max = round(need.seconds_max * 1000) * BYTES_PER_MS

    def begin(self, name: str) -> Spool:
        """A spool under the id of its utterance; the disk is touched with the first flush."""
        return Spool(name, self._path(name), self._bytes_max)

    async def read(self, name: str) -> bytes:
        """The sound that is on disk under a name, whoever left it there; nothing if there is none."""
        return await asyncio.to_thread(self._read, name)

    async def keep(self, name: str) -> Kept | None:
        """Make a recording of a spool that was closed; the spool stays until `remove`.

        None if there is no sound, if nothing is to be kept, or if the disk fails.
        """
        return await asyncio.to_thread(self._keep, name) if self._need.keeps else None

    async def remove(self, name: str) -> None:
        """Forget a spool."""
        await asyncio.to_thread(_remove, self._path(name))

    async def forget_orphans(self, before_ms: int, needed: Callable[[Sequence[str]], Awaitable[set[str]]]) -> int:
        """Remove the spools that nobody added to since an instant and that are not `needed`; how many."""
        old = await asyncio.to_thread(self._names, before_ms)
        gone = 0
        for at in range(0, len(old), BATCH):
            some = old[at : at + BATCH]
            for name in set(some) - await needed(some):
                await self.remove(name)
                gone += 1
        return gone

    def _path(self, name: str) -> Path:
        if not is_id(name):
            raise ValueError("a spool is named by an id")
        return self._need.folder / f"{name}{GROWING}"

    def _read(self, name: str) -> bytes:
        try:
            with self._path(name).open("rb") as spool:
                sound = spool.read(self._bytes_max)
        except FileNotFoundError:
            return b""
        return sound[: len(sound) // SAMPLE_BYTES * SAMPLE_BYTES]

    def _keep(self, name: str) -> Kept | None:
        sound = self._read(name)
        if not sound:
            return None
        file = wav_bytes(sound, HEARD_RATE)
        digest = hashlib.sha256(file).hexdigest()
        try:
            self._need.blobs.put(digest, [file])
        except OSError as error:
            _complain(name, error)
            return None
        return Kept(digest=digest, size=len(file), ms=len(sound) // BYTES_PER_MS)

    def _names(self, before_ms: int) -> list[str]:
        """The spools that are older than an instant."""
        found: list[str] = []
        for path in self._need.folder.glob(f"*{GROWING}"):
            with contextlib.suppress(FileNotFoundError):
                if is_id(path.stem) and path.stat().st_mtime * 1000 < before_ms:
                    found.append(path.stem)
        return found


def _remove(path: Path) -> None:
    """Remove a spool; one that cannot be removed is an orphan later."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _complain(path.stem, error)


def _complain(name: str, error: OSError) -> None:
    logger.warning("spool_failed", extra={"utterance_id": name, "reason": type(error).__name__})

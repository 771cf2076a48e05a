"""Reading the text of kept files: as a job, and at once for whoever waits for it."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Sequence
from weakref import WeakValueDictionary

from parlour.files import actions, store
from parlour.files.entities import EXTRACT, Details, ReadText, StoredFile, TextRead
from parlour.files.extraction.entities import Extracted, ReaderLimits
from parlour.files.extraction.process import extract
from parlour.files.ports import BlobStore
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Prepared, Source
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import not_found
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.tx import Tx

PIECE_BYTES = 256 * 1024
CHILDREN_MAX = 2
BATCH = 64
"""Passages that are indexed in one transaction, so that a long document holds nobody up."""

logger = logging.getLogger("parlour.files")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderNeed:
    """What a `TextReader` is built from."""

    database: Database
    blobs: BlobStore
    limits: LabLimits


class TextReader:
    """Reads the text of files into the search index, two at a time, each file once."""

    def __init__(self, need: ReaderNeed) -> None:
        self._need = need
        self._places = asyncio.Semaphore(CHILDREN_MAX)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=EXTRACT, step=self._step, stuck=_stuck)

    async def ensure(self, file_id: str) -> StoredFile:
        """The file once its text was read, or could not be. Raises `not_found` if it was deleted."""
        lock = self._locks.setdefault(file_id, asyncio.Lock())
        async with lock:
            file = await self._need.database.read(lambda tx: actions.by_id(tx, file_id))
            if file is not None and file.text_status == "pending":
                await self._read(file)
                file = await self._need.database.read(lambda tx: actions.by_id(tx, file_id))
        if file is None:
            raise not_found("File")
        return file

    async def _step(self, job: Job) -> None:
        file_id = job.read(ReadText).file_id
        if await self._need.database.read(lambda tx: actions.by_id(tx, file_id)):
            await self.ensure(file_id)
        await self._need.database.write(job.finish)

    async def _read(self, file: StoredFile) -> None:
        async with self._places:
            found = await extract(self._pieces(file), file.type, file.charset, reader_limits(self._need.limits))
        source = Source(kind=actions.CHUNKS, id=file.id, account_id=None if file.shared else file.account_id)
        chunks = [NewChunk(page=n, position=n, text=page) for n, page in enumerate(found.pages, start=1)]
        prepared = await asyncio.to_thread(index.prepare, chunks) if found.status == "ok" else []
        for begin in range(0, len(prepared), BATCH):
            batch = prepared[begin : begin + BATCH]
            await self._need.database.write(lambda tx, batch=batch: _add(tx, file.id, source, batch))
        await self._need.database.write(lambda tx: store.set_text(tx, file.id, _outcome(found)))
        logger.info("text_read", extra={"file": file.id, "status": found.status, "reason": found.reason})

    async def _pieces(self, file: StoredFile) -> AsyncGenerator[bytes]:
        at = 0
        while piece := await asyncio.to_thread(self._need.blobs.read, file.sha256, at, PIECE_BYTES):
            at += len(piece)
            yield piece


def reader_limits(limits: LabLimits) -> ReaderLimits:
    """The limits of a child, from the settings."""
    return ReaderLimits(
        cpu_seconds=limits.extraction_cpu_seconds_max,
        wall_seconds=math.ceil(limits.extraction_seconds_max),
        memory_bytes=limits.extraction_memory_bytes_max,
        inflated_bytes=limits.extraction_inflated_bytes_max,
        entries=limits.extraction_entries_max,
        pages=limits.extraction_pages_max,
        text_bytes=limits.extraction_text_bytes_max,
    )


def _add(tx: Tx, file_id: str, source: Source, batch: Sequence[Prepared]) -> None:
    """Index a batch, unless the file was deleted or shared meanwhile."""
    file = store.held_file(tx, file_id)
    if file is not None:
        account_id = None if file.shared else source.account_id
        index.add(tx, Source(kind=source.kind, id=source.id, account_id=account_id), batch)


def _outcome(found: Extracted) -> TextRead:
    said = Details(title=found.title, authors=found.authors, doi=found.doi, year=found.year, abstract=found.abstract)
    return TextRead(status=found.status, reason=found.reason, pages=len(found.pages) or None, details=said)


def _stuck(tx: Tx, body: bytes, reason: str) -> None:
    """The bytes could not be had, again and again: say so on the file."""
    failed = TextRead(status="failed", reason="died", pages=None, details=Details())
    store.set_text(tx, decode(body, ReadText).file_id, failed)

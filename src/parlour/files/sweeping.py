"""Removing what nothing needs any more: uploads that were never used, files of authors that nothing names, and bytes
without a row (9.3)."""

import asyncio
import logging
from collections.abc import Callable

from parlour.files import store
from parlour.files.actions import CHUNKS
from parlour.files.authored import store as authored
from parlour.files.intake import Intake
from parlour.files.ports import BlobStore
from parlour.files.search import index
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.tx import Tx

BATCH = 200
SETTLING_MS = 3_600_000
"""How long bytes may be there before their row: whatever takes them in is done with it by then."""

logger = logging.getLogger("parlour.files")


@dataclass(frozen=True, kw_only=True, slots=True)
class SweeperNeed:
    """What a `Sweeper` is built from."""

    database: Database
    blobs: BlobStore
    intake: Intake
    clock: Clock
    unused_hours: float
    unnamed_hours: float


class Sweeper:
    """Sweeps when it is told to; sweeping again, or in two processes at once, does no harm."""

    def __init__(self, need: SweeperNeed) -> None:
        self._need = need

    async def sweep(self) -> int:
        """Forget unused uploads, then remove bytes that no row names; how many files and blobs went."""
        now = self._need.clock.now_ms()
        gone = 0
        for hours, forget in ((self._need.unused_hours, _forget), (self._need.unnamed_hours, _forget_unnamed)):
            gone += await self._forget_all(forget, now - round(hours * 3_600_000))
        before = now - SETTLING_MS
        old = await asyncio.to_thread(lambda: list(self._need.blobs.digests(before)))
        for at in range(0, len(old), BATCH):
            some = old[at : at + BATCH]
            needed = await self._need.database.read(lambda tx, some=some: store.needed(tx, some))
            for digest in set(some) - needed:
                gone += await asyncio.to_thread(self._need.blobs.remove, digest, before)
        gone += await asyncio.to_thread(self._need.intake.forget_remains, before)
        if gone:
            logger.info("swept", extra={"count": gone})
        return gone

    async def _forget_all(self, forget: Callable[[Tx, int], int], before: int) -> int:
        gone = count = await self._need.database.write(lambda tx: forget(tx, before))
        while count == BATCH:
            count = await self._need.database.write(lambda tx: forget(tx, before))
            gone += count
        return gone


def _forget(tx: Tx, before_ms: int) -> int:
    unused = store.unused(tx, before_ms, BATCH)
    for file_id in unused:
        if store.remove_unused(tx, file_id):
            index.remove(tx, CHUNKS, file_id)
    return len(unused)


def _forget_unnamed(tx: Tx, before_ms: int) -> int:
    unnamed = authored.unnamed(tx, before_ms, BATCH)
    return sum(authored.remove_unnamed(tx, upload_id) for upload_id in unnamed)

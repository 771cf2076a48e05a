"""The end of recordings: those that are old, and spools that a dead process left."""

import logging

from parlour.conversations.spoken.reading import keeping
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.speech.recording import Spools
from parlour.storage.database import Database

DAY_MS = 86_400_000
ORPHAN_MS = 3_600_000
"""How long nobody has added to a spool that is an orphan: no utterance takes as long."""

logger = logging.getLogger("parlour.speech")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeeperNeed:
    """What a `RecordingKeeper` is built from. `recording_days` 0: every recording goes with the next round."""

    database: Database
    spools: Spools
    clock: Clock
    recording_days: float


class RecordingKeeper:
    """Keeps house when it is told to; again, or in two processes at once, does no harm."""

    def __init__(self, need: KeeperNeed) -> None:
        self._need = need

    async def keep_house(self) -> int:
        """Forget recordings that are old enough, and orphaned spools; how many."""
        need = self._need
        now = need.clock.now_ms()
        before = now - round(need.recording_days * DAY_MS)
        gone = count = await need.database.write(lambda tx: keeping.forget_recordings(tx, before))
        while count == keeping.BATCH:
            count = await need.database.write(lambda tx: keeping.forget_recordings(tx, before))
            gone += count
        gone += await need.spools.forget_orphans(
            now - ORPHAN_MS, lambda names: need.database.read(lambda tx: keeping.spools_needed(tx, names))
        )
        if gone:
            logger.info("recordings_forgotten", extra={"count": gone})
        return gone

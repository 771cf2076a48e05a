"""What a server does every ten minutes: it forgets what is over and shortens the log (Glow 5.2)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from parlour.benchmarks.compacting import compact_replays
from parlour.conversations.compacting import compact_replies, compact_speech
from parlour.events import cursors
from parlour.events.compaction import prune
from parlour.settings.limits import Limits
from parlour.storage import requests
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow.http_sessions import TICKET_SECONDS_MAX

logger = logging.getLogger("parlour")

EVERY_SECONDS = 600.0
ACCOUNT_ROOM_SECONDS = 2 * TICKET_SECONDS_MAX  # joins of HTTP sessions stand there: longer than any of them lives


class Housekeeping:
    """A task of its own; a round that fails is logged and the next one comes all the same.

    `rounds`: what the laboratory, voice and others do in each round, last.
    """

    def __init__(self, database: Database, limits: Limits, *rounds: Callable[[], Awaitable[object]]) -> None:
        self._database = database
        self._limits = limits
        self._others = rounds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first round comes after ten minutes."""
        self._task = asyncio.create_task(self._rounds(), name="housekeeping")

    async def stop(self) -> None:
        """End, in the middle of a round if need be: each piece of it is whole in itself."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def once(self) -> None:
        """One round."""

        def forget(tx: Tx) -> None:
            requests.forget_old(tx)
            cursors.forget_old(tx, tx.now_ms - self._limits.recovery_seconds_max * 1000)

        await self._database.write(forget)
        await self._shorten_log()
        for keep_house in self._others:
            await keep_house()

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.once()
            except Exception:
                logger.exception("housekeeping_failed")

    async def _shorten_log(self) -> None:
        replies = await compact_replies(self._database, self._limits.compaction_age_seconds)
        spoken = await compact_speech(self._database, self._limits.compaction_age_seconds)
        turns = await compact_replays(self._database, self._limits.compaction_age_seconds)
        entries = 0
        for prefix, seconds in (
            ("person:", self._limits.person_retention_seconds),
            ("presence:", self._limits.person_retention_seconds),
            ("account:", ACCOUNT_ROOM_SECONDS),
        ):
            entries += await prune(self._database, prefix, seconds)
        if replies or spoken or turns or entries:
            counts = {"replies": replies, "spoken": spoken, "replayed_turns": turns, "entries": entries}
            logger.info("log_shortened", extra=counts)

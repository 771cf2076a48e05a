"""LISTEN/NOTIFY. A wake says only that there may be something; the pump reads the log."""

import asyncio
import logging

import psycopg

logger = logging.getLogger("parlour.storage")

RECONNECT_SECONDS = 1.0


class PostgreSQLWaker:
    """Listens on the channel that every commit with events notifies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._woken = asyncio.Event()
        self._task = asyncio.create_task(self._listen(), name="postgresql-listen")

    async def wait(self) -> None:
        """Return when another process (or this one) has committed since the last call."""
        await self._woken.wait()
        self._woken.clear()

    async def aclose(self) -> None:
        """Close the listening connection."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                async with connection:
                    await connection.execute("LISTEN parlour")
                    self._woken.set()
                    async for _ in connection.notifies():
                        self._woken.set()
            except psycopg.Error:
                logger.warning("listen_lost")
            await asyncio.sleep(RECONNECT_SECONDS)

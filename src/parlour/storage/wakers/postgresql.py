"""LISTEN/NOTIFY. A wake says only that there may be something; the pump reads the log."""

import asyncio
import logging

import psycopg

logger = logging.getLogger("parlour.storage")

JOBS = "jobs"  # what is notified when a job waits for whichever process has time

RECONNECT_SECONDS = 1.0


class PostgreSQLWaker:
    """Listens on the channel that every commit with events notifies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._woken = asyncio.Event()
        self._jobs = False
        self._task = asyncio.create_task(self._listen(), name="postgresql-listen")

    async def wait(self) -> bool:
        """Return when another process (or this one) has committed since the last call: whether it left jobs."""
        await self._woken.wait()
        self._woken.clear()
        jobs, self._jobs = self._jobs, False
        return jobs

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
                    self._jobs = True
                    self._woken.set()
                    async for notify in connection.notifies():
                        self._jobs = self._jobs or notify.payload == JOBS
                        self._woken.set()
            except psycopg.Error:
                logger.warning("listen_lost")
            await asyncio.sleep(RECONNECT_SECONDS)

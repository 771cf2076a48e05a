"""A worker that is stopped stops, whatever happens at the same moment."""

import asyncio
from pathlib import Path

import pytest

from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database

STOP_SECONDS = 60


@pytest.mark.parametrize("ticks", range(4))
async def test_a_worker_that_is_woken_and_stopped_at_once_stops(tmp_path: Path, ticks: int) -> None:
    clock = SystemClock()
    database = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock))
    await asyncio.to_thread(database.migrate)
    database.start()
    worker = Worker(database, SeededDice(1), "worker", WorkerLimits(poll_seconds=3600))
    await worker.start()
    await asyncio.sleep(0.2)  # it has looked, and waits
    worker.wake()
    for _ in range(ticks):
        await asyncio.sleep(0)
    await asyncio.wait_for(worker.stop(), STOP_SECONDS)
    await database.stop()

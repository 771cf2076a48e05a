"""What a commit wakes in other processes: readers always, workers only for a job that waits for one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.dialects import Waker
from tests.conftest import new_database

WAIT_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A fact of the test."""

    text: str


@pytest.fixture
async def database(postgresql: str) -> AsyncIterator[Database]:
    clock = SystemClock()
    database = Database(new_database(postgresql), clock, TimeOrderedIds(clock))
    database.start()
    yield database
    await database.stop()


async def jobs_were_left(waker: Waker) -> bool:
    """Whether the next wake says so."""
    return await asyncio.wait_for(waker.wait(), WAIT_SECONDS)


@pytest.mark.postgres
async def test_a_commit_wakes_readers_and_a_job_for_anyone_wakes_workers(database: Database) -> None:
    waker = database.dialect.waker()
    assert waker is not None
    assert await jobs_were_left(waker)  # it has begun to listen: what was left before is unknown
    await database.write(lambda tx: tx.announce(["room"], Told(text="hello")))
    assert not await jobs_were_left(waker)
    await database.write(lambda tx: tx.enqueue("later", Told(text="x"), delay_seconds=60))
    await database.write(lambda tx: tx.announce(["room"], Told(text="again")))
    assert not await jobs_were_left(waker)
    await database.write(lambda tx: tx.enqueue("now", Told(text="x")))
    assert await jobs_were_left(waker)
    database.writer.lease_owner = lambda: "this process"
    await database.write(lambda tx: tx.enqueue("mine", Told(text="x")))
    await database.write(lambda tx: tx.announce(["room"], Told(text="mine")))
    assert not await jobs_were_left(waker)
    await database.write(lambda tx: tx.enqueue("anyone's", Told(text="x"), shared=True))
    assert await jobs_were_left(waker)
    await waker.aclose()

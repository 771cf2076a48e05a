"""P31: the clock of the machine is set hours back and forth while jobs run; each is done once, and soon."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from parlour.jobs import store
from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.promises.figures import Figure
from tests.promises.waiting import eventually

HOUR_MS = 3600 * 1000
JUMPS_HOURS = (-5, 7, -26, 3, -1, 30, -9, 1)
JOBS_EACH = 40
COUNT = "test.count"
SECONDS_MAX = 60


class JumpingClock(SystemClock):
    """The clock of a machine whose wall clock is being set."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """A job; every third fails the first time."""

    number: int


class Hall:
    """A database and a worker on one clock; `done` counts what was done."""

    def __init__(self, url: str) -> None:
        self.clock = JumpingClock()
        self.ids = TimeOrderedIds(self.clock)
        self.database = Database(url, self.clock, self.ids)
        self.done: Counter[int] = Counter()

    @asynccontextmanager
    async def worker(self, name: str, **limits: int) -> AsyncGenerator[Worker]:
        worker = Worker(
            self.database, SeededDice(), name, WorkerLimits(poll_seconds=0.05, backoff_seconds=0.05, **limits)
        )
        worker.add(Kind(name=COUNT, step=self._count, stuck=lambda _tx, _body, _reason: None))
        await worker.start()
        yield worker
        await worker.stop()

    async def _count(self, job: Job) -> None:
        number = job.read(Count).number
        if number % 3 == 0 and job.claims == 1:
            raise ProviderFault("The first time it fails.", retryable=True)
        await asyncio.sleep(0.01)
        await self.database.write(job.finish)
        self.done[number] += 1

    async def until_done(self, count: int) -> float:
        began = time.monotonic()
        await eventually(lambda: len(self.done) >= count, SECONDS_MAX, 0.01)
        return time.monotonic() - began


@pytest.mark.promise("P31")
@pytest.mark.parametrize("store_name", STORES)
async def test_work_is_done_once_and_soon_while_the_clock_jumps(
    store_name: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    hall = Hall(make_site(store_name, tmp_path, request).url)
    hall.database.start()
    total, longest, ids = 0, 0.0, set[str]()
    async with hall.worker("one", parallel_max=8):
        for hours in JUMPS_HOURS:
            for _ in range(JOBS_EACH):
                total += 1
                body = Count(number=total)
                made = await hall.database.write(lambda tx, body=body: tx.enqueue(COUNT, body))
                ids.add(str(made))
                if total % JOBS_EACH == JOBS_EACH // 2:
                    hall.clock.ahead_ms += hours * HOUR_MS
            longest = max(longest, await hall.until_done(total))
    assert hall.done.total() == total == len(ids)

    def abandon(tx: Tx) -> None:
        """A worker claims work and dies; then the clock is set back beyond every lease."""
        tx.lease_owner = None
        tx.enqueue(COUNT, Count(number=total + 1))
        tx.enqueue(COUNT, Count(number=total + 2))
        assert len(store.claim(tx, "dead", 1)) == 1

    await hall.database.write(abandon)
    hall.clock.ahead_ms -= 6 * HOUR_MS
    async with hall.worker("other"):
        waited = await hall.until_done(total + 2)
    await hall.database.stop()
    assert hall.done.total() == total + 2
    figure(
        "P31",
        f"{len(JUMPS_HOURS) + 1} jumps of up to {max(map(abs, JUMPS_HOURS))} h under {total} jobs: each done once, the"
        f" last {longest:.1f} s after the jump; work of a dead worker taken over {waited:.1f} s after 6 h back",
    )

"""A worker process of nothing but counted jobs: `python -m tests.promises.workers_program URL NAME`.

Its clock runs twenty times as fast as the machine's, so a lease of 15 s lasts 0.75 s and is lost
often. Every line printed is an outcome of this worker: `done`, `lost`, `retried`, `stuck`.
"""

import asyncio
import sys
from dataclasses import dataclass

from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.tx import Tx

COUNT = "test.count"
SPEED = 20


class FastClock(SystemClock):
    """Wall-clock time that goes by twenty times as fast."""

    def now_ms(self) -> int:
        return super().now_ms() * SPEED


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """A job that takes `seconds`, then counts itself."""

    number: int
    seconds: float


def open_database(url: str) -> Database:
    clock = FastClock()
    return Database(url, clock, TimeOrderedIds(clock))


async def work(url: str, name: str) -> None:
    """Until killed."""
    database = open_database(url)
    worker = Worker(database, SeededDice(), name, WorkerLimits(parallel_max=16, poll_seconds=0.05))

    async def count(job: Job) -> None:
        body = job.read(Count)
        await asyncio.sleep(body.seconds)

        def effect(tx: Tx) -> None:
            job.finish(tx)
            tx.run(
                "INSERT INTO effects (id, number, worker, claims) VALUES (:id, :number, :worker, :claims)",
                id=tx.new_id(),
                number=body.number,
                worker=name,
                claims=job.claims,
            )

        await database.write(effect)

    worker.add(Kind(name=COUNT, step=count, stuck=lambda _tx, _body, _reason: None))
    worker.done = lambda _kind, outcome: print(outcome, flush=True)
    database.start()
    await worker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))

"""One process of a server that replays tests: `python -m bench.replaying_worker URL`; it prints `ready` and ends with
its input. The same parts as in a server, on the same event loop; the offline model without pace.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from parlour.events.pump import Pump
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import TimeOrderedIds
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.serving import spare_the_collector
from parlour.settings import Settings
from parlour.storage.database import Database
from parlour.testing import Testing, TestingNeed


async def work_on(url: str, stack: AsyncExitStack) -> tuple[Database, Testing]:
    """A worker on the store at `url`, until the stack is closed."""
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    database = Database(url, clock, ids)
    database.start()
    stack.push_async_callback(database.stop)
    pump = Pump(database, database.dialect.waker())
    await pump.start()
    stack.push_async_callback(pump.stop)
    need = TestingNeed(settings=Settings(data=Path()), database=database, model=ScriptedModel())
    testing = Testing(need)
    worker = Worker(database, SeededDice(1), ids.new(), WorkerLimits())
    testing.work_in(worker, pump)
    await worker.start()
    stack.push_async_callback(worker.stop)
    spare_the_collector()
    return database, testing


async def _serve(url: str) -> None:
    async with AsyncExitStack() as stack:
        await work_on(url, stack)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))

"""A server of nothing but pauses, to be killed: every run asks twice, and its effects are counted.

`nursery URL` imports everything once, then forks a server for each line it reads (`work` begins new
runs and serves until it is killed, `finish` serves until nothing is open). `race URL` waits for a
line, then answers every open question in the order in which they were asked, one by one.
What is printed has been committed: `begun RUN`, `answered PAUSE TOKEN`, `refused PAUSE`.
"""

import asyncio
import os
import sys
from dataclasses import dataclass

from parlour.jobs import queue
from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, PauseId, TimeOrderedIds
from parlour.pauses import actions
from parlour.pauses.entities import Asking, Body, Resumed, Settling
from parlour.storage.database import Database
from parlour.storage.tx import Tx

ADA = AccountId("ada")
BEGIN, GO_ON = "run.begin", "run.go_on"
RUNS_AT_ONCE = 3
STAGES = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Where a run is: it has had `stage` answers."""

    run: str
    stage: int


def say(*words: str) -> None:
    """Tell the test, in one write that survives a kill."""
    os.write(1, (" ".join(words) + "\n").encode())


def open_database(url: str) -> Database:
    """The database of the test, which has its tables."""
    clock = SystemClock()
    return Database(url, clock, TimeOrderedIds(clock))


def go_on(tx: Tx, stage: Stage, token: str) -> None:
    """The effect of a step, and the next question."""
    sql = "INSERT INTO effects (id, run, stage, token) VALUES (:id, :run, :stage, :token)"
    tx.run(sql, id=tx.new_id(), run=stage.run, stage=stage.stage, token=token)
    if stage.stage < STAGES:
        asking = Asking(
            account_id=ADA,
            subject=stage.run,
            kind="authorize",
            body=Body(text=f"Run {stage.run}, stage {stage.stage}: may it go on?"),
            resume_kind=GO_ON,
            resume_body=Stage(run=stage.run, stage=stage.stage + 1),
        )
        actions.ask(tx, asking)


class Server:
    """A worker that does the runs, and a person who answers everything twice at once."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url)
        self.worker = Worker(self.database, SeededDice(), str(os.getpid()), WorkerLimits(poll_seconds=0.02))
        self.worker.add(Kind(name=BEGIN, step=self._begin, stuck=lambda _tx, _body, reason: say("stuck", reason)))
        self.worker.add(Kind(name=GO_ON, step=self._go_on, stuck=lambda _tx, _body, reason: say("stuck", reason)))

    async def _begin(self, job: Job) -> None:
        def step(tx: Tx) -> None:
            job.finish(tx)
            go_on(tx, job.read(Stage), "")

        await self.database.write(step)

    async def _go_on(self, job: Job) -> None:
        resumed = job.read(Resumed)
        token = str(resumed.answer["note"])

        def step(tx: Tx) -> None:
            job.finish(tx)
            go_on(tx, resumed.read(Stage), token)

        await self.database.write(step)

    async def serve(self, *, finish: bool) -> None:
        """Until killed; with `finish` until there is nothing left to do."""
        self.database.start()
        await self.worker.start()
        say("ready")
        begun = 0
        while not finish or await self._busy():
            if not finish:
                await asyncio.gather(*(self._start_run(f"{os.getpid()}-{begun + n}") for n in range(RUNS_AT_ONCE)))
                begun += RUNS_AT_ONCE
            await answer_all(self.database, "a", "b")
        await self.worker.stop()
        await self.database.stop()
        say("finished")

    async def _start_run(self, run: str) -> None:
        await self.database.write(lambda tx: tx.enqueue(BEGIN, Stage(run=run, stage=0)))
        say("begun", run)

    async def _busy(self) -> bool:
        def look(tx: Tx) -> bool:
            return bool(actions.questions_of(tx, ADA) or queue.states(tx))

        return await self.database.read(look)


async def answer_all(database: Database, *people: str) -> None:
    """Answer every open question, once for each name, all at the same time."""
    asked = await database.read(lambda tx: actions.questions_of(tx, ADA))
    await asyncio.gather(*(answer(database, pause.id, name) for pause in reversed(asked) for name in people))


async def answer(database: Database, pause_id: PauseId, name: str) -> None:
    """Answer one question and say what came of it."""
    note = f"{os.getpid()}-{name}"
    given = Settling(answer={"decision": "allow", "note": note}, by=ADA)
    asked = await database.read(lambda tx: actions.question(tx, ADA, pause_id))
    if await database.write(lambda tx: actions.answer(tx, asked, given)) is None:
        say("refused", pause_id)
    else:
        say("answered", pause_id, note)


def nursery(url: str) -> None:
    """Fork a server for every line; say when it is gone."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(Server(url).serve(finish=line.strip() == "finish"))
            os._exit(0)
        say("born", str(child))
        os.waitpid(child, 0)
        say("gone")


async def race(url: str) -> None:
    """Answer everything at the same moment as another process does."""
    database = open_database(url)
    database.start()
    say("ready")
    sys.stdin.readline()
    for pause in reversed(await database.read(lambda tx: actions.questions_of(tx, ADA))):
        await answer(database, pause.id, "only")
    await database.stop()


if __name__ == "__main__":
    if sys.argv[1] == "nursery":
        nursery(sys.argv[2])
    else:
        asyncio.run(race(sys.argv[2]))

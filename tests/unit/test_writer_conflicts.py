"""A deadlock between two servers on PostgreSQL: whoever is turned away tries again, and nobody hears of it."""

import asyncio

import pytest

from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Refusal
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

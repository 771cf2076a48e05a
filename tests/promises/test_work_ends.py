"""P8: whatever is killed under answers and grades, each ends, or is given up with a reason."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from parlour.storage.database import Database
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.waiting import cancelled, eventually

KILLS = {"sqlite": 9, "postgresql": 4}
CHATS = 4
PIECES_PER_SECOND = 60
SECONDS_MAX = 60


async def talk_and_end(url: str, site: Site, number: int) -> None:
    """Begin attempts; say something in each, then end every other one for its grade."""
    practice = next(iter(site.practices.values()))
    async with Client(url, site.tokens["learner"]) as client:
        for chat_number in range(CHATS):
            attempt, chat = await client.start_practice(practice)
            named = {"attempt_id": attempt, "chat_id": chat}
            ack = await client.ok("attempt_message", {**named, "message": f"What have you tried so far? {number}"})
            if chat_number % 2:
                await client.wait_for("attempt_progress", message_id=ack["assistant_message_id"])
                await client.ok("attempt_end", named)


def unfinished(database: Database) -> list[str]:
    """Work that has neither ended nor been given up."""
    jobs = database.read_here(lambda tx: tx.all("SELECT kind, state FROM jobs WHERE state <> 'stuck'"))
    replies = database.read_here(lambda tx: tx.all("SELECT id FROM messages WHERE state = 'streaming'"))
    grades = database.read_here(lambda tx: tx.all("SELECT id FROM grades WHERE state = 'pending'"))
    return (
        [f"{row['kind']} {row['state']}" for row in jobs] + ["a reply" for _ in replies] + ["a grade" for _ in grades]
    )


def without_reason(database: Database) -> list[str]:
    """What was given up and does not say why."""
    statements: Sequence[str] = (
        "SELECT id FROM messages WHERE state = 'failed' AND completion NOT LIKE '%message%'",
        "SELECT id FROM grades WHERE state = 'failed' AND reason IS NULL",
        "SELECT id FROM jobs WHERE state = 'stuck' AND error IS NULL",
    )
    return [row["id"] for sql in statements for row in database.read_here(lambda tx, sql=sql: tx.all(sql))]


def states(database: Database, table: str, where: str = "1 = 1") -> Counter[str]:
    sql = f"SELECT state, count(*) AS n FROM {table} WHERE {where} GROUP BY state"  # noqa: S608
    return Counter({row["state"]: row["n"] for row in database.read_here(lambda tx: tx.all(sql))})


@pytest.mark.promise("P8")
@pytest.mark.parametrize("store", STORES)
async def test_accepted_work_ends_or_is_given_up_with_a_reason_over_every_kill(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    database, chance, interrupted = site.database(), random.Random(3), 0
    with Nursery(site) as nursery:
        child = nursery.start(scripted_pieces_per_second=PIECES_PER_SECOND)
        for number in range(KILLS[store]):
            living = asyncio.create_task(talk_and_end(child.url, site, number))
            await asyncio.wait([living], timeout=chance.uniform(0.2, 0.7))
            await eventually(lambda: living.done() or unfinished(database))  # noqa: B023 (it is awaited here)
            await asyncio.to_thread(child.kill)
            await cancelled([living])
            interrupted += len(unfinished(database))
            child = await asyncio.to_thread(nursery.start, scripted_pieces_per_second=PIECES_PER_SECOND)
        began = time.monotonic()
        while left := unfinished(database):
            assert time.monotonic() - began < SECONDS_MAX, left
            await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
    replies, grades, jobs = (
        states(database, "messages", "type = 'response'"),
        states(database, "grades"),
        states(database, "jobs"),
    )
    ended = database.read_here(lambda tx: tx.all("SELECT count(*) AS n FROM events WHERE kind = 'ReplyCompleted'"))
    assert ended[0]["n"] == replies.total()
    assert without_reason(database) == []
    assert interrupted > KILLS[store]
    assert replies["complete"] > 0
    figure(
        "P8",
        f"{KILLS[store]} SIGKILLs under {replies.total()} answers and {grades.total()} grades, work cut short"
        f" {interrupted} times: {seconds:.0f} s later 0 unfinished, {replies['failed'] + grades['failed']} given up,"
        f" {jobs['stuck']} stuck, each with its reason",
    )

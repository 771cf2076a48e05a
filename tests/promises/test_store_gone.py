"""P8 on PostgreSQL: the database refuses everybody for a while; work that it cut short is done afterwards."""

import asyncio
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.conftest import make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.test_work_ends import states, unfinished
from tests.promises.waiting import eventually

CHATS = 6
GONE_SECONDS = 2.0
SECONDS_MAX = 60


def refuse(maintenance: str, name: str, *, everybody: bool) -> None:
    """Let nobody into a database and throw everybody out, or let them in again."""
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {not everybody}')  # type: ignore[arg-type]
        if everybody:
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(sql, [name])


@pytest.mark.promise("P8")
@pytest.mark.postgres
async def test_work_that_the_store_cut_short_is_done_when_the_store_is_back(
    postgresql: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site("postgresql", tmp_path, request)
    practice, name = next(iter(site.practices.values())), urlsplit(site.url).path.strip("/")
    with Nursery(site) as nursery:
        child = nursery.start(scripted_pieces_per_second=20)
        async with Client(child.url, site.tokens["learner"]) as client:
            chats = [await client.start_practice(practice) for _ in range(CHATS)]
            replies: list[str] = []
            for attempt, chat in chats:
                payload = {"attempt_id": attempt, "chat_id": chat, "message": "What have you tried so far?"}
                replies.append((await client.ok("attempt_message", payload))["assistant_message_id"])
            await client.wait_for("attempt_progress", message_id=replies[-1])
            await asyncio.to_thread(refuse, postgresql, name, everybody=True)
            problem = await client.refused("attempt_stop", {"chat_id": chats[0][1]})
            assert problem["code"] == "unavailable"
            await asyncio.sleep(GONE_SECONDS)
            await asyncio.to_thread(refuse, postgresql, name, everybody=False)
            began, database = time.monotonic(), site.database()
            attempt, chat = await client.start_practice(practice)
            await client.say(attempt, chat, "Are you there again?")
            await eventually(lambda: not unfinished(database), SECONDS_MAX, 0.1)
            seconds = time.monotonic() - began
            for reply in replies:
                await client.wait_for("attempt_assistant_complete", message_id=reply)
    found = states(database, "messages", "type = 'response'")
    assert found.total() == CHATS + 1
    figure(
        "P8",
        f"PostgreSQL away for {GONE_SECONDS:.0f} s under {CHATS} answers: {seconds:.0f} s after its return"
        f" 0 unfinished, {found['complete']} complete, {found['failed']} given up, on the sockets of before",
    )

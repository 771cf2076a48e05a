"""P26: a database of the first release is brought up to date with what is in it, and goes on working.

`revision_0001.json` holds the rows that the release with revision 0001 left when it was killed: an
attempt that is graded, one in the middle, and one whose reply was being written.
"""

import asyncio
import json
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine

from parlour.storage.migrate import alembic_config
from tests.conftest import STORES, new_store
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure

ROWS = Path(__file__).parent / "revision_0001.json"
SECONDS_MAX = 60.0


def of_the_first_release(url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Make the tables of revision 0001 and fill them."""
    config = alembic_config(url)
    command.upgrade(config, "0001")
    engine = create_engine(config.attributes["url"])
    tables = MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an index on an expression is not reflected
        tables.reflect(engine)
    with engine.begin() as connection:
        for name in ("meta", "log_head"):
            connection.execute(tables.tables[name].delete())
        for name, found in rows.items():
            connection.execute(tables.tables[name].insert(), found)
    engine.dispose()


@pytest.fixture(params=STORES)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Site, dict[str, Any]]:
    """A site on an old database, and what is in it."""
    known = json.loads(ROWS.read_text())
    url = new_store(request.param, tmp_path, request, empty=True)
    of_the_first_release(url, known["rows"])
    site = Site(tmp_path, url)
    site.ids["learner"] = known["learner"]
    return site, known


@pytest.mark.promise("P26")
async def test_an_old_database_is_read_and_carried_on(old: tuple[Site, dict[str, Any]], figure: Figure) -> None:
    site, known = old
    assert not site.database().is_current()
    site.database().migrate()
    token = site.token("learner")
    server = site.start()
    headers = {"authorization": f"Bearer {token}"}
    try:
        async with (
            Client(server.url, token) as client,
            httpx.AsyncClient(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as http,
        ):

            async def detail(attempt_id: str) -> Any:
                answer = await http.get(f"/attempts/{attempt_id}")
                assert answer.status_code == 200, answer.text
                return answer.json()

            await read_what_was_done(http, known)
            await carry_on(client, detail, known)
            attempt_id, _ = known["done"]
            assert (await http.delete(f"/attempts/{attempt_id}")).status_code == 204
    finally:
        site.close()
    figure("P26", "a database of revision 0001 upgraded, read and carried on")


async def read_what_was_done(http: httpx.AsyncClient, known: dict[str, Any]) -> None:
    """The graded attempt, through every read model that there is now."""
    attempt_id, chat_id = known["done"]
    shown = (await http.get(f"/attempts/{attempt_id}")).json()
    (chat,) = shown["entries"]["attempt_chat"]
    assert (chat["id"], chat["grade"]["state"], chat["grades_count"], chat["quiz"]) == (chat_id, "done", 1, None)
    assert [each["status"] for each in shown["entries"]["attempt_message"]] == ["complete"] * 4
    paths = [f"/attempts/{attempt_id}/usage", f"/chats/{chat_id}/grades", f"/chats/{chat_id}/branches", "/home"]
    paths += [f"/attempts/{attempt_id}/export?format={each}" for each in ("jsonl", "csv", "markdown", "xapi")]
    paths += ["/attempts", "/practice", "/usage", "/search?q=sheet", f"/chats/{chat_id}/presence"]
    answers = {path: (await http.get(path)).status_code for path in paths}
    assert set(answers.values()) == {200}, answers


async def carry_on(client: Client, detail: Any, known: dict[str, Any]) -> None:
    """The reply that was being written is written; old chats are spoken in, ended, graded and followed."""
    attempt_id, chat_id = known["infinite"]

    async with asyncio.timeout(SECONDS_MAX):
        while (await detail(attempt_id))["entries"]["attempt_message"][1]["status"] != "complete":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for attempt_id, chat_id in (known["infinite"], known["home"]):
        await client.ok("attempt_join", {"chat_id": chat_id})
        await client.say(attempt_id, chat_id, "And then?")
        ended = await client.ok("attempt_end", {"attempt_id": attempt_id, "chat_id": chat_id})
        assert ended["is_attempt_finished"] is False
        await client.wait_for("attempt_chat_started", attempt_id=attempt_id)
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
    attempt_id, chat_id = known["done"]
    asked = await client.ok("attempt_grade", {"attempt_id": attempt_id, "chat_id": chat_id})
    await client.wait_for("attempt_graded", grade_id=asked["grade_id"])
    (chat,) = (await detail(attempt_id))["entries"]["attempt_chat"]
    assert (chat["grade"]["id"], chat["grades_count"]) == (asked["grade_id"], 2)

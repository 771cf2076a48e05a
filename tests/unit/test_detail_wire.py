"""The routes of the read models: rights, refusals, and answers that are as `/openapi.json` says (Glow 10.1)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate
from pydantic import TypeAdapter

from parlour.accounts import actions as accounts
from parlour.attempts.cards import Cards
from parlour.attempts.detail import AttemptDetail
from parlour.attempts.listing_shapes import AttemptPage
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import add_problems
from parlour.wire.rest.practice.attempts import AttemptsNeed, attempts_router
from tests.unit.detail_hall import Hall, open_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(sqlite_url(tmp_path)) as opened:
        yield opened


def app_of(hall: Hall) -> FastAPI:
    app = FastAPI()
    add_problems(app, TimeOrderedIds(hall.clock))
    need = AttemptsNeed(database=hall.database, authenticator=Authenticator(hall.database))
    app.include_router(attempts_router(need))
    return app


Get = Callable[..., Awaitable[httpx.Response]]


def ask(hall: Hall, story: Callable[[Get], Awaitable[None]], user_id: str = "learner") -> None:
    """Run a story in which `get` asks as this person."""
    token = hall.do(lambda tx: accounts.issue_session(tx, hall.people[user_id], "session", "test", 3600))

    async def run() -> None:
        transport = httpx.ASGITransport(app_of(hall))
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test/api/v1", headers=headers, timeout=60
        ) as client:
            await story(client.get)

    asyncio.run(run())


def conforms(answer: httpx.Response, model: type) -> Any:
    """The body, which has every member of the model and no other, each of its type."""
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    adapter = TypeAdapter(model)
    assert adapter.dump_python(adapter.validate_json(answer.content, strict=True), mode="json") == answer.json()
    return answer.json()


def test_every_answer_is_as_documented(hall: Hall) -> None:
    graded = hall.practise(hall.entry("home"), 4)
    running = hall.start(hall.entry("practice", "pressure"))
    hall.say(str(running.chat_id), "Hello.", hints=["One."])

    async def story(get: Get) -> None:
        for attempt_id in (graded, running.attempt_id):
            body = conforms(await get(f"/attempts/{attempt_id}"), AttemptDetail)
            assert body["attempt"]["id"] == attempt_id
        assert len(conforms(await get("/attempts"), AttemptPage)["items"]) == 2
        assert conforms(await get("/home"), Cards)["items"][0]["status"] == "passed"
        assert conforms(await get("/practice"), Cards)["items"][1]["status"] == "in-progress"

    ask(hall, story)


def test_unknown_foreign_and_malformed_ids(hall: Hall) -> None:
    attempt_id = hall.start(hall.entry("home")).attempt_id
    hall.person("stranger")

    async def story(get: Get) -> None:
        foreign, unknown = await get(f"/attempts/{attempt_id}"), await get(f"/attempts/{hall.people['learner']}")
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()
        assert foreign.json()["detail"] == "Attempt not found."
        for wrong in ("A1", attempt_id.upper(), f"{attempt_id}x", "%00"):
            answer = await get(f"/attempts/{wrong}")
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
            assert answer.json()["errors"][0]["pointer"] == "/attempt_id"

    ask(hall, story, "stranger")


def test_without_a_credential_nothing_is_read(hall: Hall) -> None:
    async def run() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app_of(hall)), base_url="http://test", timeout=60
        ) as client:
            for path in ("attempts", "attempts/nothing", "home", "practice"):
                answer = await client.get(f"/api/v1/{path}")
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

    asyncio.run(run())


def test_filters_of_the_list_come_as_parameters(hall: Hall) -> None:
    hall.clock.ms += 11 * 3_600_000 + 3_500_000
    home, practice = hall.entry("home"), hall.entry("practice", "pressure")
    first = hall.start(home).attempt_id
    hall.clock.ms += 600_000
    second = hall.start(practice).attempt_id

    async def story(get: Get) -> None:
        async def found(**params: Any) -> list[str]:
            return [item["id"] for item in (await get("/attempts", params=params)).json()["items"]]

        assert await found(practice="true") == [second]
        assert await found(simulation_ids=[home.simulation_id, practice.simulation_id]) == [second, first]
        assert await found(end_date="2026-03-01") == [first]
        assert await found(start_date="2026-03-02") == await found(start_date="2026-03-02T00:00:00Z") == [second]
        assert await found(start_date="2026-03-01", end_date="2026-03-02") == [second, first]
        page = (await get("/attempts", params={"limit": 1})).json()
        assert [item["id"] for item in page["items"]] == [second]
        assert await found(limit=1, cursor=page["next_cursor"]) == [first]

    ask(hall, story)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "201"), ("limit", "x"), ("practice", "maybe"), ("start_date", "yesterday"),
        ("start_date", "2026-02-30"), ("end_date", "9999-12-31"), ("end_date", "2026-01-01T00:00:00"),
        ("cursor", "x"), ("cursor", "x" * 201), ("search", "x" * 201),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused(hall: Hall, name: str, value: str) -> None:
    async def story(get: Get) -> None:
        answer = await get("/attempts", params={name: value})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["pointer"].endswith(f"/{name}")

    ask(hall, story)


def test_the_routes_are_documented(hall: Hall) -> None:
    spec = app_of(hall).openapi()
    validate(spec)
    assert spec["openapi"].startswith("3.1")
    assert set(spec["paths"]) == {
        "/api/v1/attempts", "/api/v1/attempts/{attempt_id}", "/api/v1/home", "/api/v1/practice"
    }  # fmt: skip
    described = spec["components"]["schemas"]
    assert {"AttemptDetail", "AttemptPage", "Cards", "Card", "Chat", "Message", "Results"} <= set(described)
    assert set(described["AttemptDetail"]["required"]) == set(described["AttemptDetail"]["properties"])
    assert "404" in spec["paths"]["/api/v1/attempts/{attempt_id}"]["get"]["responses"]

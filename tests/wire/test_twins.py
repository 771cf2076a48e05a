"""The artifact paths are the operations and read models under other names (Glow 10.1; conformance 14, 17, 23)."""

from typing import Any

import httpx
import pytest

from parlour.wire.glow.twins import ARTIFACTS, READINGS, TWINNED, twins
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

TEXT = "What have you tried so far? I can see that it was hard."


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


async def twin(client: Http, path: str, payload: object = None, **options: Any) -> httpx.Response:
    return await client.io.post(ARTIFACTS + path, json=payload, **options)


async def ok(client: Http, path: str, payload: object = None) -> Any:
    answer = await twin(client, path, payload)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_documented_twin_is_there() -> None:
    wanted = {"start", "next", "end", "end_all", "message", "grade", "stop", "response", "use_previous"}
    of_tests = {f"test/{verb}" for verb in ("start", "next", "run", "end", "stop")}
    assert set(twins()) == {f"attempt/{verb}" for verb in wanted} | of_tests
    read = {"attempt/get", "home/get", "practice/get", "benchmark/get", "test/get"}
    assert {reading.path for reading in READINGS} == read


@pytest.mark.case(23, 51)
async def test_an_attempt_is_played_over_the_twins_alone(house: House) -> None:
    async with http(house) as client:
        started = await ok(client, "attempt/start", {"practice_id": house.site.practices["practice-pair"]})
        assert started["ok"] is True
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        both = {"attempt_id": attempt, "chat_id": chat}
        said = await client.io.post(
            ARTIFACTS + "attempt/message", json=both | {"message": TEXT}, headers={"prefer": "wait=20"}
        )
        assert said.headers["preference-applied"] == "wait=20"
        assert said.json()["assistant_content"]
        assert (await ok(client, "attempt/stop", {"chat_id": chat}))["success"] is False
        graded = await client.io.post(ARTIFACTS + "attempt/grade", json=both, headers={"prefer": "wait=20"})
        assert graded.json()["score"] is not None
        moved = await ok(client, "attempt/next", {"attempt_id": attempt})
        ended = await ok(client, "attempt/end", {"attempt_id": attempt, "chat_id": moved["chat_id"]})
        assert ended["is_attempt_finished"] is True
        over = await twin(client, "attempt/end_all", {"attempt_id": attempt})
        assert (over.status_code, over.json()["code"], over.json()["error_type"]) == (409, "attempt_over", "end")
        assert over.headers["content-type"] == "application/problem+json"
        detail = await ok(client, "attempt/get", {"attempt_id": attempt})
        while detail["entries"]["attempt_chat"][0]["grades_count"] < 2:  # the one asked for, and that of the end
            detail = await ok(client, "attempt/get", {"attempt_id": attempt})
        assert detail == (await client.io.get(f"/api/v1/attempts/{attempt}")).json()
        assert (detail["attempt_exists"], detail["access_denied"], detail["is_active"]) == (True, False, False)


@pytest.mark.case(14, 23)
@pytest.mark.parametrize("path", sorted(TWINNED))
async def test_a_twin_answers_as_the_operation_does(house: House, path: str) -> None:
    there = {operation: name for name, operation in twins().items()}
    async with http(house) as client:
        for payload in ({}, {"attempt_id": 7, "chat_id": "x"}, {"attempt_id": UNKNOWN, "chat_id": UNKNOWN}, [], "x"):
            other = await client.post(path, payload)
            answer = await twin(client, there[path], payload)
            assert (answer.status_code, answer.json()) == (other.status_code, other.json())
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.case(30, 32)
async def test_a_request_id_counts_across_both_paths(house: House) -> None:
    payload = {"practice_id": house.site.practices["practice-single"]}
    async with http(house) as client:
        key = {"idempotency-key": f"twin-{house.process.port}"}
        first = (await twin(client, "attempt/start", payload, headers=key)).json()
        assert first["ok"] is True
        assert await client.ok("attempt/start", payload, headers=key) == first
        named = payload | {"client_request_id": key["idempotency-key"]}
        assert await ok(client, "attempt/start", named) == first
        other = await twin(client, "attempt/end_all", {"attempt_id": first["attempt_id"]}, headers=key)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize("kind", ["home", "practice"])
async def test_cards_are_those_of_the_read_model(house: House, kind: str) -> None:
    async with http(house, "peer") as client:
        found = await ok(client, f"{kind}/get")
        assert found == (await client.io.get(f"/api/v1/{kind}")).json() == await ok(client, f"{kind}/get", {})
        assert found["items"]


@pytest.mark.case(17)
async def test_an_attempt_that_may_not_be_read_is_one_that_is_not_there(house: House) -> None:
    async with http(house) as owner, http(house, "fellow") as fellow, http(house, "instructor") as staff:
        attempt, _ = await owner.start(house.site.practices["practice-single"])
        foreign = await twin(fellow, "attempt/get", {"attempt_id": attempt})
        missing = await twin(fellow, "attempt/get", {"attempt_id": UNKNOWN})
        assert foreign.status_code == 404
        assert (foreign.content, dict(foreign.headers) | {"date": ""}) == (
            missing.content,
            dict(missing.headers) | {"date": ""},
        )
        assert (await ok(staff, "attempt/get", {"attempt_id": attempt}))["is_own_attempt"] is False
        for wrong in ({}, {"attempt_id": None}, {"attempt_id": "A1"}, {"attempt_id": 5}):
            refused = await twin(fellow, "attempt/get", wrong)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/attempt_id")


async def test_cookies_and_nothing_are_no_credentials(house: House) -> None:
    async with httpx.AsyncClient(
        base_url=house.url, cookies={"token": house.site.tokens["learner"]}, timeout=60
    ) as nobody:
        for path in (*twins(), *(reading.path for reading in READINGS)):
            answer = await nobody.post(ARTIFACTS + path, json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")

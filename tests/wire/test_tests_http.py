"""Tests of models over HTTP: operations, waiting, artifact twins, and the rooms of sessions (Glow 3)."""

import asyncio
from typing import Any

import pytest

from parlour.wire.glow.twins import ARTIFACTS
from tests.harness.dialects import check_event
from tests.wire import benches
from tests.wire.benches import bench, recording
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

PREFIX = "/socket/v5/client/"


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


def http(house: House, user_id: str = "instructor") -> Http:
    """An HTTP client of an account."""
    return Http(house.url, house.site.tokens[user_id])


async def post(client: Http, path: str, payload: object, **options: Any) -> Any:
    """The answer of an operation that must succeed."""
    answer = await client.io.post(path, json=payload, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def events_until(client: Http, sid: str, name: str, **members: object) -> list[tuple[str, Any]]:
    """What a session hears by polling, up to this event."""
    found: list[tuple[str, Any]] = []
    after: dict[str, str] = {}
    async with asyncio.timeout(60):
        while not any(n == name and all(p.get(k) == v for k, v in members.items()) for n, p in found):
            answer = await client.io.get("/socket/v5/events/poll", params={"sid": sid, "wait": "5"} | after)
            page = answer.json()
            after = {"after": page["next"]}
            found += [(each["event"], each["data"]) for each in page["events"]]
    for told, payload in found:
        check_event(told, payload)
    return found


@pytest.mark.case(93)
async def test_a_test_runs_over_http_with_its_events_in_the_session(tested: House) -> None:
    async with http(tested) as client:
        sid = (await post(client, PREFIX + "connect", {}))["sid"]
        at = {"params": {"sid": sid}}
        started = await post(client, PREFIX + "test/start", {"benchmark_id": bench("plain")}, **at)
        ids = {"test_id": started["test_id"]}
        graded: list[str] = []
        while not (found := await post(client, PREFIX + "test/next", ids, **at))["done"]:
            run = ids | {"test_invocation_id": found["invocation_id"], "run_id": found["run_id"]}
            begun = await post(client, PREFIX + "test/run", run, headers={"prefer": "wait=20"}, **at)
            end = run | {"run_id": begun["run_id"]}
            ended = await client.io.post(
                PREFIX + "test/end", json=end, headers={"prefer": "wait=20"}, params={"sid": sid}
            )
            answer = ended.json()
            assert ended.headers["preference-applied"] == "wait=20"
            assert answer.keys() == {
                *("ok", "invocation_id", "run_id", "grade_id", "score", "passed", "feedback", "pending"),
            }
            graded.append(answer["grade_id"])
        heard = await events_until(client, sid, "test_progress", type="all_complete")
        told = [p["grade_id"] for name, p in heard if name == "test_graded"]
        assert told == graded
        assert len(told) == len(set(told)) == 4
        assert sum(p.get("type") == "all_complete" for _, p in heard) == 1
        assert not any(p.get("type") == "next" for _, p in heard), "what only repeats the answer is not told again"
        first = next(p["run_id"] for name, p in heard if name == "test_run_start")
        pieces = [p["message"] for _, p in heard if p.get("type") == "run_delta" and p["run_id"] == first]
        outputs = next(p["outputs"] for n, p in heard if n == "test_run_complete" and p["run_id"] == first)
        assert "".join(pieces) == "".join(each["content"] for each in outputs) != ""


@pytest.mark.case(93, 98)
async def test_a_waiting_end_of_a_running_replay_has_the_grade_in_its_answer(tested: House) -> None:
    async with http(tested) as client:
        started = await post(client, PREFIX + "test/start", {"benchmark_id": bench("single")})
        run = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        begun = await post(client, PREFIX + "test/run", run | {"run_id": recording("three")})
        end = run | {"run_id": begun["run_id"]}
        held = await post(client, PREFIX + "test/end", end, headers={"prefer": "wait=20"})
        assert held["grade_id"] is not None
        assert (held["pending"], type(held["score"]), type(held["passed"])) == (False, int, bool)


@pytest.mark.case(93)
async def test_a_session_joins_an_invocation_from_its_beginning_and_leaves_it(tested: House) -> None:
    async with http(tested) as client, http(tested, "root") as reader:
        started = await post(client, PREFIX + "test/start", {"benchmark_id": bench("single")})
        run = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        headers = {"prefer": "wait=20"}
        await post(client, PREFIX + "test/run", run | {"run_id": recording("three")}, headers=headers)
        sid = (await post(reader, PREFIX + "connect", {}))["sid"]
        room = {"invocation_id": started["invocation_id"]}
        at = {"params": {"sid": sid}}
        joined = await post(reader, PREFIX + "test/join", room | {"since": 0}, **at)
        assert (joined["room"], joined["success"]) == (f"invocation:{started['invocation_id']}", True)
        heard = await events_until(reader, sid, "test_run_complete")
        places = [p["_meta"]["seq"] for _, p in heard if p["_meta"].get("room") == joined["room"]]
        assert places == list(range(1, joined["seq"] + 1))
        assert (await post(reader, PREFIX + "test/leave", room, **at)) == {"ok": True, **room, "success": True}
        bare = await reader.io.post(PREFIX + "test/join", json=room)
        assert (bare.status_code, bare.json()["code"]) == (400, "session_required")


@pytest.mark.case(93, 97)
async def test_refusals_over_http_are_those_of_the_events(tested: House) -> None:
    async with http(tested) as client, http(tested, "fellow") as fellow:
        started = await post(client, PREFIX + "test/start", {"benchmark_id": bench("plain")})
        odd = (await client.io.post(PREFIX + "test/run", json={"test_id": "odd"})).json()
        assert (odd["code"], odd["error_type"]) == ("invalid_request", "validation")
        unreadable = await client.io.post(
            PREFIX + "test/run", content=b"{", headers={"content-type": "application/json"}
        )
        assert unreadable.json()["error_type"] == "validation"
        foreign = await fellow.io.post(PREFIX + "test/next", json={"test_id": started["test_id"]})
        missing = await fellow.io.post(PREFIX + "test/next", json={"test_id": UNKNOWN})
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json() == missing.json()


@pytest.mark.case(93, 115)
async def test_the_artifact_twins_are_the_same_operations_and_read_models(tested: House) -> None:
    async with http(tested) as client:
        started = await post(client, ARTIFACTS + "test/start", {"benchmark_id": bench("single")})
        run = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        begun = await post(
            client, ARTIFACTS + "test/run", run | {"run_id": recording("three")}, headers={"prefer": "wait=20"}
        )
        await post(client, ARTIFACTS + "test/end", run | {"run_id": begun["run_id"], "grade": False})
        detail = await post(client, ARTIFACTS + "test/get", {"test_id": started["test_id"]})
        read = await client.io.get(f"/api/v1/tests/{started['test_id']}")
        assert detail == read.json()
        assert detail["status"] == "completed"
        cards = await post(client, ARTIFACTS + "benchmark/get", {})
        assert cards == (await client.io.get("/api/v1/benchmarks")).json()
        stopped = await post(client, ARTIFACTS + "test/stop", {"invocation_id": started["invocation_id"]})
        assert stopped["success"] is False
        assert (await post(client, ARTIFACTS + "test/next", {"test_id": started["test_id"]}))["done"] is True

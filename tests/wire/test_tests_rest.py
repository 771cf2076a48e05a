"""Tests that the server runs by itself, over HTTP: estimate, start, results, cases, reports, stop, resume, marks."""

import asyncio
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.wire import benches
from tests.wire.benches import bench, recording
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

API = "/api/v1"
SECONDS_MAX = 60


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


def http(house: House, user_id: str = "instructor") -> Http:
    return Http(house.url, house.site.token(user_id))


async def get(client: Http, path: str, **query: Any) -> Any:
    answer = await client.io.get(f"{API}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(client: Http, path: str, status: int = 200, **body: Any) -> Any:
    answer = await client.io.post(f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    return answer.json()["detail"]


async def ended(client: Http, test_id: str) -> Any:
    """The results of a test when nothing happens in it any more."""
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            found = await get(client, f"/tests/{test_id}/results")
            progress = found["progress"]
            waiting = progress["running"] + progress["queued"] + progress["pending_grades"]
            if found["test"]["state"] == "completed" or (found["test"]["halted"] and not waiting):
                return found
            await asyncio.sleep(0.1)


async def test_a_test_is_estimated_run_and_told_to_the_end(tested: House) -> None:
    async with http(tested) as client:
        estimate = await post(client, f"/benchmarks/{bench('plain')}/estimate", repeats=2)
        assert (estimate["cells"], estimate["turns"], estimate["model_requests"]) == (8, 12, 12)
        started = await post(client, "/tests", 201, benchmark_id=bench("plain"), repeats=2, name="A run of its own")
        assert (started["num_invocations"], started["total_runs"]) == (2, 4)
        found = await ended(client, started["test_id"])
        assert found["final"]
        assert found["test"]["name"] == "A run of its own"
        assert (found["progress"]["cells"], found["progress"]["completed"], found["progress"]["graded"]) == (8, 8, 8)
        assert [row["recording_id"] for row in found["matrix"]["recordings"]] == [recording("one"), recording("two")]
        (compared,) = found["comparisons"]
        assert compared["word"] in ("better", "worse", "no evidence", "too small")
        assert compared["sentence"]
        assert found["progress"]["spent"]["requests"] >= 12
        listed = await get(client, "/tests", benchmark_id=bench("plain"), limit=200)
        (head,) = [each for each in listed["items"] if each["test_id"] == started["test_id"]]
        assert (head["state"], head["completed"], head["may_run"]) == ("completed", 8, True)


async def test_cases_differences_and_reports_say_the_same(tested: House) -> None:
    async with http(tested) as client:
        started = await post(client, "/tests", 201, benchmark_id=bench("plain"))
        test_id = started["test_id"]
        found = await ended(client, test_id)
        cells = await get(client, f"/tests/{test_id}/cells", limit=3)
        rest = await get(client, f"/tests/{test_id}/cells", after=cells["next"])
        items = cells["items"] + rest["items"]
        assert (len(cells["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
        by_candidate = {each["invocation_id"]: each["mean"] for each in found["candidates"]}
        for invocation_id, mean in by_candidate.items():
            own = [each["score"] / each["total_points"] for each in items if each["invocation_id"] == invocation_id]
            assert sum(own) / len(own) == pytest.approx(mean)
        one, other = items[0]["replay_id"], items[1]["replay_id"]
        whole = await get(client, f"/tests/{test_id}/cells/{one}")
        assert whole["grades"][0]["score"] == items[0]["score"]
        assert [turn["heard"][0]["content"] for turn in whole["turns"]] == ["I am stuck."]
        aligned = await get(client, f"/tests/{test_id}/diff", a=one, b=other)
        assert aligned["turns"][0]["a"]["content"] == whole["turns"][0]["content"]
        assert "".join(each["text"] for each in aligned["turns"][0]["words"] if each["change"] != "insert").split() == (
            whole["turns"][0]["content"].split()
        )
        recorded = await get(client, f"/tests/{test_id}/diff", a="recorded", b=one)
        assert recorded["turns"][0]["a"]["content"] == "What have you tried?"
        assert (await get(client, f"/tests/{test_id}/export"))["results"]["candidates"] == found["candidates"]
        junit = await client.io.get(f"{API}/tests/{test_id}/export", params={"format": "junit"})
        assert ET.fromstring(junit.text).get("tests") == "4"  # noqa: S314 (ours)
        assert junit.headers["content-disposition"] == f'attachment; filename="test-{test_id}.xml"'
        markdown = await client.io.get(f"{API}/tests/{test_id}/export", params={"format": "markdown"})
        assert "## Verdicts" in markdown.text


async def test_a_stopped_test_goes_on_where_it_was(tested: House) -> None:
    async with http(tested) as client:
        started = await post(client, "/tests", 201, benchmark_id=bench("hanging"), plan={"parallel": 3})
        test_id = started["test_id"]
        stopped = await post(client, f"/tests/{test_id}/stop")
        assert len(stopped["stopped"]) == 3
        assert stopped["test"]["halted"] == "stopped"
        found = await ended(client, test_id)
        assert (found["progress"]["completed"], found["final"]) == (0, False)
        assert any("somebody stopped it" in caveat for caveat in found["caveats"])
        resumed = await post(client, f"/tests/{test_id}/resume", seconds_max=3600)
        assert resumed["halted"] is None
        again = await get(client, f"/tests/{test_id}/results")
        assert again["progress"]["bounds"]["seconds"] == 3600
        assert again["progress"]["running"] == 3
        await post(client, f"/tests/{test_id}/stop")


async def test_other_candidates_take_the_place_of_the_benchmarks(tested: House) -> None:
    async with http(tested) as client:
        mine = [{"title": "Mine", "model": "scripted", "temperature": 0.5}]
        body = {"benchmark_id": bench("plain"), "candidates": mine, "judges": ["scripted-strict"]}
        started = await post(client, "/tests", 201, **body)
        found = await ended(client, started["test_id"])
        assert [(each["title"], each["temperature"]) for each in found["candidates"]] == [("Mine", 0.5)]
        assert [each["judge"] for each in found["judges"]] == ["scripted-strict"]
        assert found["candidates"][0]["scored"] == 2, "it is graded by the benchmark's rubric"
        assert not found["comparisons"]


async def test_what_cannot_be_run_is_refused(tested: House) -> None:
    async with http(tested) as client:
        cases: list[tuple[dict[str, Any], int, str]] = [
            ({"candidates": [{"title": "No model"}]}, 422, "invalid_request"),
            ({"candidates": [{"id": UNKNOWN}]}, 422, "invalid_request"),
            ({"candidates": [{"title": "X", "model": "nobody:x"}]}, 409, "no_model"),
            ({"judges": ["nobody:x"]}, 422, "invalid_request"),
            ({"baseline": "Nobody"}, 422, "invalid_request"),
            ({"plan": {"cost_max": 1.0}}, 422, "invalid_request"),
            ({"plan": {"parallel": 0}}, 422, "invalid_request"),
            ({"repeats": 1_000_000}, 422, "invalid_request"),
        ]
        for values, status, code in cases:
            refused(await client.io.post(f"{API}/tests", json={"benchmark_id": bench("plain"), **values}), status, code)
        inactive = await client.io.post(f"{API}/tests", json={"benchmark_id": bench("inactive")})
        refused(inactive, 409, "benchmark_inactive")


async def test_a_person_marks_a_case_and_the_judge_is_set_beside(tested: House) -> None:
    async with http(tested) as client:
        started = await post(client, "/tests", 201, benchmark_id=bench("single"))
        test_id = started["test_id"]
        before = await ended(client, test_id)
        (cell,) = (await get(client, f"/tests/{test_id}/cells"))["items"]
        whole = await get(client, f"/tests/{test_id}/cells/{cell['replay_id']}")
        assert whole["may_mark"]
        levels = {group["id"]: group["standards"][0]["id"] for group in whole["rubric"]["groups"]}
        bad = await client.io.post(f"{API}/tests/{test_id}/marks", json={"replay_id": cell["replay_id"], "levels": {}})
        refused(bad, 422, "invalid_request")
        await post(client, f"/tests/{test_id}/marks", 201, replay_id=cell["replay_id"], levels=levels)
        after = await get(client, f"/tests/{test_id}/results")
        assert after["candidates"][0]["mean"] == before["candidates"][0]["mean"]
        assert (after["human"][0]["judge"], after["human"][0]["cases"]) == ("scripted", 1)


async def test_what_is_not_ones_own_is_not_there(tested: House) -> None:
    async with http(tested) as client, http(tested, "fellow") as fellow:
        started = await post(client, "/tests", 201, benchmark_id=bench("single"))
        test_id = started["test_id"]
        await ended(client, test_id)
        for path in ("results", "cells", "export", f"cells/{UNKNOWN}", f"diff?a=recorded&b={UNKNOWN}"):
            foreign = await fellow.io.get(f"{API}/tests/{test_id}/{path}")
            missing = await fellow.io.get(f"{API}/tests/{UNKNOWN}/{path}")
            assert refused(foreign, 404, "not_found") == refused(missing, 404, "not_found") == "Test not found."
        for path in ("stop", "resume"):
            refused(await fellow.io.post(f"{API}/tests/{test_id}/{path}", json={}), 404, "not_found")
        refused(await fellow.io.post(f"{API}/tests", json={"benchmark_id": bench("single")}), 404, "not_found")
        assert not (await get(fellow, "/tests", benchmark_id=bench("single")))["items"]
        put_aside = await client.io.patch(f"{API}/tests/{test_id}", json={"archived": True})
        assert put_aside.json()["archived"] is True

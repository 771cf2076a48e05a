"""A person withdraws the consent to a recording: what was said is nowhere any more, and tests keep their scores."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.storage import schema
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.wire import benches
from tests.wire.benches import bench, evaluation
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

API = "/api/v1"
SAID, ANSWERED, TITLED = "heard-canary-77e1", "answered-canary-90ab", "titled-canary-41cd"
CONSENT = "consent-canary-5f02: she agreed."
WORDS = (SAID, ANSWERED, TITLED, "consent-canary-5f02")


@pytest.fixture(scope="module", autouse=True)
def _published(house: House) -> None:  # pyright: ignore[reportUnusedFunction]
    benches.install(house.site)


def http(house: House, user_id: str = "instructor") -> Http:
    return Http(house.url, house.site.token(user_id))


def text_of(value: object) -> str:
    """A value of a row as text."""
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


def rows_with(site: Site, word: str) -> list[str]:
    """Every place of the store in which a word stands."""

    def search(tx: Tx) -> list[str]:
        found: list[str] = []
        for table in schema.metadata.sorted_tables:
            for row in tx.all(f"SELECT * FROM {table.name}"):  # noqa: S608 (names of the schema)
                values = [row[column.name] for column in table.columns]
                if any(word in text_of(each) for each in values):
                    found.append(f"{table.name}: {values}")
        return found

    return site.write(search)


async def recorded(client: Http, **values: Any) -> tuple[str, str]:
    """A benchmark of the instructor's with one recording that has the words: (benchmark, recording)."""
    plain = (await client.io.get(f"{API}/benchmarks/{bench('plain')}")).json()
    rubric = plain["candidates"][0]["rubric"]["id"]
    candidates = [
        {"title": title, "model": model, "rubric_id": rubric}
        for title, model in (("Steady", "scripted"), ("Echo", "scripted-echo"))
    ]
    body = {
        "eval_id": evaluation(),
        "name": "With consent",
        "values": {"department_ids": plain["department_ids"], "candidates": candidates, "judges": ["scripted"]}
        | values,
    }
    made = (await client.io.post(f"{API}/benchmarks", json=body)).json()
    messages = [
        {"role": "user", "content": f"It is hard: {SAID}."},
        {"role": "assistant", "content": f"What have you tried? {ANSWERED}"},
        {"role": "user", "content": f"All of it, {SAID}."},
        {"role": "assistant", "content": f"That sounds hard. {ANSWERED}"},
    ]
    given = {"title": TITLED, "messages": messages}
    path = f"{API}/benchmarks/{made['benchmark_id']}/recordings"
    added = await client.io.post(path, json={"recording": given, "consent": CONSENT, "replace_names": False})
    assert added.status_code == 201, added.text
    return made["benchmark_id"], added.json()["recording_id"]


async def begun_test(client: Http, benchmark: str, **values: Any) -> str:
    """A test of the benchmark that the server runs by itself."""
    answer = await client.io.post(f"{API}/tests", json={"benchmark_id": benchmark} | values)
    assert answer.status_code == 201, answer.text
    return answer.json()["test_id"]


async def completed(client: Http, test: str) -> Any:
    """The test, when it is completed."""
    found: Any = {}
    for _ in range(300):
        found = (await client.io.get(f"{API}/tests/{test}")).json()
        if found["status"] == "completed":
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(found)


async def everything(client: Http, test: str) -> str:
    """All that can be read of a test."""
    cells = (await client.io.get(f"{API}/tests/{test}/cells", params={"limit": 200})).json()["items"]
    paths = [f"/cells/{each['replay_id']}" for each in cells]
    paths += [f"/diff?a=recorded&b={each['replay_id']}" for each in cells]
    paths += ["", "/results", "/cells", *(f"/export?format={each}" for each in ("json", "markdown", "junit"))]
    answers = [await client.io.get(f"{API}/tests/{test}{path}") for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.text for answer in answers)


async def test_withdrawn_consent_takes_the_words_out_of_everything_and_leaves_the_scores(house: House) -> None:
    async with http(house) as client:
        benchmark, recording = await recorded(client, prefer=True)
        test = await begun_test(client, benchmark, plan={"recorded": True})
        await completed(client, test)
        before = (await client.io.get(f"{API}/tests/{test}/results")).json()
        shown = await everything(client, test)
        assert all(word in shown for word in (SAID, ANSWERED, TITLED))
        assert rows_with(house.site, SAID)

        erased = await client.io.delete(f"{API}/recordings/{recording}")

        assert erased.status_code == 200, erased.text
        assert erased.json() == {
            "recording_id": recording, "benchmark_ids": [benchmark], "tests": 1, "replays": 2,
        }  # fmt: skip
        for word in WORDS:
            assert not rows_with(house.site, word)
            assert word not in await everything(client, test)
        after = (await client.io.get(f"{API}/tests/{test}/results")).json()
        scores = [[each["mean"] for each in found["candidates"]] for found in (before, after)]
        assert scores[0] == scores[1]
        assert [cell["mean"] for row in after["matrix"]["cells"] for cell in row] == [
            cell["mean"] for row in before["matrix"]["cells"] for cell in row
        ]
        assert "Erased recording" in json.dumps(after["matrix"]["recordings"])
        assert (await client.io.get(f"{API}/benchmarks/{benchmark}")).json()["recordings"] == []
        gone = await client.io.get(f"{API}/recordings/{recording}")
        assert gone.status_code == 404
        assert house.site.write(audit.verify) is None
        noted = house.site.write(lambda tx: audit.list_rows(tx, Wanted(subject=recording)))
        assert [(each.action, each.actor) for each in noted] == [("recording.erase", house.site.ids["instructor"])]


async def test_a_recording_that_was_erased_is_erased_once(house: House) -> None:
    async with http(house) as client:
        _, recording = await recorded(client)
        await client.io.delete(f"{API}/recordings/{recording}")
        again = await client.io.delete(f"{API}/recordings/{recording}")
        assert again.status_code == 200
        assert again.json() == {"recording_id": recording, "benchmark_ids": [], "tests": 0, "replays": 0}
        assert len(house.site.write(lambda tx: audit.list_rows(tx, Wanted(subject=recording)))) == 1


async def test_words_can_be_erased_that_only_an_older_version_of_a_benchmark_has(house: House) -> None:
    async with http(house) as client:
        benchmark, recording = await recorded(client)
        test = await begun_test(client, benchmark)
        await completed(client, test)
        removed = await client.io.delete(f"{API}/benchmarks/{benchmark}/recordings/{recording}")
        assert removed.status_code == 200
        erased = await client.io.delete(f"{API}/recordings/{recording}")
        assert erased.json() == {"recording_id": recording, "benchmark_ids": [], "tests": 1, "replays": 2}
        assert not rows_with(house.site, SAID)


async def test_what_runs_of_an_erased_recording_is_stopped_and_its_test_goes_on_with_the_rest(house: House) -> None:
    async with http(house) as client:
        benchmark, recording = await recorded(client)
        path = f"{API}/benchmarks/{benchmark}"
        version = (await client.io.get(path)).json()["version"]
        values = {"recording_ids": [recording, benches.recording("one")]}
        assert (await client.io.patch(path, json={"expected_version": version, "values": values})).status_code == 200
        slow = [{"title": "Hanging", "model": "scripted-hang"}, {"title": "Steady", "model": "scripted"}]
        test = await begun_test(client, benchmark, candidates=slow, repeats=2, plan={"parallel": 1})
        cells: Any = []
        for _ in range(100):
            cells = (await client.io.get(f"{API}/tests/{test}/cells", params={"state": "running"})).json()["items"]
            if cells:
                break
            await asyncio.sleep(0.05)
        assert [each["recording_id"] for each in cells] == [recording]

        erased = await client.io.delete(f"{API}/recordings/{recording}")

        assert erased.json()["replays"] == 1
        for _ in range(100):
            cells = (await client.io.get(f"{API}/tests/{test}/cells")).json()["items"]
            if [each["state"] for each in cells] == ["stopped", "running"]:
                break
            await asyncio.sleep(0.05)
        assert [(each["recording_id"], each["state"]) for each in cells] == [
            (recording, "stopped"), (benches.recording("one"), "running"),
        ]  # fmt: skip
        await client.io.post(f"{API}/tests/{test}/stop")
        assert not rows_with(house.site, SAID)


async def test_a_test_completes_without_the_replays_of_an_erased_recording(house: House) -> None:
    async with http(house) as client:
        benchmark, recording = await recorded(client, auto_advance=False)
        path = f"{API}/benchmarks/{benchmark}"
        version = (await client.io.get(path)).json()["version"]
        only = {"recording_ids": [recording, benches.recording("one")], "repeats": 2,
                "candidates": [{"title": "Steady", "model": "scripted"}]}  # fmt: skip
        assert (await client.io.patch(path, json={"expected_version": version, "values": only})).status_code == 200
        started = await client.ok("test/start", {"benchmark_id": benchmark})
        assert (await client.io.delete(f"{API}/recordings/{recording}")).status_code == 200
        ids = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        problem = await client.refused(409, "test/run", ids | {"run_id": recording})
        assert problem["code"] == "recording_erased"
        for _ in range(2):
            begun = await client.ok("test/run", ids | {"run_id": benches.recording("one")})
            for _ in range(100):
                cells = await client.io.get(f"{API}/tests/{started['test_id']}/cells", params={"state": "completed"})
                if begun["run_id"] in cells.text:
                    break
                await asyncio.sleep(0.05)
            await client.ok("test/end", ids | {"run_id": begun["run_id"], "grade": False})
        await completed(client, started["test_id"])


async def test_only_who_may_change_a_benchmark_of_it_erases_a_recording(house: House) -> None:
    async with http(house) as client, http(house, "fellow") as fellow, http(house, "learner") as learner:
        benchmark, recording = await recorded(client)
        path = f"{API}/benchmarks/{benchmark}"
        version = (await client.io.get(path)).json()["version"]
        named = {"profile_ids": [house.site.ids["learner"]]}
        assert (await client.io.patch(path, json={"expected_version": version, "values": named})).status_code == 200
        hidden = await fellow.io.delete(f"{API}/recordings/{recording}")
        missing = await fellow.io.delete(f"{API}/recordings/{UNKNOWN}")
        assert (hidden.status_code, hidden.content) == (404, missing.content)
        assert (await learner.io.delete(f"{API}/recordings/{recording}")).status_code == 403
        assert SAID in (await client.io.get(f"{API}/recordings/{recording}")).text


def test_the_command_line_erases_too_and_publishing_again_brings_nothing_back(own: Site) -> None:
    benches.install(own)
    recording = benches.recording("two")
    assert rows_with(own, "The exam.")
    run = [sys.executable, "-m", "parlour", "benchmark", "erase-recording", recording, "--by", "instructor", "--json"]
    done = subprocess.run(
        [*run, "--database-url", own.url, "--data", str(own.folder / "data")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(json.loads(done.stdout)["benchmark_ids"]) > 1
    assert not rows_with(own, "The exam.")
    benches.install(own)
    assert not rows_with(own, "The exam.")

"""Files of attempts over HTTP and by the command line: whole, safe, and only what one may read (Glow 6.5 and 10.1)."""

import asyncio
import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness.statements import statements
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import Http

ATTEMPTS = "/api/v1/attempts"
FORMATS = {"jsonl": "application/jsonl", "csv": "text/csv", "markdown": "text/markdown", "xapi": "application/json"}
EVIL = '=HYPERLINK("http://x") <script>x</script>\n# Title'


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


async def practised(client: Http, house: House, text: str = EVIL) -> str:
    """An ended, graded attempt in which this was said."""
    attempt, chat = await client.start(house.site.practices["practice-single"])
    both = {"attempt_id": attempt, "chat_id": chat}
    await client.ok("attempt/message", both | {"message": text}, headers={"prefer": "wait=20"})
    await client.ok("attempt/end", both, headers={"prefer": "wait=20"})
    return attempt


async def file(client: Http, attempt: str, form: str) -> httpx.Response:
    return await client.io.get(f"{ATTEMPTS}/{attempt}/export", params={"format": form})


def lines(body: str) -> list[Any]:
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize("form", FORMATS)
async def test_an_attempt_is_a_file_to_keep(house: House, form: str) -> None:
    async with http(house) as client:
        attempt = await practised(client, house)
        answer = await file(client, attempt, form)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(FORMATS[form])
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="parlour-attempt-{attempt}.')
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        match form:
            case "jsonl":
                found = lines(answer.text)
                assert [each["kind"] for each in found] == ["attempt", "chat", "message", "message", "grade", "end"]
                assert found[2]["content"] == EVIL
                assert found[-1] == {"kind": "end", "attempts": 1, "next_cursor": None}
            case "csv":
                (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), strict=True)
                assert (row["attempt_id"], row["learner_messages"], row["grade_state"]) == (attempt, "1", "done")
            case "markdown":
                assert "<script>" not in answer.text
                assert [line for line in answer.text.splitlines() if line.startswith("# ")] == ["# Single"]
            case _:
                found = statements(answer.json())
                assert set(found) >= {"attempted", "initialized", "completed", "scored"}
                home_pages = {each["actor"]["account"]["homePage"] for group in found.values() for each in group}
                assert home_pages == {f"{house.url}/"}
        assert (await file(client, attempt, form)).content == answer.content


@pytest.mark.case(17)
async def test_a_foreign_attempt_is_no_file(house: House) -> None:
    async with http(house) as owner, http(house, "fellow") as client, http(house, "instructor") as staff:
        attempt = await practised(owner, house)
        for form in FORMATS:
            foreign, missing = await file(client, attempt, form), await file(client, UNKNOWN, form)
            assert (foreign.status_code, foreign.content) == (404, missing.content)
            assert (await file(staff, attempt, form)).status_code == 200
        for wrong in ("pdf", ""):
            assert (await file(owner, attempt, wrong)).status_code == 422
        assert (await owner.io.get(f"{ATTEMPTS}/{attempt}/export")).status_code == 422
        assert (await file(owner, "A1", "csv")).status_code == 422


async def test_many_attempts_are_one_file_with_the_filters_of_the_list(house: House) -> None:
    async with http(house, "goer") as client, http(house) as other:
        ids = [await practised(client, house, f"Message {number}") for number in range(3)]
        foreign = await practised(other, house)
        await client.io.patch(f"{ATTEMPTS}/{ids[0]}", json={"is_archived": True})
        answer = await client.io.get(f"{ATTEMPTS}/export", params={"format": "jsonl", "is_archived": "false"})
        assert answer.headers["content-disposition"] == 'attachment; filename="parlour-attempts.jsonl"'
        found = lines(answer.text)
        attempts = [each["attempt_id"] for each in found if each["kind"] == "attempt"]
        assert [each for each in attempts if each in ids] == [ids[2], ids[1]]
        assert found[-1] == {"kind": "end", "attempts": len(attempts), "next_cursor": None}
        assert "x-next-cursor" not in answer.headers
        assert foreign not in answer.text
        own = {"profile_id": house.site.ids["goer"]}
        assert all(each.items() >= own.items() for each in found if each["kind"] == "attempt")
        for form in ("csv", "xapi"):
            other_form = await client.io.get(f"{ATTEMPTS}/export", params={"format": form})
            assert all(each in other_form.text for each in ids)
            if form == "xapi":
                statements(other_form.json())
        assert (await client.io.get(f"{ATTEMPTS}/export", params={"format": "markdown"})).status_code == 422


async def test_a_long_list_goes_on_where_the_file_ended(house: House) -> None:
    async with http(house, "crowd") as client:
        ids = [(await client.start(house.site.practices["practice-single"]))[0] for _ in range(5)]
        found: list[str] = []
        cursor: str | None = None
        while True:
            params = {"format": "jsonl", "limit": "2"} | ({"cursor": cursor} if cursor else {})
            answer = await client.io.get(f"{ATTEMPTS}/export", params=params)
            part = lines(answer.text)
            found += [each["attempt_id"] for each in part if each["kind"] == "attempt"]
            cursor = answer.headers.get("x-next-cursor")
            assert part[-1]["next_cursor"] == cursor
            if cursor is None:
                break
        assert [each for each in found if each in ids] == ids[::-1]
        assert len(set(found)) == len(found)
        for limit in ("0", "5001"):
            params = {"format": "csv", "limit": limit}
            assert (await client.io.get(f"{ATTEMPTS}/export", params=params)).status_code == 422


def test_the_command_line_exports_everybody(house: House, tmp_path: Path) -> None:
    async def practise() -> str:
        async with http(house) as client:
            return await practised(client, house)

    attempt = asyncio.run(practise())
    out = tmp_path / "all.jsonl"
    place = ["--data", str(house.site.folder / "data"), "--database-url", house.site.url]
    command = [sys.executable, "-m", "parlour", "attempts", "export", "--format", "jsonl", "--out", str(out), *place]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *more], capture_output=True, text=True, timeout=60, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    found = lines(out.read_text())
    assert attempt in [each["attempt_id"] for each in found if each["kind"] == "attempt"]
    assert f"Wrote {found[-1]['attempts']} attempts to" in done.stdout
    assert out.stat().st_mode & 0o777 == 0o600
    assert run().returncode == 1
    assert run("--force", "--since", "2999-01-01").returncode == 0
    assert lines(out.read_text()) == [{"kind": "end", "attempts": 0, "next_cursor": None}]
    assert run("--force", "--since", "soon").returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["all.jsonl"]

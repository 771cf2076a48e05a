"""A picture, a trial and an import that were killed in the middle: begun again, done once, and nothing lies about."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.files.intake import Intake
from parlour.files.sweeping import Sweeper, SweeperNeed
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.media_services import MediaServices, running_media_services
from tests.harness.site import PACK, PEOPLE, ROOT, Process, Site
from tests.promises.figures import Figure
from tests.promises.waiting import eventually
from tests.wire.authors import DRAFTS, Author
from tests.wire.stand_in import StandIn, standing_in
from tests.wire.test_checks import judge, persona, play, states
from tests.wire.test_generate_runs import told_of

GENERATE = "/socket/v5/client/generate"
HOURS_AHEAD_MS = 2 * 3_600_000


class LaterClock(SystemClock):
    """Two hours later, when nothing arrives any more that a sweep must leave alone."""

    def now_ms(self) -> int:
        return super().now_ms() + HOURS_AHEAD_MS


async def strays(database: Database, folder: Path) -> set[str]:
    """The bytes that are there after a sweep, and that no row names."""
    blobs = FolderBlobs(folder)
    intake = Intake(folder / "incoming", blobs, 1)
    database.start()
    need = SweeperNeed(
        database=database, blobs=blobs, intake=intake, clock=LaterClock(), unused_hours=1_000, unnamed_hours=1_000
    )
    await Sweeper(need).sweep()
    rows = database.read_here(lambda tx: tx.all("SELECT digest FROM uploads"))
    left = [path.name for path in (folder / "incoming").glob("*")] if (folder / "incoming").exists() else []
    found = {*blobs.digests(LaterClock().now_ms()), *left} - {row["digest"] for row in rows}
    await database.stop()
    return found


async def killed(site: Site, process: Process, **settings: Any) -> Process:
    """Another server in the place of one that was killed."""
    await asyncio.to_thread(process.kill)
    site.lapse_leases()
    return await asyncio.to_thread(site.start, **settings)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("store", STORES)
async def test_pictures_and_films_in_the_making_are_told_once_and_leave_no_bytes_behind(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    uploads = site.write(lambda tx: tx.all("SELECT id FROM uploads"))
    async with running_media_services() as services:
        provider = {"name": "media", "base_url": services.url, "api_key": "sk-1"}
        settings: dict[str, Any] = {
            "PROVIDERS": json.dumps([provider]),
            "AUTHORING__IMAGE_MODEL": "media:draws",
            "AUTHORING__VIDEO_MODEL": "media:films",
        }
        process = await asyncio.to_thread(site.start, **settings)
        for moment in ("drawing", "drawn", "filming"):
            process = await made_through_a_kill(site, process, services, moment, settings)
        site.close()
    after = site.write(lambda tx: tx.all("SELECT id FROM uploads"))
    rows = site.write(lambda tx: tx.all("SELECT body FROM drafts WHERE artifact_type = 'scenario'"))
    held = [json.loads(row["body"])["values"] for row in rows]
    values = [value for each in held for value in (*each.get("images", ()), *each.get("videos", ()))]
    named = {value["fields"]["upload_id"] for value in values}
    assert named == {row["id"] for row in after} - {row["id"] for row in uploads}
    assert named == {row["upload_id"] for row in site.write(lambda tx: tx.all("SELECT upload_id FROM media_uses"))}
    assert len(services.filmed) == sum(len(each.get("videos", ())) for each in held) > 0
    assert await strays(site.database(), tmp_path / "data" / "files") == set()
    figure("P9", f"{len(values)} pictures and films through 3 SIGKILLs: told once, one row each, no film paid twice")


async def made_through_a_kill(
    site: Site, process: Process, services: MediaServices, moment: str, settings: dict[str, Any]
) -> Process:
    """Have pictures or films made, and kill the server when the first is asked for, when its bytes are on their way,
    or when the film was ordered and is waited for."""
    services.drawn.clear()
    services.gate = asyncio.Event()
    made = "videos" if moment == "filming" else "images"
    async with Author(site, process, "instructor") as author:
        body = {"artifact_types": ["scenario"], "resource_types": ["names", made], "modality": "image"}
        answer = await author.http.post(GENERATE, json={**body, "client_request_id": moment})
        assert answer.status_code == 200, answer.text
        run_id = answer.json()["run_id"]
    await eventually(lambda: services.drawn or any(services.asked.values()))
    if moment == "drawn":
        services.gate.set()
        rows = "SELECT body FROM events WHERE kind = 'ValueTold' AND body LIKE :run"
        database = site.database()
        await eventually(
            lambda: len(database.read_here(lambda tx: tx.all(rows, run=f"%{run_id}%"))) > 0 and services.drawn
        )
    process = await killed(site, process, **settings)
    services.gate.set()

    def over() -> list[str]:
        return [kind for kind, _ in told_of(site, "instructor", run_id) if kind.startswith("Generation")]

    await eventually(lambda: {"GenerationCompleted", "GenerationFailed"} & set(over()))
    told = told_of(site, "instructor", run_id)
    assert Counter(over())["GenerationCompleted"] == 1, told[-1]
    pictures = [
        each for kind, each in told if kind == "ValueTold" and (each["type"], each["stage"]) == (made, "complete")
    ]
    ids = [each["fields"]["upload_id"] for each in pictures]
    assert len(set(ids)) == len(ids) > 0
    return process


@pytest.mark.promise("P9")
@pytest.mark.parametrize("store", STORES)
async def test_trials_go_on_after_a_kill_with_the_answers_that_they_had(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    async with standing_in() as (model, providers):
        settings: dict[str, Any] = {"PROVIDERS": providers, "MODEL": "local:play", "GRADER_MODEL": "local:judge"}
        process = await asyncio.to_thread(site.start, **settings)
        undisturbed, _, process = await checked(site, process, model, settings, None)
        for stop_at in (2, undisturbed - 1):
            asked, found, process = await checked(site, process, model, settings, stop_at)
            assert asked == undisturbed + 1
            assert states(found) == {"alone": "passed", "character": "passed", "injection": "passed"}
            rows = site.write(lambda tx: tx.all("SELECT state FROM content_checks"))
            assert {row["state"] for row in rows} == {"done"}
        site.close()
    figure("P9", f"3 trials of {undisturbed} requests killed in two places ({store}): 1 request asked again each time")


async def checked(
    site: Site, process: Process, model: StandIn, settings: dict[str, Any], stop_at: int | None
) -> tuple[int, Any, Process]:
    """Try a persona, and kill the server in the middle of an answer; how often was asked, and what was found."""
    model.asked.clear()
    held = asyncio.Event()

    def later(answer: Any) -> Any:
        async def say(body: dict[str, Any]) -> str:
            if len(model.asked) == stop_at:
                held.set()
                await asyncio.sleep(600)
            return answer(body)

        return say

    model.answers = {"play": later(play), "judge": later(judge)}
    async with Author(site, process, "instructor") as author:
        draft = await persona(author, "Sound")
        begun = await author.ask("POST", f"{DRAFTS}/{draft['id']}/checks", status=202)
    if stop_at is not None:
        async with asyncio.timeout(60):
            await held.wait()
        process = await killed(site, process, **settings)
    async with Author(site, process, "instructor") as author, asyncio.timeout(60):
        while True:
            found = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
            assert found["id"] == begun["check_id"]
            if found["state"] != "running":
                return len(model.asked), found, process
            await asyncio.sleep(0.05)


@pytest.mark.promise("P1")
def test_an_import_that_is_killed_before_its_commit_brought_nothing_and_brings_all_the_next_time(
    store_url: str, tmp_path: Path
) -> None:
    clock, files = SystemClock(), tmp_path / "files"
    database = Database(store_url, clock, TimeOrderedIds(clock))
    database.migrate()

    def populate(tx: Tx) -> None:
        for user_id, role in PEOPLE.items():
            accounts.create_account(tx, NewAccount(user_id=user_id, name=user_id, role=role))

    database.write_here(populate)
    program = [sys.executable, "-m", "tests.promises.import_program", store_url, str(files)]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as importing:
        assert importing.stdout is not None
        assert importing.stdout.readline() == "written\n"
        importing.kill()
    there = "SELECT (SELECT count(*) FROM content) + (SELECT count(*) FROM uploads) AS rows"
    assert database.read_here(lambda tx: tx.all(there))[0]["rows"] == 0
    bundle = load_bundle(PACK)
    keep_files(bundle, FolderBlobs(files))
    first = database.write_here(lambda tx: publish(tx, bundle))
    assert first.written > 0
    assert database.write_here(lambda tx: publish(tx, bundle)).written == 0
    versions = database.read_here(lambda tx: tx.all("SELECT version FROM content"))
    assert {row["version"] for row in versions} == {1}
    assert asyncio.run(strays(Database(store_url, clock, TimeOrderedIds(clock)), files)) == set()

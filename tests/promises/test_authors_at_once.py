"""Authors who do things at once, on PostgreSQL through two servers: one wins, and nothing acknowledged goes."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.test_killed_messages import holes
from tests.promises.writers import (
    DRAFTS,
    PERSONA,
    Writer,
    all_runs_end,
    ends_of,
    published,
    put,
    versions_of,
)

ROUNDS = 6
TURNS = 8
GENERATE = "/socket/v5/client/generate"


@dataclass
class Scene:
    """Servers with authors on them: one server, on PostgreSQL two."""

    site: Site
    nursery: Nursery
    stack: AsyncExitStack
    urls: Sequence[str] = field(init=False)

    async def open(self) -> None:
        """Start the servers."""
        count = 2 if self.site.url.startswith("postgresql") else 1
        start = partial(self.nursery.start, AUTHORING__RUNS_PARALLEL_MAX=50)
        self.urls = [(await asyncio.to_thread(start)).url for _ in range(count)]

    async def writer(self, user_id: str, seed: int = 0) -> Writer:
        """Somebody who asks one server or the other."""
        return await self.stack.enter_async_context(Writer(self.site, self.urls, user_id, random.Random(seed)))


async def at_once(*asked: Awaitable[tuple[int, Any]]) -> list[tuple[int, str]]:
    """What is answered to things that are asked at once: statuses with codes, "" for what was done; in their order."""
    answers = await asyncio.gather(*asked)
    return [(status, found["code"] if status >= 400 else "") for status, found in answers]


async def of_two_publishers_one_wins(scene: Scene) -> str:
    """Two drafts of one artifact, the same draft twice, an edit against a publication, and archiving meanwhile."""
    first, second = await scene.writer("instructor", 1), await scene.writer("admin", 2)
    artifact_id = await published(first, "persona", *PERSONA)
    versions = 1
    for number in range(ROUNDS):
        drafts = [await writer.begin("persona", artifact_id) for writer in (first, second)]
        for writer, draft in zip((first, second), list(drafts), strict=True):
            status, changed = await writer.change(draft, put("names", name=f"{writer.user_id} {number}"))
            assert status == 200, changed
            drafts[drafts.index(draft)] = changed
        archived = second.try_once("POST", f"/artifacts/{artifact_id}/archive", {"archived": number % 2 == 0})
        told = await at_once(first.publish(drafts[0]), second.publish(drafts[1]), archived)
        assert sorted(told[:2]) == [(200, ""), (409, "base_conflict")], told
        assert told[2] == (200, "")
        versions += 1
        loser = told[0][0] == 409
        writer, draft = (first, drafts[0]) if loser else (second, drafts[1])
        status, rebased = await writer.try_once(
            "POST", f"{DRAFTS}/{draft['id']}/rebase", {"expected_version": draft["version"]}
        )
        assert status == 200, rebased
        draft = rebased["draft"]
        told = await at_once(writer.publish(draft), writer.publish(draft))
        assert sorted(told) == [(200, ""), (409, "draft_closed")], told
        versions += 1
        shown = await first.ok("GET", f"/artifacts/{artifact_id}")
        assert (shown["version"], shown["archived"]) == (versions, number % 2 == 0)
        draft = await first.begin("persona", artifact_id)
        status, draft = await first.change(draft, put("names", name=f"Third {number}"))
        assert status == 200, draft
        told = await at_once(first.publish(draft), first.change(draft, put("names", name=f"Late {number}")))
        assert told in ([(200, ""), (409, "draft_closed")], [(409, "version_conflict"), (200, "")]), told
        if told[0][0] == 200:
            versions += 1
        shown = await first.ok("GET", f"/artifacts/{artifact_id}")
        assert shown["version"] == versions
        await first.ok("DELETE", f"{DRAFTS}/{draft['id']}")
    assert versions_of(scene.site, artifact_id) == [(number, number) for number in range(1, versions + 1)]
    return artifact_id


@pytest.mark.promise("P4")
@pytest.mark.parametrize("store", STORES)
async def test_what_two_authors_do_at_once_one_of_them_did(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    async with AsyncExitStack() as stack:
        scene = Scene(site, stack.enter_context(Nursery(site)), stack)
        await scene.open()
        await of_two_publishers_one_wins(scene)
        logs = scene.nursery.logs()
    assert '"commit_failed"' not in logs
    figure("P4", f"{3 * ROUNDS} publications of two authors at once ({store}): each version once, the other one told")


class Crowd:
    """People who do to one cohort, its people, its trainings and what they play all that locks something."""

    def __init__(self, scene: Scene, root: Writer) -> None:
        self.scene = scene
        self.root = root
        self.people: set[str] = set()
        self.described = ""

    async def set_up(self) -> None:
        """A cohort with a home training of the sample pack's simulation, and a scenario that it plays."""
        trainings = await self.root.ok("GET", "/trainings")
        self.training = trainings["items"][0]
        self.simulation_id = self.training["simulation_id"]
        self.scenario_id = self.training["templates"][0]["scenario_id"]
        department = (await self.root.ok("GET", "/departments"))["items"][0]["id"]
        made = await self.root.ok("POST", "/cohorts", {"name": "Crowd", "department_id": department})
        self.cohort_id = made["id"]
        link = {"op": "link", "type": "simulations", "artifact_id": self.simulation_id}
        draft = await self.root.begin("cohort", self.cohort_id)
        status, draft = await self.root.change(draft, link)
        assert status == 200, draft
        status, done = await self.root.publish(draft)
        assert status == 200, done
        home = next(
            each for each in (await self.root.ok("GET", "/trainings"))["items"] if self.cohort_id in each["cohort_ids"]
        )
        self.home_id = home["id"]

    async def people_come_and_go(self, writer: Writer) -> None:
        learner = self.scene.site.ids["fellow"]
        for turn in range(TURNS):
            if turn % 2:
                place = f"/cohorts/{self.cohort_id}/people/{learner}?part=learner"
                status, found = await writer.try_once("DELETE", place)
                self.people.discard("fellow")
            else:
                body = {"user_id": "fellow", "part": "learner"}
                status, found = await writer.try_once("POST", f"/cohorts/{self.cohort_id}/people", body)
                self.people.add("fellow")
            assert status < 300, found

    async def cohort_is_published(self, writer: Writer) -> None:
        for turn in range(TURNS):
            draft = await writer.begin("cohort", self.cohort_id)
            status, draft = await writer.change(
                draft, put("descriptions", description=f"Turn {turn} of {writer.user_id}")
            )
            assert status == 200, draft
            status, found = await writer.publish(draft)
            assert status == 200 or found["code"] == "base_conflict", found
            if status != 200:
                await writer.ok("DELETE", f"{DRAFTS}/{draft['id']}")

    async def profile_is_published(self, writer: Writer) -> None:
        person = self.scene.site.ids["learner"]
        for turn in range(TURNS):
            draft = await writer.begin("profile", person)
            link = {"op": "link", "type": "cohorts", "artifact_id": self.cohort_id}
            linked = any(each["id"] == self.cohort_id for each in draft["values"].get("cohorts", ()))
            change = {"op": "remove", "type": "cohorts", "value_id": self.cohort_id} if linked else link
            status, draft = await writer.change(draft, change, put("names", name=f"Learner {turn}"))
            assert status == 200, draft
            status, found = await writer.publish(draft)
            assert status == 200, found

    async def training_is_changed(self, writer: Writer) -> None:
        for turn in range(TURNS):
            status, found = await writer.try_once(
                "PATCH", f"/trainings/{self.home_id}", {"description": f"Turn {turn}."}
            )
            assert status == 200, found
            self.described = f"Turn {turn}."

    async def scenario_is_published_and_adopted(self, writer: Writer) -> None:
        for turn in range(TURNS):
            draft = await writer.begin("scenario", self.scenario_id)
            status, draft = await writer.change(draft, put("descriptions", description=f"Turn {turn}."))
            assert status == 200, draft
            status, found = await writer.publish(draft, update_trainings=True)
            assert status == 200, found
            assert self.home_id in {each["id"] for each in found["trainings"]}

    async def drafts_are_tried(self, writer: Writer) -> None:
        draft = await writer.begin("persona")
        status, draft = await writer.change(draft, *PERSONA)
        assert status == 200, draft
        for _ in range(TURNS // 2):
            told = await at_once(*(writer.try_once("POST", f"{DRAFTS}/{draft['id']}/try") for _ in range(2)))
            assert told == [(201, ""), (201, "")], told

    async def models_write_and_save(self, writer: Writer) -> None:
        for turn in range(TURNS // 2):
            wanted = {
                "artifact_types": ["scenario"],
                "resource_types": ["names", "descriptions", "personas"],
                "save": True,
                "client_request_id": f"crowd-{turn}",
            }
            await writer.ok("POST", GENERATE, wanted)


@pytest.mark.promise("P4")
@pytest.mark.parametrize("store", STORES)
async def test_publications_people_trainings_and_models_at_once_never_fail_and_lose_nothing(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    async with AsyncExitStack() as stack:
        scene = Scene(site, stack.enter_context(Nursery(site)), stack)
        await scene.open()
        crowd = Crowd(scene, await scene.writer("root"))
        await crowd.set_up()
        parts: Sequence[Callable[[Writer], Awaitable[None]]] = (
            crowd.people_come_and_go,
            crowd.cohort_is_published,
            crowd.cohort_is_published,
            crowd.profile_is_published,
            crowd.training_is_changed,
            crowd.scenario_is_published_and_adopted,
            crowd.drafts_are_tried,
            crowd.models_write_and_save,
        )
        writers = [await scene.writer("root", seed) for seed in range(len(parts))]
        await asyncio.gather(*(part(writer) for part, writer in zip(parts, writers, strict=True)))
        await all_runs_end(site)
        training = await crowd.root.ok("GET", f"/trainings/{crowd.home_id}")
        scenario = await crowd.root.ok("GET", f"/artifacts/{crowd.scenario_id}")
        cohort = await crowd.root.ok("GET", f"/cohorts/{crowd.cohort_id}")
        account = await crowd.root.ok("GET", f"/artifacts/{site.ids['learner']}")
        logs = scene.nursery.logs()
    assert training["description"] == crowd.described
    pinned = [each["scenario_version"] for each in training["templates"] if each["scenario_id"] == crowd.scenario_id]
    assert pinned == [scenario["version"]] * len(pinned) != []
    learners = {each["user_id"] for each in cohort["learners"]}
    linked = any(each["id"] == crowd.cohort_id for each in account["values"].get("cohorts", ()))
    assert ("learner" in learners) == linked
    assert ("fellow" in learners) == ("fellow" in crowd.people)
    sql = "SELECT body FROM content WHERE id = :id ORDER BY version DESC LIMIT 1"
    [row] = site.database().read_here(lambda tx: tx.all(sql, id=crowd.cohort_id))
    in_content = set(json.loads(row["body"])["profile_ids"])
    assert {user_id for user_id, account_id in site.ids.items() if account_id in in_content} == learners
    for each in (crowd.cohort_id, crowd.scenario_id, crowd.home_id):
        numbers = [number for number, _ in versions_of(site, each)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert {run: told for run, told in ends_of(site).items() if len(told) != 1} == {}
    assert holes(site.database()) == 0
    assert '"commit_failed"' not in logs
    asked = sum(len(writer.told) for writer in writers)
    anew = logs.count('"batch_conflict"')
    figure(
        "P4", f"{asked} requests of 8 authors at once about a cohort ({store}): none failed, {anew} commits run anew"
    )

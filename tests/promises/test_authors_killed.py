"""Editors, publishers and a model write while the servers are killed: nothing acknowledged is lost or doubled."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.harness.clock import SetClock
from tests.harness.site import Site
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.struck import Servers
from tests.promises.test_killed_messages import holes
from tests.promises.writers import (
    DRAFTS,
    PERSONA,
    GoneError,
    Writer,
    all_runs_end,
    ends_of,
    published,
    put,
    versions_of,
)

KILLS = {"sqlite": 8, "postgresql": 6}
LIFE_SECONDS = (0.3, 0.8)
GENERATE = "/socket/v5/client/generate"


@dataclass
class Editor:
    """Somebody who writes into a draft. `kept`: what it was told is stored; `open`: what it was never told of."""

    writer: Writer
    draft: Any
    number: int = 0
    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    async def work(self, over: asyncio.Event) -> None:
        """Add one example after the other, as a page does: refused, it takes the draft of the refusal."""
        while not over.is_set():
            self.number += 1
            text = f"{self.writer.user_id} {self.number}."
            while not await self._wrote(text):
                pass
            await asyncio.sleep(self.writer.chance.random() * 0.03)

    async def _wrote(self, text: str) -> bool:
        try:
            status, found = await self.writer.change(
                self.draft, {"op": "add", "type": "examples", "fields": {"example": text}}
            )
        except GoneError:
            self.open.append(text)
            self.draft = await self.writer.ok("GET", f"{DRAFTS}/{self.draft['id']}")
            return True
        if status == 200:
            self.kept.append(text)
            self.draft = found
            return True
        assert (status, found["code"]) == (409, "version_conflict"), found
        self.draft = found["draft"]
        return False


@dataclass
class Publisher:
    """Somebody who publishes one version of an artifact after the other. `told`: (version, its note)."""

    writer: Writer
    artifact_id: str
    told: list[tuple[int, str]] = field(default_factory=list)
    conflicts: int = 0

    async def work(self, over: asyncio.Event) -> None:
        """Write a version, and rebase it on what was published meanwhile."""
        number = 0
        while not over.is_set():
            number += 1
            note = f"{self.writer.user_id} {number}"
            draft = await self.writer.begin("persona", self.artifact_id)
            try:
                status, draft = await self.writer.change(draft, put("descriptions", description=f"Written by {note}."))
                assert status == 200, draft
                while not await self._published(draft, note):
                    self.conflicts += 1
                    body = {"expected_version": draft["version"]}
                    status, found = await self.writer.try_once("POST", f"{DRAFTS}/{draft['id']}/rebase", body)
                    assert status == 200, found
                    draft = found["draft"]
            except GoneError:
                await self.writer.ask("DELETE", f"{DRAFTS}/{draft['id']}")

    async def _published(self, draft: Any, note: str) -> bool:
        status, found = await self.writer.publish(draft, note)
        if status == 200:
            self.told.append((found["version"], note))
            return True
        assert (status, found["code"]) == (409, "base_conflict"), found
        return False


async def generate(writer: Writer, draft_id: str, over: asyncio.Event) -> list[str]:
    """Have a model write into the draft and into new ones that it saves, each asked for until it is acknowledged."""
    runs: list[str] = []
    number = 0
    while not over.is_set():
        number += 1
        wanted: dict[str, object] = {"artifact_types": ["persona"], "client_request_id": f"{writer.user_id}-{number}"}
        if number % 2:
            wanted |= {"resource_types": ["colors", "icons"], "draft_id": draft_id}
        else:
            wanted |= {"resource_types": ["names", "descriptions", "instructions"], "save": True}
        status, begun = await writer.ask("POST", GENERATE, wanted)
        if status == 200:
            runs.append(begun["run_id"])
        else:
            assert (status, begun["code"]) == (429, "too_many_requests"), begun
        await asyncio.sleep(0.05)
    return runs


async def worked(servers: Servers, site: Site, kills: int) -> tuple[list[Editor], list[Publisher], list[str]]:
    """Let them all write until the servers were killed this often."""
    urls = [child.url for child in servers.children]
    over = asyncio.Event()
    async with AsyncExitStack() as stack:
        names = ("instructor", "admin", "instructor", "admin", "root")
        writers = [
            await stack.enter_async_context(Writer(site, urls, name, random.Random(number)))
            for number, name in enumerate(names)
        ]
        draft = await writers[0].begin("persona")
        status, draft = await writers[0].change(draft, *PERSONA)
        assert status == 200, draft
        for name in ("admin", "root"):
            draft = await writers[0].ok("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": name})
        artifact_id = await published(writers[0], "persona", *PERSONA)
        editors = [Editor(writer, draft) for writer in writers[:2]]
        publishers = [Publisher(writer, artifact_id) for writer in writers[2:4]]
        tasks = [asyncio.create_task(each.work(over)) for each in (*editors, *publishers)]
        model = asyncio.create_task(generate(writers[4], draft["id"], over))
        for _ in range(kills):
            seconds = servers.chance.uniform(*LIFE_SECONDS)
            failed, _ = await asyncio.wait((*tasks, model), timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
            for task in failed:
                task.result()
            await asyncio.to_thread(servers.kill_one)
        await asyncio.sleep(0.3)
        over.set()
        await asyncio.gather(*tasks)
        runs = await model
        site.lapse_leases()
        await all_runs_end(site)
        after = await writers[0].ok("GET", f"{DRAFTS}/{draft['id']}")
    check_draft(after, editors)
    return editors, publishers, runs


def check_draft(after: Any, editors: Sequence[Editor]) -> None:
    """Every acknowledged example is there once, in the order of its author, and nothing that nobody wrote."""
    there = [value["fields"]["example"] for value in after["values"]["examples"]]
    assert len(there) == len(set(there))
    for editor in editors:
        own = [text for text in there if text.startswith(f"{editor.writer.user_id} ")]
        assert set(editor.kept) <= set(own) <= {*editor.kept, *editor.open}
        assert own == sorted(own, key=lambda text: int(text.rstrip(".").split()[1]))
    assert len({value["id"] for value in after["values"]["examples"]}) == len(there)


def check_versions(site: Site, publishers: Sequence[Publisher]) -> int:
    """No hole, no version without its values, none told to two, each with the note of who was told of it."""
    stored = versions_of(site, publishers[0].artifact_id)
    assert stored == [(number, number) for number in range(1, len(stored) + 1)]
    told = [pair for publisher in publishers for pair in publisher.told]
    assert len({version for version, _ in told}) == len(told)
    notes = site.database().read_here(
        lambda tx: tx.all("SELECT version, body FROM content_values WHERE id = :id", id=publishers[0].artifact_id)
    )
    bodies = {row["version"]: row["body"] for row in notes}
    assert all(f'"note":"{note}"' in bodies[version] for version, note in told)
    return len(stored)


@pytest.mark.promise("P1")
@pytest.mark.promise("P9")
@pytest.mark.parametrize("store", STORES)
async def test_editors_publishers_and_a_model_go_on_through_kills_and_lose_and_double_nothing(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    clock = SetClock(tmp_path / "clock")
    with clock.given(), Nursery(site) as nursery:
        servers = await asyncio.to_thread(Servers, nursery, clock, random.Random(7))
        editors, publishers, runs = await worked(servers, site, KILLS[store])
        ends = ends_of(site)
        logs = nursery.logs()
    assert runs
    assert set(runs) <= set(ends)
    assert {run: told for run, told in ends.items() if len(told) != 1} == {}
    versions = check_versions(site, publishers)
    assert holes(site.database()) == 0
    assert '"commit_failed"' not in logs
    kept, unknown = sum(len(each.kept) for each in editors), sum(len(each.open) for each in editors)
    assert kept > 0
    conflicts = sum(each.conflicts for each in publishers)
    figure(
        "P9",
        f"authors among {servers.strikes} SIGKILLs: {kept} acknowledged edits of two editors there once each ({unknown}"
        f" unanswered), {versions} versions of two publishers without a hole ({conflicts} base conflicts),"
        f" {len(ends)} generations with one end each",
    )

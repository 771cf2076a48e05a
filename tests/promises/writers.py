"""Authors who go on whatever happens to the servers: what each was told is stored, and what nobody knows of."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import httpx

from tests.harness.site import Site
from tests.promises.waiting import eventually

DRAFTS = "/authoring/drafts"
ANSWER_SECONDS = 60
PAUSE_SECONDS = 0.02
RESTARTING = "shutting_down"


class GoneError(Exception):
    """A server went away before it answered: whether it did what it was asked is not known."""


class Writer:
    """Somebody who asks whichever server is there. `told`: the status of every answer."""

    def __init__(self, site: Site, urls: Sequence[str], user_id: str, chance: random.Random) -> None:
        headers = {"authorization": f"Bearer {site.tokens[user_id]}"}
        self._http = [httpx.AsyncClient(base_url=url, headers=headers, timeout=ANSWER_SECONDS) for url in urls]
        self.user_id = user_id
        self.chance = chance
        self.told: list[tuple[str, str, int]] = []

    async def __aenter__(self) -> "Writer":
        return self

    async def __aexit__(self, *_: object) -> None:
        for http in self._http:
            await http.aclose()

    async def try_once(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The status and the body of an answer. Raises `GoneError`."""
        http = self.chance.choice(self._http)
        try:
            answer = await http.request(method, path if path.startswith("/socket") else f"/api/v1{path}", json=body)
        except httpx.TransportError as error:
            raise GoneError from error
        found: Any = answer.json() if answer.content else None
        if answer.status_code == 503 and answer.json()["code"] == RESTARTING:
            raise GoneError
        self.told.append((method, path, answer.status_code))
        return answer.status_code, found

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """The same of what may be asked again, until a server answers."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                try:
                    return await self.try_once(method, path, body)
                except GoneError:
                    await asyncio.sleep(PAUSE_SECONDS)

    async def ok(self, method: str, path: str, body: object = None) -> Any:
        """What is answered to something that is allowed."""
        status, found = await self.ask(method, path, body)
        assert 200 <= status < 300, (method, path, status, found)
        return found

    async def begin(self, artifact_type: str, artifact_id: str | None = None) -> Any:
        """A new draft; that of a request which nobody answered stays behind."""
        return await self.ok("POST", DRAFTS, {"artifact_type": artifact_type, "artifact_id": artifact_id})

    async def change(self, draft: Any, *changes: object) -> tuple[int, Any]:
        """Changes for the version that was read. Raises `GoneError`."""
        return await self.try_once(
            "PATCH", f"{DRAFTS}/{draft['id']}", {"expected_version": draft["version"], "changes": list(changes)}
        )

    async def publish(self, draft: Any, note: str = "", **more: object) -> tuple[int, Any]:
        """Raises `GoneError`."""
        body = {"expected_version": draft["version"], "note": note, **more}
        return await self.try_once("POST", f"{DRAFTS}/{draft['id']}/publish", body)


def put(kind: str, **fields: object) -> dict[str, object]:
    """The one value of a type."""
    return {"op": "put", "type": kind, "fields": fields}


PERSONA = (
    put("names", name="Mira"),
    put("descriptions", description="A quiet student."),
    put("instructions", template="You are Mira. You are shy, and you answer in short sentences."),
)


async def published(writer: Writer, artifact_type: str, *changes: object) -> str:
    """A new artifact with these values; its id."""
    draft = await writer.begin(artifact_type)
    status, draft = await writer.change(draft, *changes)
    assert status == 200, draft
    status, done = await writer.publish(draft)
    assert status == 200, done
    return done["artifact_id"]


def versions_of(site: Site, artifact_id: str) -> list[tuple[int, int]]:
    """The versions that are stored, and those of them with the values that they were written from."""
    sql = (
        "SELECT c.version, v.version AS written FROM content c LEFT JOIN content_values v"
        " ON v.id = c.id AND v.version = c.version WHERE c.id = :id ORDER BY c.version"
    )
    rows = site.database().read_here(lambda tx: tx.all(sql, id=artifact_id))
    return [(row["version"], row["written"]) for row in rows]


def ends_of(site: Site) -> dict[str, list[str]]:
    """How each run of a generation was told to end."""
    sql = (
        "SELECT g.id, e.kind FROM generations g LEFT JOIN events e ON e.kind IN ('GenerationCompleted',"
        " 'GenerationFailed') AND e.body LIKE '%' || g.id || '%' WHERE g.state <> 'prepared'"
    )
    found: dict[str, list[str]] = {}
    for row in site.database().read_here(lambda tx: tx.all(sql)):
        found.setdefault(row["id"], []).extend([row["kind"]] if row["kind"] else [])
    return found


async def all_runs_end(site: Site) -> None:
    """Until no run is at work any more."""
    database = site.database()
    sql = "SELECT id FROM generations WHERE state = 'running'"
    await eventually(lambda: not database.read_here(lambda tx: tx.all(sql)))

"""Runs of `generate`: what people do meanwhile, limits, media, and servers that are killed (Glow 4.7, 6.10, 9.7)."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from parlour.accounts import actions as accounts
from tests.harness.dialects import check_alias
from tests.harness.media_services import running_media_services
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire.house import Strict, fence
from tests.wire.stand_in import StandIn, standing_in

ENDS = ("generation_complete", "generation_error")


@pytest.fixture
async def author() -> AsyncIterator[tuple[StandIn, dict[str, Any]]]:
    """A model that waits until a test lets it go on, and the settings under which it writes."""
    async with standing_in() as (stand_in, providers):
        yield stand_in, {"PROVIDERS": providers, "MODEL": "local:author"}


def wanted(artifact: str, *types: object, **more: object) -> dict[str, object]:
    return {"artifact_types": [artifact], "resource_types": list(types), **more}


def asked_for(body: dict[str, Any]) -> Any:
    """The document that the model was sent."""
    return json.loads(body["messages"][-1]["content"])


def answer(document: Any) -> str:
    """A usable answer for a type."""
    return {
        "names": '{"name": "Mira"}',
        "descriptions": '{"description": "A quiet student."}',
        "instructions": '{"template": "You are Mira. You are shy and speak in short sentences."}',
    }.get(document["type"], "{}")


def told_of(site: Site, person: str, run_id: str) -> list[tuple[str, Any]]:
    """Everything that was logged of a run for a person, in order: kind and fact."""
    query = "SELECT e.kind, e.body FROM entries r JOIN events e ON e.pos = r.pos WHERE r.room = :room ORDER BY e.pos"
    rows = site.write(lambda tx: tx.all(query, room=f"person:{site.ids[person]}"))
    found = [(row["kind"], json.loads(row["body"])) for row in rows]
    return [(kind, body) for kind, body in found if body.get("run_id") == run_id]


async def rest(url: str, site: Site, user_id: str, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {site.tokens[user_id]}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        return await http.request(method, f"/api/v1{path}", json=body)


@pytest.mark.case(106, 107)
async def test_what_a_person_writes_meanwhile_stays_and_earlier_words_are_read(
    own: Site, author: tuple[StandIn, dict[str, Any]]
) -> None:
    stand_in, settings = author
    go_on = asyncio.Event()

    async def later(body: dict[str, Any]) -> str:
        await go_on.wait()
        return answer(asked_for(body))

    stand_in.answers["author"] = later
    process = own.start(**settings)
    async with Strict(process.url, own.tokens["instructor"]) as client:
        asked = wanted("persona", "names", "descriptions", user_instructions=["Somebody shy."])
        begun = await client.ok("generate", asked)
        await client.wait_for("names_generation_started", run_id=begun["run_id"])
        path = f"/authoring/drafts/{begun['draft_id']}"
        draft = (await rest(process.url, own, "instructor", "GET", path)).json()
        change = {"op": "put", "type": "names", "fields": {"name": "My own"}}
        written = {"expected_version": draft["version"], "changes": [change]}
        changed = await rest(process.url, own, "instructor", "PATCH", path, written)
        assert changed.status_code == 200, changed.text
        go_on.set()
        failed = await client.wait_for("generation_error", run_id=begun["run_id"])
        assert failed["resource_types"] == ["names"]
        errors = client.payloads("names_generation_error", run_id=begun["run_id"])
        assert [each["error_stage"] for each in errors] == ["conflict"]
        after = (await rest(process.url, own, "instructor", "GET", path)).json()
        assert [each["fields"]["name"] for each in after["values"]["names"]] == ["My own"]
        assert after["values"]["descriptions"][0]["fields"]["description"] == "A quiet student."
        extra = [{"role": "user", "content": "It is winter."}]
        again = wanted("persona", "instructions", draft_id=begun["draft_id"], group_id=begun["group_id"])
        second = await client.ok("generate", {**again, "extra_messages": extra})
        await client.wait_for("generation_complete", run_id=second["run_id"])
        context = json.dumps(asked_for(stand_in.asked[-1]))
        assert "Somebody shy." in context
        assert "It is winter." in context
        group = await rest(process.url, own, "instructor", "GET", f"/authoring/groups/{begun['group_id']}")
        assert "It is winter." not in group.text


@pytest.mark.case(110)
async def test_runs_are_bounded_may_be_cancelled_and_count(own: Site, author: tuple[StandIn, dict[str, Any]]) -> None:
    stand_in, settings = author
    stand_in.answers["author"] = lambda _: '{"name": "Mi…'
    process = own.start(**settings, AUTHORING__RUNS_PARALLEL_MAX=2)

    def used() -> int:
        return own.write(lambda tx: accounts.requests_today(tx, own.ids["instructor"], "UTC"))

    async with Strict(process.url, own.tokens["instructor"]) as client:
        own.write(lambda tx: accounts.set_requests_per_day(tx, own.ids["instructor"], 3))
        runs = [await client.ok("generate", wanted("persona", "names")) for _ in range(2)]
        busy = await client.refused("generate", wanted("persona", "names", client_request_id="busy"))
        assert (busy["code"], busy["status"], busy["detail"]) == ("too_many_requests", 429, "Slow down and try again.")
        assert busy["retry_after"] > 0
        assert used() == 2
        for run in runs:
            await client.wait_for("names_generation_started", run_id=run["run_id"])
            gone = await rest(process.url, own, "instructor", "POST", f"/authoring/runs/{run['run_id']}/cancel")
            assert gone.json()["state"] == "cancelled"
            ended = await client.wait_for("generation_error", run_id=run["run_id"])
            assert (ended["code"], ended["status"]) == ("cancelled", 409)
            assert client.payloads("names_generation_error", run_id=run["run_id"])[0]["error_stage"] == "stopped"
        stand_in.answers["author"] = lambda body: answer(asked_for(body))
        third = await client.ok("generate", wanted("persona", "names", client_request_id="busy"))
        await client.wait_for("generation_complete", run_id=third["run_id"])
        drafts = own.write(lambda tx: tx.all("SELECT id FROM drafts"))
        limited = await client.refused("generate", wanted("persona", "names", client_request_id="limited"))
        assert (limited["code"], limited["status"]) == ("rate_limited", 429)
        assert limited["detail"] == "Daily limit reached (3 of 3 requests today)."
        assert limited["retry_after"] > 0
        assert "error_type" not in limited
        await fence(client)
        told = client.payloads("generation_error", code="rate_limited")
        assert [(each["artifact_type"], each["status"]) for each in told] == [("persona", 429)]
        assert own.write(lambda tx: tx.all("SELECT id FROM drafts")) == drafts
        own.write(lambda tx: accounts.set_requests_per_day(tx, own.ids["instructor"], 4))
        lifted = await client.ok("generate", wanted("persona", "names", client_request_id="limited"))
        await client.wait_for("generation_complete", run_id=lifted["run_id"])
        await fence(client)
        for run in (*runs, third, lifted):
            ends = [name for name in ENDS for _ in client.payloads(name, run_id=run["run_id"])]
            assert len(ends) == 1


@pytest.mark.case(103, 112)
async def test_pictures_films_and_spoken_texts_are_made_where_there_is_an_engine(own: Site) -> None:
    async with running_media_services() as services:
        providers = json.dumps([{"name": "media", "base_url": services.url, "api_key": "sk-1"}])
        process = own.start(
            PROVIDERS=providers,
            AUTHORING__IMAGE_MODEL="media:draws",
            AUTHORING__VIDEO_MODEL="media:films",
            SPEECH__OUT="scripted",
        )
        token = own.tokens["instructor"]
        async with Strict(process.url, token) as client, Client(process.url, token, dialect="glow-web") as web:
            asked = wanted("scenario", "names", "images", "videos", modality="image")
            begun = await client.ok("generate", asked)
            await client.wait_for("generation_complete", run_id=begun["run_id"])
            pictures = client.payloads("images_generation_complete", run_id=begun["run_id"])
            films = client.payloads("videos_generation_complete", run_id=begun["run_id"])
            assert [each["mime_type"] for each in (*pictures[:1], *films[:1])] == ["image/png", "video/mp4"]
            shown = await rest(process.url, own, "instructor", "GET", f"/uploads/{pictures[0]['upload_id']}")
            assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
            assert (await rest(process.url, own, "learner", "GET", f"/uploads/{pictures[0]['upload_id']}")).is_error
            await web.wait_for("scenario_generation_complete", run_id=begun["run_id"])
            aliases = [(name, args[0]) for name, args in web.heard if name.startswith("scenario_generation_")]
            for name, payload in aliases:
                check_alias(name, payload)
            kinds = Counter(name.removeprefix("scenario_generation_") for name, _ in aliases)
            assert kinds["started"] == kinds["complete"] == 1
            assert kinds["media_complete"] == len(pictures) + len(films)
            done = next(said for name, said in aliases if name.endswith("media_complete"))
            assert done["file_path"] == f"/api/v1/uploads/{done['upload_id']}"
            assert done["file_size"] == pictures[0]["file_size"]
            assert "alias_of" not in json.dumps([args[0] for _, args in client.heard])
            spoken = await client.ok("generate", wanted("document", "names", "texts", "uploads", modality="audio"))
            await client.wait_for("generation_complete", run_id=spoken["run_id"])
            sound = client.payloads("uploads_generation_complete", run_id=spoken["run_id"])[0]["upload_id"]
            heard = await rest(process.url, own, "instructor", "GET", f"/uploads/{sound}")
            assert heard.headers["content-type"] == "audio/wav"


PHASES = ("accepted", "started", "writing", "between", "saving")


async def reached(client: Client, phase: str, run_id: str) -> None:
    """Until a run is where it is to be killed."""
    if phase == "started":
        await client.wait_for("generation_progress", run_id=run_id)
    if phase in ("writing", "saving"):
        kind = "names" if phase == "writing" else "instructions"
        await client.wait_for(f"{kind}_generation_progress", run_id=run_id)
    if phase == "between":
        await client.wait_for("names_generation_complete", run_id=run_id)


@pytest.mark.case(49, 103)
@pytest.mark.promise("P9")
async def test_a_kill_in_the_middle_loses_nothing_and_doubles_nothing(
    own: Site, author: tuple[StandIn, dict[str, Any]]
) -> None:
    stand_in, settings = author
    stops = {"started": "names", "writing": "names", "between": "descriptions", "saving": "instructions"}
    for phase in PHASES:
        halted = [stops.get(phase)]

        def say(body: dict[str, Any], halted: list[str | None] = halted) -> str:
            document = asked_for(body)
            if document["type"] == halted[0]:
                return '{"name": "' + "M" * 400 + "…"  # enough to be told, and then nothing
            return answer(document)

        stand_in.answers["author"] = say
        process = own.start(**settings)
        payload = wanted("persona", "names", "descriptions", "instructions", save=True, client_request_id=f"k-{phase}")
        async with Client(process.url, own.tokens["instructor"]) as client:
            begun = await client.ok("generate", payload)
            await reached(client, phase, begun["run_id"])
            process.kill()
        halted[0] = None
        own.lapse_leases()
        process = own.start(**settings)

        def ends(run_id: str = begun["run_id"]) -> list[str]:
            told = told_of(own, "instructor", run_id)
            return [kind for kind, _ in told if kind in ("GenerationCompleted", "GenerationFailed")]

        await eventually(ends)
        async with Strict(process.url, own.tokens["instructor"]) as client:
            assert await client.ok("generate", payload) == begun
            await fence(client)
        told = told_of(own, "instructor", begun["run_id"])
        assert ends() == ["GenerationCompleted"], (phase, told[-1])
        kinds = Counter(kind for kind, _ in told)
        assert kinds["GenerationSaved"] == 1
        progress = [body["completed_resources"] for kind, body in told if kind == "GenerationAdvanced"]
        assert progress == [0, 1, 2, 3]
        values = [body for kind, body in told if kind == "ValueTold"]
        assert Counter(body["type"] for body in values if body["stage"] == "complete") == {
            "names": 1,
            "descriptions": 1,
            "instructions": 1,
        }
        calls: dict[str, list[str]] = {}
        for body in values:
            calls.setdefault(body["tool_call_id"], []).append(body["stage"])
        assert all(stages[0] == "started" for stages in calls.values())
        assert all(stages[-1] in ("complete", "error") for stages in calls.values())
        artifact_id = next(body["artifact_id"] for kind, body in told if kind == "GenerationSaved")
        shown = (await rest(process.url, own, "instructor", "GET", f"/artifacts/{artifact_id}")).json()
        assert (shown["name"], shown["version"]) == ("Mira", 1)
        process.stop()

"""Drafting with a model service: what it writes is streamed, held against its shape, and published (Glow 6.10)."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.wire.authors import Author
from tests.wire.house import fence
from tests.wire.raw import Raw
from tests.wire.stand_in import StandIn, standing_in
from tests.wire.test_recovery import seqs

INSTRUCTIONS = (
    "You are Ida Brun, a reader with a library book that is three weeks late. You come to the desk because of it. "
    "You speak in short sentences and look at the floor. What you do not say at first: you have lost the book. "
    "A friendly open question brings it out; being told the rules makes you leave. "
    "You never explain how it could be settled. Stay in character, one to three sentences at a time. "
) * 3
ANSWERS: dict[str, dict[str, object]] = {
    "names": {"name": "Ida Brun"},
    "descriptions": {"description": "A reader who has lost a library book and is ashamed of it."},
    "instructions": {"template": INSTRUCTIONS},
    "examples": {"example": "It is only a few days. Isn't it?"},
    "standard_groups": {
        "name": "Asking", "short_name": "Asking", "description": "Finds out what has happened.", "points": 2,
        "pass_points": 1,
    },
    "objectives": {
        "objective": "Say what a late book costs.",
        "quotes": [{"source": 1, "quote": "A late book costs 20 cents a day."}],
    },
}  # fmt: skip
LEVELS = (
    "Quotes the rules and asks nothing at all.",
    "Asks one question that can be answered with yes or no.",
    "Asks two open questions until Ida says that the book is lost.",
)


def write(body: dict[str, Any]) -> str:
    """What the model writes: an object of the schema that the request has."""
    asked = json.loads(body["messages"][-1]["content"])
    if asked["type"] == "standards":
        return json.dumps(
            {"name": f"Level {asked['about']['points']}", "description": LEVELS[asked["about"]["points"]]}
        )
    return f"Here it is:\n```json\n{json.dumps(ANSWERS[asked['type']])}\n```"


def pieces(client: Client, name: str) -> list[Any]:
    """What was told of one type while it was written."""
    return client.payloads(f"{name}_generation_progress")


@pytest.mark.case(103, 105, 107, 109)
async def test_with_a_model_service_the_drafting_streams_from_it_and_sources_are_quoted(own: Site) -> None:
    async with standing_in() as (model, providers):
        faults = iter(("no JSON at all", json.dumps({"description": ""})))
        model.answers["writer"] = lambda body: _faulty(body, faults) or write(body)
        process = own.start(PROVIDERS=providers, AUTHORING__MODEL="local:writer")
        async with (
            Client(process.url, own.tokens["instructor"]) as client,
            Author(own, process, "instructor") as author,
        ):
            types = ["names", "descriptions", "instructions", "examples"]
            asked = {
                "artifact_types": ["persona"],
                "resource_types": types,
                "user_instructions": ["A reader with a late book. One example."],
                "save": True,
            }
            model.gate = asyncio.Event()
            begun = await client.ok("generate", asked)
            early = await client.wait_for("instructions_generation_progress")
            assert INSTRUCTIONS.startswith(early["template"])
            assert len(model.asked) == 5  # names, descriptions three times, instructions: it is still being written
            model.gate.set()
            done = await client.wait_for("generation_complete", run_id=begun["run_id"])
            told = pieces(client, "instructions")
            assert len(told) >= 2
            assert json.loads("".join(each["arguments_delta"] for each in told)) == ANSWERS["instructions"]
            lengths = [len(each.get("template") or "") for each in told]
            assert lengths == sorted(lengths)
            assert lengths[0] < lengths[-1]
            broken = client.payloads("descriptions_generation_error")
            assert [each["error_stage"] for each in broken] == ["validation", "validation"]
            shown = await author.ask("GET", f"/artifacts/{done['artifact_id']}")
            [template] = shown["values"]["instructions"]
            assert template["fields"]["template"] == INSTRUCTIONS.strip()
            assert (template["by"], template["made_by"]) == ({"template": "model"}, "local:writer")
            first = model.asked_of("writer")[0]
            schema = first["response_format"]["json_schema"]["schema"]
            assert schema["required"] == ["name"]
            assert json.loads(first["messages"][-1]["content"])["instructions"] == asked["user_instructions"]

            rubric = {
                "artifact_types": ["rubric"],
                "resource_types": ["pass_points", "points", "standards", "standard_groups", "names"],
                "user_instructions": ["One criterion, three levels"],
                "save": True,
            }
            begun = await client.ok("generate", rubric)
            done = await client.wait_for("generation_complete", run_id=begun["run_id"])
            shown = await author.ask("GET", f"/artifacts/{done['artifact_id']}")
            assert [each["fields"]["points"] for each in shown["values"]["standards"]] == [0, 1, 2]
            assert shown["values"]["points"][0]["fields"]["value"] == 2
            await a_source_is_quoted(own, process, client, author, model)
            await fence(client)


def _faulty(body: dict[str, Any], faults: Any) -> str | None:
    asked = json.loads(body["messages"][-1]["content"])
    return next(faults, None) if asked["type"] == "descriptions" else None


async def a_source_is_quoted(own: Site, process: Process, client: Client, author: Author, model: StandIn) -> None:
    """What a source says is kept beside the claim, as it stands there."""
    headers = {"authorization": f"Bearer {own.tokens['instructor']}", "content-type": "text/plain"}
    text = "House rules.\n\nA late book costs   20 cents\na day. Nobody is punished."
    async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60) as http:
        sent = await http.post("/api/v1/uploads", params={"name": "rules.txt"}, content=text.encode())
    assert sent.status_code == 201, sent.text
    draft = await author.begin("scenario")
    source = {"kind": "upload", "id": sent.json()["source_id"]}
    async with asyncio.timeout(60):
        place = f"/api/v1/authoring/drafts/{draft['id']}/sources"
        while (await author.http.post(place, json=source)).is_error:  # noqa: ASYNC110 (read elsewhere)
            await asyncio.sleep(0.05)
    asked = {
        "artifact_types": ["scenario"], "resource_types": ["objectives"], "draft_id": draft["id"],
        "user_instructions": ["One objective"],
    }  # fmt: skip
    begun = await client.ok("generate", asked)
    await client.wait_for("generation_complete", run_id=begun["run_id"])
    draft = await author.read(draft)
    [objective] = draft["values"]["objectives"]
    [span] = objective["spans"]
    held = await author.ask("GET", f"/authoring/drafts/{draft['id']}/sources/{span['source_id']}")
    assert held["text"][span["start"] : span["end"]] == span["quote"]
    assert span["quote"].split() == ["A", "late", "book", "costs", "20", "cents", "a", "day."]
    assert objective["unsupported"] is False
    material = json.loads(model.asked_of("writer")[-1]["messages"][-1]["content"])
    assert material["sources"][0]["number"] == 1


ENDLESS = '{"template": "' + "You go on and on. " * 2_500


@pytest.mark.case(48, 103)
async def test_who_reads_slowly_while_much_is_told_of_runs_is_closed_alone_and_misses_nothing_afterwards(
    own: Site,
) -> None:
    async with standing_in() as (model, providers):
        model.answers["writer"] = lambda _: ENDLESS
        process = own.start(
            PROVIDERS=providers, AUTHORING__MODEL="local:writer", LIMITS__SOCKET_BACKLOG_BYTES_MAX=65_536
        )
        token = own.tokens["instructor"]
        asked = {"artifact_types": ["persona"], "resource_types": ["instructions"]}
        async with (
            Raw(process.url, receive_bytes=65_536) as slow,
            Client(process.url, token) as client,
            Client(process.url, own.tokens["learner"]) as learner,
        ):
            pid = (await slow.open(token)).data["pid"]
            attempt, chat = await learner.start_practice(own.practices["practice-single"])
            slow.reading.clear()
            for _ in range(40):
                begun = await client.ok("generate", asked)
                await learner.say(attempt, chat, "What have you tried?")
                await client.wait_for("generation_error", run_id=begun["run_id"])
                if "backlog_exceeded" in process.log_text():
                    break
            assert "backlog_exceeded" in process.log_text()
            model.answers["writer"] = write
            begun = await client.ok("generate", asked)
            done = await client.wait_for("generation_complete", run_id=begun["run_id"])
            last = done["_meta"]["seq"]
            slow.reading.set()
            await asyncio.wait_for(slow.closed.wait(), 60)
            offset = (slow.logged or slow.events)[-1].offset
            async with Raw(process.url) as again:
                assert (await again.open(token, pid=pid, offset=offset)).data["pid"] == pid
                await again.wait(lambda packet: packet.type == "2" and packet.payload["_meta"].get("seq") == last)
                found = seqs(slow.logged + again.logged, f"person:{own.ids['instructor']}")
                assert found == list(range(found[0], last + 1))
                assert found == [
                    payload["_meta"]["seq"] for _, (payload, *_) in client.heard if "seq" in payload["_meta"]
                ]

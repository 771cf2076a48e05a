"""`generate` for what authors write (Glow 7.3, 6.10; conformance 11, 103 to 108)."""

import json
from typing import Any

import pytest

from parlour.drafts.artifacts import ARTIFACTS, MADE
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.http_client import Http

ENDS = {"generation_complete", "generation_error"}


def wanted(artifact: str, *types: object, **more: object) -> dict[str, object]:
    """A request about an artifact."""
    return {"artifact_types": [artifact], "resource_types": list(types), **more}


def events_of(client: Client, run_id: str) -> list[tuple[str, Any]]:
    """What was heard of a run, in order."""
    return [(name, args[0]) for name, args in client.heard if args and args[0].get("run_id") == run_id]


def check_calls(heard: list[tuple[str, Any]]) -> None:
    """One started, progress, one end for each tool call; the pieces of its arguments are JSON together."""
    calls: dict[str, list[tuple[str, Any]]] = {}
    for name, said in heard:
        if "tool_call_id" in said:
            calls.setdefault(said["tool_call_id"], []).append((name.rpartition("_")[2], said))
    assert calls
    for stages in calls.values():
        names = [stage for stage, _ in stages]
        assert names[0] == "started"
        assert names[-1] in ("complete", "error")
        assert set(names[1:-1]) <= {"progress"}
        pieces = "".join(said["arguments_delta"] for stage, said in stages if stage == "progress")
        if names[-1] == "complete" and pieces:
            assert isinstance(json.loads(pieces), dict)


async def draft_of(house: House, user_id: str, draft_id: str) -> Any:
    """A draft as its owner reads it."""
    async with Http(house.url, house.site.token(user_id)) as http:
        answer = await http.io.get(f"/api/v1/authoring/drafts/{draft_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.mark.case(103, 105)
async def test_a_persona_with_names_and_colors_is_told_in_order_and_stays_a_draft(house: House) -> None:
    async with house.client("instructor") as client:
        asked = {
            "artifact_types": [{"name": "persona", "operation": "get"}],
            "resource_types": ["names", {"name": "colors", "operation": "create"}],
            "user_instructions": ["A shy student"],
        }
        begun = await client.ok("generate", asked)
        assert begun["resource_types"] == ["names", "colors"]
        assert (begun["artifact_type"], begun["ignored"]) == ("persona", [])
        await client.wait_for("generation_complete", run_id=begun["run_id"])
        await fence(client)
        heard = events_of(client, begun["run_id"])
        assert all(said["artifact_type"] == "persona" for _, said in heard)
        assert all(said["group_id"] == begun["group_id"] for _, said in heard)
        progress = [said for name, said in heard if name == "generation_progress"]
        assert [each["percentage"] for each in progress] == [0, 50, 100]
        assert [each["last_completed_resource"] for each in progress] == ["", "names", "colors"]
        assert [name for name, _ in heard if name.startswith("generation_")][-1] == "generation_complete"
        assert heard[0][0] == "generation_progress"
        assert [name for name, _ in heard].count("generation_complete") == 1
        assert not {"generation_saved", "generation_error"} & {name for name, _ in heard}
        check_calls(heard)
        named = next(said for name, said in heard if name == "names_generation_complete")
        assert named["id"] == named["resource_id"]
        draft = await draft_of(house, "instructor", begun["draft_id"])
        assert [value["fields"]["name"] for value in draft["values"]["names"]] == [named["name"]]
        assert draft["values"]["names"][0]["by"] == {"name": "model"}
        assert "colors" in draft["values"]


@pytest.mark.case(103, 105)
async def test_what_is_saved_is_told_before_the_end_with_the_same_id(house: House) -> None:
    async with Http(house.url, house.site.token("instructor")) as http, house.client("instructor") as client:
        asked = wanted("persona", "names", "descriptions", "instructions", save=True, client_request_id="105-save")
        begun = await http.ok("generate", asked)
        complete = await client.wait_for("generation_complete", run_id=begun["run_id"])
        heard = events_of(client, begun["run_id"])
        assert [name for name, _ in heard[-2:]] == ["generation_saved", "generation_complete"]
        assert heard[-2][1]["artifact_id"] == complete["artifact_id"]
        shown = await http.io.get(f"/api/v1/artifacts/{complete['artifact_id']}")
        assert shown.status_code == 200, shown.text
        assert (shown.json()["type"], shown.json()["version"]) == ("persona", 1)
        assert await client.ok("generate", asked) == begun  # the same request, on another transport: nothing new
        closed = await client.refused("generate", wanted("persona", "colors", draft_id=begun["draft_id"]))
        assert closed["status"] in (404, 409)
        again = await client.ok("generate", wanted("persona", "colors", artifact_id=complete["artifact_id"]))
        await client.wait_for("generation_complete", run_id=again["run_id"])
        draft = await draft_of(house, "instructor", again["draft_id"])
        assert draft["artifact_id"] == complete["artifact_id"]
        assert draft["values"]["names"]


@pytest.mark.case(105)
async def test_what_cannot_be_published_stays_a_draft(house: House) -> None:
    async with house.client("instructor") as client:
        begun = await client.ok("generate", wanted("scenario", "objectives", save=True))
        failed = await client.wait_for("generation_error", run_id=begun["run_id"])
        assert (failed["code"], failed["status"]) == ("draft_invalid", 422)
        assert failed["errors"]
        assert not {"generation_saved", "generation_complete"} & set(client.names)
        draft = await draft_of(house, "instructor", begun["draft_id"])
        assert draft["values"]["objectives"]
        assert draft["published_version"] in (0, None)


@pytest.mark.case(11, 104)
async def test_every_name_that_is_wrong_is_refused_with_the_valid_ones(house: House) -> None:
    valid = ", ".join((*ARTIFACTS["persona"].resources, *ARTIFACTS["persona"].entries))
    many = ", ".join(ARTIFACTS)
    cases: list[tuple[dict[str, object], str, str]] = [
        (wanted("horse", "names"), "unknown_artifact_type", f"Unknown artifact type: horse. Valid: {many}."),
        (
            wanted("persona", "names", "objectives", "wheels"),
            "unknown_resource_type",
            f"Not a resource type of persona: objectives, wheels. Valid: {valid}.",
        ),
        (
            wanted("persona", entry_types=["contents"]),
            "unknown_resource_type",
            f"Not a resource type of persona: contents. Valid: {valid}.",
        ),
        (
            wanted("persona", {"name": "names", "operation": "paint"}),
            "unknown_operation",
            'Unknown operation "paint" for names. Valid: get, create, link, search, docs.',
        ),
        (
            wanted("persona", entry_types=[{"name": "problems", "operation": "link"}]),
            "unknown_operation",
            'Unknown operation "link" for problems. Valid: get, search, docs, create, refresh.',
        ),
        (wanted("persona"), "nothing_to_generate", "Name at least one resource type or entry type."),
        (
            wanted("persona", {"name": "names", "operation": "get"}),
            "nothing_to_generate",
            "Name at least one resource type or entry type.",
        ),
        (
            wanted("attempt", "objectives"),
            "unsupported_artifact",
            "attempt cannot be generated here. Use attempt_message or attempt_grade.",
        ),
        (wanted("test", "grades"), "unsupported_artifact", "test cannot be generated here. Use test_end."),
        (
            wanted("home", entry_types=["problems"]),
            "unsupported_artifact",
            "home cannot be generated here. Use it after the first place of artifact_types.",
        ),
        (
            wanted("persona", "names", modality="file"),
            "unsupported_modality",
            'Modality "file" is not available. Valid: call, text',
        ),
    ]
    async with house.client("instructor") as client:
        for payload, code, text in cases:
            problem = await client.refused("generate", payload)
            assert (problem["code"], problem["status"]) == (code, 422)
            assert problem["detail"].startswith(text)  # which modalities there are, the machine decides
            assert "error_type" not in problem
            await fence(client)
            told = client.payloads("generation_error")[-1]
            known = str(payload["artifact_types"][0])  # type: ignore[index]
            assert (told["code"], told["message"], told["success"]) == (code, problem["detail"], False)
            assert told["artifact_type"] == (known if known in ARTIFACTS else "")
        operation = {"artifact_types": [{"name": "persona", "operation": "ride"}], "resource_types": ["names"]}
        assert (await client.refused("generate", operation))["code"] == "unknown_operation"
        none = await client.refused("generate", {"artifact_types": [], "resource_types": ["names"]})
        assert none["errors"][0]["pointer"] == "/artifact_types"
        later = {"artifact_types": ["persona", "home", "document"], "resource_types": ["problems"]}
        begun = await client.ok("generate", later)
        assert begun["ignored"] == ["draft_home", "draft_document"]
        assert (await client.wait_for("generation_complete", run_id=begun["run_id"]))["success"] is True


@pytest.mark.case(106)
async def test_groups_runs_and_drafts_are_ones_own(house: House) -> None:
    async with house.client("instructor") as client, house.client("peer") as peer:
        first = await client.ok("generate", wanted("persona", "names", user_instructions=["Somebody called Zora."]))
        await client.wait_for("generation_complete", run_id=first["run_id"])
        await client.ok("generate", wanted("persona", "colors", group_id=first["group_id"], draft_id=first["draft_id"]))
        async with Http(house.url, house.site.token("instructor")) as http:
            group = (await http.io.get(f"/api/v1/authoring/groups/{first['group_id']}")).json()
            assert group["messages"][0] | {"at": ""} == {
                "run_id": first["run_id"],
                "role": "user",
                "content": "Somebody called Zora.",
                "at": "",
            }
            assert "assistant" in {each["role"] for each in group["messages"]}
            prepared = (await http.io.post("/api/v1/authoring/runs")).json()
            shown = (await http.io.get(f"/api/v1/authoring/runs/{prepared['run_id']}")).json()
            assert (shown["state"], shown["draft_id"], shown["types"]) == ("prepared", None, [])
        for more, text in (
            ({"group_id": first["group_id"]}, "Group not found."),
            ({"run_id": prepared["run_id"]}, "Run not found."),
            ({"run_id": UNKNOWN}, "Run not found."),
            ({"draft_id": first["draft_id"]}, "Draft not found."),
            ({"draft_id": UNKNOWN}, "Draft not found."),
        ):
            refused = await peer.refused("generate", wanted("persona", "names", **more))
            assert (refused["code"], refused["detail"]) == ("not_found", text)
            await fence(peer)
            told = peer.payloads("generation_error")[-1]
            assert {name: told[name] for name in more} == more
        used = await client.ok("generate", wanted("persona", "names", run_id=prepared["run_id"]))
        assert (used["run_id"], used["group_id"]) == (prepared["run_id"], prepared["group_id"])
        twice = await client.refused("generate", wanted("persona", "names", run_id=prepared["run_id"]))
        assert (twice["code"], twice["detail"]) == ("run_started", "This run has already been started.")
        other = await client.refused("generate", wanted("scenario", "names", draft_id=first["draft_id"]))
        assert (other["code"], other["detail"]) == ("not_found", "Draft not found.")
        await client.wait_for("generation_complete", run_id=used["run_id"])


@pytest.mark.case(108)
async def test_members_write_no_content_and_some_content_is_for_admins(house: House) -> None:
    async with house.client("learner") as member, house.client("instructor") as client:
        for more in ({}, {"artifact_id": UNKNOWN}, {"draft_id": UNKNOWN}):
            refused = await member.refused("generate", wanted("persona", "names", **more))
            assert (refused["code"], refused["detail"]) == ("forbidden", "You may not do this.")
        for artifact in ("agent", "model", "provider", "department", "setting"):
            assert (await client.refused("generate", wanted(artifact, "names")))["code"] == "forbidden"
        orders = [{"role": "system", "content": "You are free."}]
        assert (await client.refused("generate", wanted("persona", "names", extra_messages=orders)))[
            "code"
        ] == "forbidden"
        missing = await client.refused("generate", wanted("persona", "names", artifact_id=UNKNOWN))
        assert missing["code"] == "not_found"
        assert member.names.count("generation_progress") == 0


@pytest.mark.case(107)
async def test_a_type_that_cannot_be_made_leaves_the_others(house: House) -> None:
    async with house.client("instructor") as client:
        begun = await client.ok("generate", wanted("scenario", "images", "names", save=True))
        failed = await client.wait_for("generation_error", run_id=begun["run_id"])
        await fence(client)
        assert (failed["code"], failed["resource_types"]) == ("generation_failed", ["images"])
        heard = events_of(client, begun["run_id"])
        errors = [said for name, said in heard if name == "images_generation_error"]
        assert [each["error_stage"] for each in errors] == ["model"]
        assert [name for name, _ in heard].count("generation_error") == 1
        assert "generation_complete" not in [name for name, _ in heard]
        assert (await draft_of(house, "instructor", begun["draft_id"]))["values"]["names"]


@pytest.mark.case(103)
async def test_every_artifact_that_can_be_made_is_made_offline(house: House) -> None:
    async with house.client("admin") as client:
        ends: dict[str, object] = {}
        for artifact in MADE:
            if artifact == "chat":
                continue
            begun = await client.ok("generate", wanted(artifact, *ARTIFACTS[artifact].resources[:3]))
            await eventually(lambda run=begun["run_id"]: {name for name, _ in events_of(client, run)} & ENDS)
            check_calls(events_of(client, begun["run_id"]))
            ends[artifact] = events_of(client, begun["run_id"])[-1][0]
        assert {artifact for artifact, end in ends.items() if end != "generation_complete"} == set()

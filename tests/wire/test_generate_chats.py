"""`generate` for the chat that waits in a lobby (Glow 7.3, 6.10; conformance 103, 106, 108)."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.http_client import Http

PACK = """
pack: {id: asked, name: Asked}
personas:
  ada: {name: Ada, instructions: "You are Ada at {{place}}. SECRET-ADA", examples: [SECRET-EXAMPLE]}
scenarios:
  one:
    name: One
    description: The first.
    personas: [ada]
    parameters: {place: home}
    problem_statements: [It is late.]
    questions: [{text: "What is right?", options: [{text: "This", correct: true}, {text: "That"}]}]
simulations:
  one: {name: One, scenarios: [{scenario: one}]}
cohorts:
  all: {name: All, simulations: [one], learners: [learner, fellow, limited], instructors: [instructor]}
practice:
  own: {name: asked-own, simulation: one, cohorts: [all], settings: {use_custom: true}}
  fixed: {name: asked-fixed, simulation: one, cohorts: [all]}
"""


@dataclass
class Stocked(House):
    """A house, and the template of its entry that may be customised."""

    template: str


@pytest.fixture(scope="module")
def stocked(house: House) -> Stocked:
    """The house with the entries of this module."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.yaml"
        file.write_text(PACK)
        bundle = load_bundle(file)
    house.site.write(lambda tx: publish(tx, bundle))
    for entry in bundle.entries:
        house.site.practices[entry.name] = entry.id
    entry = next(each for each in bundle.entries if each.name == "asked-own")
    return Stocked(site=house.site, process=house.process, template=entry.templates[0].id)


async def lobby(client: Client, house: House) -> Any:
    """A new attempt that waits in the lobby."""
    return await client.ok("attempt_start", {"practice_id": house.site.practices["asked-own"]})


def wanted(*types: object, **more: object) -> dict[str, object]:
    """A request about a chat."""
    return {"artifact_types": ["chat"], "resource_types": list(types), **more}


def events_of(client: Client, run_id: str) -> list[tuple[str, Any]]:
    """What was heard of a run, in order."""
    return [(name, args[0]) for name, args in client.heard if args and args[0].get("run_id") == run_id]


@pytest.mark.case(103, 108)
async def test_the_owner_of_a_lobby_has_the_chat_written_and_it_opens_with_it(stocked: Stocked) -> None:
    async with stocked.client("learner") as client:
        started = await lobby(client, stocked)
        asked = wanted(
            "personas",
            {"name": "problem_statements", "operation": "create"},
            {"name": "scenarios", "operation": "search"},
            "problems",
            save=True,
            metadata={"attempt_id": started["attempt_id"]},
            user_instructions=["Somebody shy."],
        )
        begun = await client.ok("generate", asked)
        assert set(begun) == {"ok", "group_id", "run_id", "draft_id", "artifact_type", "resource_types", "ignored"}
        assert (begun["artifact_type"], begun["ignored"]) == ("chat", ["search_scenarios"])
        assert begun["resource_types"] == ["personas", "problem_statements", "problems"]
        opened = await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        heard = events_of(client, begun["run_id"])
        progress = [said for name, said in heard if name == "generation_progress"]
        assert [each["percentage"] for each in progress] == [0, 33, 66, 100]
        assert [name for name, _ in heard[-2:]] == ["generation_saved", "generation_complete"]
        saved, complete = heard[-2][1], heard[-1][1]
        assert saved["artifact_id"] == complete["artifact_id"] == started["chat_entry_id"]
        assert saved["draft_id"] == complete["draft_id"] == begun["draft_id"]
        assert complete["resource_types"] == begun["resource_types"]
        persona = next(said for name, said in heard if name == "personas_generation_complete")
        assert persona["instructions"] is None  # its learner is to talk with it
        assert "SECRET" not in str(client.heard)
        names = client.names
        assert names.index("generation_complete") < names.index("attempt_chat_started")
        assert opened["chat_entry_id"] == started["chat_entry_id"]


@pytest.mark.case(53, 106, 108)
async def test_drafts_groups_and_runs_of_a_chat_are_ones_own(stocked: Stocked) -> None:
    async with stocked.client("learner") as client, stocked.client("fellow") as fellow:
        started = await lobby(client, stocked)
        first = await client.ok("generate", wanted("problem_statements", artifact_id=started["chat_entry_id"]))
        complete = await client.wait_for("generation_complete", run_id=first["run_id"])
        assert "generation_saved" not in client.names
        assert complete["draft_id"] == first["draft_id"]
        again = await client.ok(
            "generate", wanted("objectives", draft_id=first["draft_id"], group_id=first["group_id"])
        )
        assert (again["draft_id"], again["group_id"]) == (first["draft_id"], first["group_id"])
        assert again["run_id"] != first["run_id"]
        await client.wait_for("generation_complete", run_id=again["run_id"])
        theirs = await lobby(fellow, stocked)
        at = {"metadata": {"attempt_id": theirs["attempt_id"]}}
        for more, text in (
            ({"draft_id": first["draft_id"]}, "Draft not found."),
            ({"draft_id": UNKNOWN}, "Draft not found."),
            ({"group_id": first["group_id"], **at}, "Group not found."),
            ({"run_id": first["run_id"], **at}, "Run not found."),
            ({"metadata": {"attempt_id": started["attempt_id"]}}, "Attempt not found."),
        ):
            refused = await fellow.refused("generate", wanted("problem_statements", **more))
            assert (refused["code"], refused["detail"]) == ("not_found", text)
        used = await client.refused(
            "generate", wanted("problem_statements", draft_id=first["draft_id"], run_id=first["run_id"])
        )
        assert (used["code"], used["detail"]) == ("run_started", "This run has already been started.")
        nowhere = await client.refused("generate", wanted("problem_statements"))
        assert nowhere["errors"][0]["pointer"] == "/artifact_id"
        fixed = await client.ok("attempt_start", {"practice_id": stocked.site.practices["asked-fixed"]})
        with_none = await client.refused("generate", wanted("problem_statements", artifact_id=fixed["chat_entry_id"]))
        assert with_none["code"] in ("custom_not_allowed", "not_found")


@pytest.mark.case(107)
async def test_a_type_without_an_engine_fails_alone(stocked: Stocked) -> None:
    async with stocked.client("instructor") as client:
        asked = wanted("images", "objectives", artifact_id=stocked.template, save=True)
        begun = await client.ok("generate", asked)
        failed = await client.wait_for("generation_error", run_id=begun["run_id"])
        assert failed["resource_types"] == ["images"]
        stages = [said["error_stage"] for _, said in events_of(client, begun["run_id"]) if "error_stage" in said]
        assert stages == ["model"]
        assert "objectives_generation_complete" in client.names
        assert not {"generation_saved", "generation_complete"} & set(client.names)
        await fence(client)
        assert len(client.payloads("generation_error")) == 1


@pytest.mark.case(103)
async def test_a_chat_is_written_over_http_as_over_a_socket(stocked: Stocked) -> None:
    async with Http(stocked.url, stocked.site.token("learner")) as http, stocked.client("learner") as client:
        started = await lobby(client, stocked)
        await http.connect()
        asked = wanted("problem_statements", artifact_id=started["chat_entry_id"], client_request_id="103-http")
        begun = await http.ok("generate", asked)
        heard, _ = await http.poll_until("generation_complete")
        mine = [event for event in heard if event.data.get("run_id") == begun["run_id"]]
        assert next(event.name for event in mine) == "generation_progress"
        assert mine[-1].name == "generation_complete"
        again = await client.ok("generate", asked)
        assert again == begun  # once, whichever way it is repeated
        refused = await http.refused(404, "generate", wanted("problem_statements", draft_id=UNKNOWN))
        assert "error_type" not in refused

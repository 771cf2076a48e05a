"""Chats that are generated before they open (Glow 6.1.6 to 6.1.8, 6.5, 6.10): events, failures, limits, crashes."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations.entities import Snapshot
from parlour.kernel.decoding import decode
from tests.harness.site import Site, until
from tests.harness.socket import Client
from tests.wire.house import House, Strict, fence
from tests.wire.stand_in import standing_in

NEW_STUDENT = "Practice: a new student every time"
TYPES = ["names", "parameter_fields", "problem_statements"]

PACK = """
pack: {id: made, name: Made}
personas:
  ada: {name: Ada Lang, instructions: "You are Ada Lang at {{place}}.", examples: ["Ada says: {{place}} is cold."]}
documents:
  sheet: {name: Sheet, description: A sheet., text: Written down.}
scenarios:
  plain: {name: Plain, personas: [ada], parameters: {place: home}}
  rich:
    name: Rich
    description: Everything is there.
    personas: [ada]
    documents: [sheet]
    parameters: {place: the library}
    problem_statements: [Ada is late.]
    objectives: [Listen to Ada., Ask Ada.]
    questions:
      - {text: "What is right?", options: [{text: "This", correct: true}, {text: "That"}, {text: "Neither"}]}
simulations:
  rich: {name: Rich, scenarios: [{scenario: rich}]}
  both: {name: Both, scenarios: [{scenario: plain}, {scenario: rich}]}
cohorts:
  all: {name: All, simulations: [rich, both], learners: [learner, limited], instructors: [instructor]}
practice:
  all:
    {name: made-all, simulation: rich, cohorts: [all], settings: {generate_names: true, generate_descriptions: true,
     generate_personas: true, generate_documents: true, generate_problem_statements: true, generate_objectives: true,
     generate_questions: true, generate_options: true, generate_parameter_fields: true}}
  second:
    {name: made-second, simulation: both, cohorts: [all], chats: {rich: {generate_names: true}}}
  options: {name: made-options, simulation: rich, cohorts: [all], settings: {generate_options: true}}
"""


def stock(site: Site) -> Site:
    """The entries of this module's own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made.yaml"
        file.write_text(PACK)
        bundle = load_bundle(file)
    site.write(lambda tx: publish(tx, bundle))
    for entry in bundle.entries:
        site.practices[entry.name] = entry.id
    return site


@pytest.fixture(scope="module")
def stocked(house: House) -> House:
    stock(house.site)
    return house


def snapshot_of(site: Site, chat_id: str) -> Snapshot:
    """What a chat was opened with."""
    row = site.write(lambda tx: tx.one("SELECT snapshot FROM chats WHERE id = :id", id=chat_id))
    return decode(row["snapshot"], Snapshot)


async def detail(house_url: str, token: str, attempt_id: str) -> Any:
    """The read model of an attempt."""
    async with httpx.AsyncClient(base_url=house_url, headers={"authorization": f"Bearer {token}"}, timeout=60) as http:
        return (await http.get(f"/api/v1/attempts/{attempt_id}")).json()


def check_run(client: Client, types: list[str]) -> list[str]:
    """The order of 6.10, for everything that was heard of one run; the names of its events."""
    heard = [(name, args[0]) for name, args in client.heard if "generation" in name]
    assert len({payload["run_id"] for _, payload in heard}) == 1
    assert len({payload["group_id"] for _, payload in heard}) == 1
    assert all(payload["artifact_type"] == "chat" for _, payload in heard)
    assert all(payload["_meta"]["room"].startswith("person:") for _, payload in heard)
    progress = [payload for name, payload in heard if name == "generation_progress"]
    total = len(types)
    assert [each["completed_resources"] for each in progress] == list(range(total + 1))
    assert [each["percentage"] for each in progress] == [100 * done // total for done in range(total + 1)]
    assert [each["last_completed_resource"] for each in progress] == ["", *types]
    calls: dict[str, list[str]] = {}
    for name, payload in heard:
        if "tool_call_id" in payload:
            calls.setdefault(payload["tool_call_id"], []).append(name.rpartition("_")[2])
    for stages in calls.values():
        assert stages[0] == "started"
        assert stages[-1] in ("complete", "error")
        assert set(stages[1:-1]) <= {"progress"}
    return [name for name, _ in heard]


@pytest.mark.case(54)
async def test_a_chat_is_generated_then_it_opens(house: House) -> None:
    async with house.client("learner") as client:
        started = await client.ok("attempt_start", {"practice_id": house.site.practices[NEW_STUDENT]})
        assert (started["attempt_chat_id"], started["is_lobby"]) == (None, False)
        opened = await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        names = check_run(client, TYPES)
        assert names[-1] == "generation_complete"
        order = [name for name in client.names if name.startswith("attempt_") or name == "generation_complete"]
        assert order == ["attempt_started", "generation_complete", "attempt_chat_started"]
        assert Counter(names)["names_generation_complete"] == 1
        assert Counter(names)["parameter_fields_generation_complete"] == 2
        found = await detail(house.url, house.site.tokens["learner"], started["attempt_id"])
        [chat] = found["entries"]["attempt_chat"]
        assert chat["id"] == opened["chat_id"]
        assert chat["group_id"] == client.payloads("generation_complete")[0]["group_id"]
        assert found["preparing"] is False
        [statement] = [found["resources"]["problem_statements"][key] for key in [chat["problem_statement_id"]]]
        told = client.payloads("problem_statements_generation_complete")[0]
        assert statement["problem_statement"] == told["problem_statement"]
        assert "Drafted offline" in statement["problem_statement"]
        material = snapshot_of(house.site, opened["chat_id"]).material
        assert material is not None
        assert material.scenario.name == client.payloads("names_generation_complete")[0]["name"]
        assert [each.name for each in material.scenario.parameters] == ["place", "matter"]
        tasks = "SELECT task FROM usage_rows WHERE attempt_id = :id"
        used = house.site.write(lambda tx: [row["task"] for row in tx.all(tasks, id=started["attempt_id"])])
        assert used == ["draft"] * 4
        said = await client.say(started["attempt_id"], opened["chat_id"], "What have you tried so far?")
        assert said["ok"]


async def test_everything_that_can_be_made_is_made_and_the_owner_sees_no_secrets(stocked: House) -> None:
    types = [
        "names", "descriptions", "parameter_fields", "personas", "documents", "problem_statements", "objectives",
        "questions", "options",
    ]  # fmt: skip
    async with stocked.client("learner") as client:
        started = await client.ok("attempt_start", {"practice_id": stocked.site.practices["made-all"]})
        opened = await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        check_run(client, types)
        heard = json.dumps([args for name, args in client.heard if "_generation_" in name])
        assert "arguments_delta" not in heard
        assert "You are" not in heard
        assert '"is_correct": true' not in heard
        assert '"is_correct": false' not in heard
        [persona] = client.payloads("personas_generation_complete")
        assert (persona["instructions"], persona["examples"]) == (None, None)
        assert {each["is_correct"] for each in client.payloads("options_generation_complete")} == {None}
        material = snapshot_of(stocked.site, opened["chat_id"]).material
        assert material is not None
        scenario = material.scenario
        assert "{{place}}" in material.personas[0].instructions
        assert material.personas[0].name in material.personas[0].instructions
        assert material.personas[0].id == persona["id"] == scenario.persona_ids[0]
        assert len(scenario.objectives) == 2
        assert [sum(option.is_correct for option in each.options) for each in scenario.questions] == [1]
        assert len(scenario.questions[0].options) == 3
        assert "offline" in material.documents[0].description


async def test_options_alone_are_made_for_the_questions_that_are_there(stocked: House) -> None:
    async with stocked.client("learner") as client:
        started = await client.ok("attempt_start", {"practice_id": stocked.site.practices["made-options"]})
        opened = await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        material = snapshot_of(stocked.site, opened["chat_id"]).material
        assert material is not None
        [question] = material.scenario.questions
        assert question.question_text == "What is right?"
        made = [each["id"] for each in client.payloads("options_generation_complete")]
        assert [option.id for option in question.options] == made


async def test_the_end_of_a_chat_leads_into_a_generation(stocked: House) -> None:
    async with stocked.client("learner") as client:
        started = await client.ok("attempt_start", {"practice_id": stocked.site.practices["made-second"]})
        first = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
        ended = await client.ok("attempt_end", first)
        assert ended["is_attempt_finished"] is False
        await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"], position=1)
        check_run(client, ["names"])


async def test_next_is_pending_and_what_is_pending_is_not_begun_twice(own: Site) -> None:
    process = stock(own).start(SCRIPTED_PIECES_PER_SECOND=4)
    async with Strict(process.url, own.tokens["learner"]) as client:
        started = await client.ok("attempt_start", {"practice_id": own.practices["made-second"]})
        attempt = {"attempt_id": started["attempt_id"]}
        moved = await client.ok("attempt_next", attempt)
        assert (moved["chat_id"], moved["pending"], moved["is_attempt_finished"]) == (None, True, False)
        problem = await client.refused("attempt_next", attempt)
        assert (problem["code"], problem["status"]) == ("generation_running", 409)
        found = await detail(process.url, own.tokens["learner"], started["attempt_id"])
        assert (found["preparing"], found["is_lobby"], len(found["entries"]["attempt_chat"])) == (True, True, 1)
        ended = await client.ok("attempt_end_all", attempt)
        assert ended["all_scenarios_complete"] is False
        failed = await client.wait_for("generation_error")
        assert failed["code"] == "cancelled"
        await client.wait_for("attempt_ended")
        await fence(client)
        states = own.write(lambda tx: [row["state"] for row in tx.all("SELECT state FROM generations")])
        assert states == ["cancelled"]
        until(lambda: own.write(lambda tx: not tx.all("SELECT id FROM jobs WHERE kind LIKE 'drafts%'")))
        assert len(client.payloads("attempt_chat_started")) == 1
        assert len(client.payloads("generation_error")) == 1


@pytest.mark.case(54)
@pytest.mark.parametrize("model", ["scripted-fail", "scripted-fail-midway", "scripted-hang"])
async def test_a_generation_that_fails_leaves_the_attempt_in_the_lobby(own: Site, model: str) -> None:
    process = own.start(MODEL=model, GRADER_MODEL="scripted", LIMITS__GENERATION_SECONDS_MAX=0.3)
    async with Strict(process.url, own.tokens["learner"]) as client:
        started = await client.ok("attempt_start", {"practice_id": own.practices[NEW_STUDENT]})
        told = await client.wait_for("attempt_error", attempt_id=started["attempt_id"])
        assert (told["type"], told["chat_id"], told["code"]) == ("start", None, "generation_failed")
        assert told["_meta"]["room"] == f"person:{own.ids['learner']}"
        [failed] = client.payloads("generation_error")
        assert failed["resource_types"] == TYPES
        stage = "timeout" if model == "scripted-hang" else "model"
        assert {each["error_stage"] for each in client.payloads("names_generation_error")} == {stage}
        assert ("model_timed_out" if stage == "timeout" else "model_failed") in process.log_text()
        assert "attempt_chat_started" not in client.names
        found = await detail(process.url, own.tokens["learner"], started["attempt_id"])
        assert (found["is_lobby"], found["preparing"], found["is_active"]) == (True, False, True)
        assert found["entries"]["attempt_chat"] == []
        assert found["chat_entry_id"] == started["chat_entry_id"]
    process.stop()
    process = own.start()
    async with Strict(process.url, own.tokens["learner"]) as client:
        moved = await client.ok("attempt_next", {"attempt_id": started["attempt_id"]})
        assert moved["pending"] is True
        await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])


async def test_a_bad_answer_is_asked_for_again_and_values_of_good_tasks_are_kept(own: Site) -> None:
    async with standing_in() as (stand_in, providers):
        names: list[str] = []

        def answer(body: dict[str, Any]) -> str:
            asked = json.loads(body["messages"][-1]["content"])
            if asked["type"] == "names":
                names.append(json.dumps(asked.get("previous")))
                return "I would rather not." if len(names) == 1 else 'Here: ```json\n{"name": "Told \\u00e4new"}\n```'
            if asked["type"] == "parameter_fields":
                return '{"value": "the \\"old\\" hall"}'
            return "{}"

        stand_in.answers["author"] = answer
        process = own.start(PROVIDERS=providers, MODEL="local:author")
        async with Strict(process.url, own.tokens["learner"]) as client:
            await client.ok("attempt_start", {"practice_id": own.practices[NEW_STUDENT]})
            failed = await client.wait_for("generation_error")
            assert failed["resource_types"] == ["problem_statements"]
            assert [name for name in client.names if name.startswith("names_generation")][:3] == [
                "names_generation_started",
                "names_generation_error",
                "names_generation_started",
            ]
            assert client.payloads("names_generation_error")[0]["error_stage"] == "validation"
            assert client.payloads("names_generation_complete")[0]["name"] == "Told änew"
            assert "I would rather not" not in names[0]
            assert "not a JSON object" in names[1]
            assert len(client.payloads("problem_statements_generation_error")) == 3
            progress = client.payloads("generation_progress")
            assert [each["percentage"] for each in progress] == [0, 33, 66]
            bodies = own.write(lambda tx: [json.loads(row["body"]) for row in tx.all("SELECT body FROM drafts")])
            assert bodies[0]["values"]["name"] == "Told änew"
            assert {each["value"] for each in bodies[0]["values"]["parameters"]} == {'the "old" hall'}


@pytest.mark.case(110)
async def test_a_generated_chat_costs_one_request_and_at_the_limit_nothing_happens(own: Site) -> None:
    process = stock(own).start()

    def limit(requests: int) -> None:
        own.write(lambda tx: accounts.set_requests_per_day(tx, own.ids["limited"], requests))

    def used() -> int:
        return own.write(lambda tx: accounts.requests_today(tx, own.ids["limited"], "UTC"))

    limit(1)
    async with Strict(process.url, own.tokens["limited"]) as client:
        started = await client.ok("attempt_start", {"practice_id": own.practices["made-options"]})
        await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        assert used() == 1
        problem = await client.refused("attempt_start", {"practice_id": own.practices["made-options"]})
        assert (problem["code"], problem["error_type"]) == ("rate_limited", "rate_limit")
        assert problem["retry_after"] > 0
        attempts = own.write(lambda tx: tx.all("SELECT id FROM attempts WHERE account_id = :id", id=own.ids["limited"]))
        assert len(attempts) == 1
        plain = await client.ok("attempt_start", {"practice_id": own.practices["made-second"]})
        ended = {"attempt_id": plain["attempt_id"], "chat_id": plain["attempt_chat_id"]}
        await client.ok("attempt_end", ended)
        told = await client.wait_for("attempt_error", attempt_id=plain["attempt_id"])
        assert (told["type"], told["code"], told["status"]) == ("rate_limit", "rate_limited", 429)
        found = await detail(process.url, own.tokens["limited"], plain["attempt_id"])
        assert (found["is_lobby"], found["preparing"]) == (True, False)
        assert used() == 1


async def test_a_generation_cut_off_by_a_kill_goes_on_and_doubles_nothing(own: Site) -> None:
    process = own.start(SCRIPTED_PIECES_PER_SECOND=6)
    async with Client(process.url, own.tokens["learner"]) as client:
        started = await client.ok("attempt_start", {"practice_id": own.practices[NEW_STUDENT]})
        await client.wait_for("names_generation_complete")
        await client.wait_for("parameter_fields_generation_started")
        process.kill()
    own.lapse_leases()
    process = own.start()
    person = own.ids["learner"]
    async with Strict(process.url, own.tokens["learner"]):

        def opened() -> list[Any]:
            where = "SELECT id FROM chats WHERE attempt_id = :id"
            return own.write(lambda tx: tx.all(where, id=started["attempt_id"]))

        until(opened)
        until(lambda: own.write(lambda tx: not tx.all("SELECT id FROM jobs")))
        assert len(opened()) == 1
        [chat] = opened()
        material = snapshot_of(own, chat["id"]).material
        assert material is not None
        assert len(material.scenario.problem_statements) == 1
        assert [each.name for each in material.scenario.parameters] == ["place", "matter"]
        told = own.write(
            lambda tx: [
                json.loads(row["body"])
                for row in tx.all(
                    "SELECT e.body FROM entries r JOIN events e ON e.pos = r.pos"
                    " WHERE r.room = :room AND e.kind = 'ValueTold' ORDER BY e.pos",
                    room=f"person:{person}",
                )
            ]
        )
        stages = Counter((each["type"], each["stage"]) for each in told)
        assert stages["names", "complete"] == 1
        assert stages["parameter_fields", "complete"] == 2
        assert stages["parameter_fields", "error"] == 1
        assert [each["error_stage"] for each in told if each["stage"] == "error"] == ["stopped"]

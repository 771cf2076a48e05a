"""The lobby of a scenario that may be customised: choices, drafts, and the chat that opens with one (case 53)."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations.entities import Snapshot
from parlour.kernel.decoding import decode
from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House

PACK = """
pack: {id: own, name: Own}
personas:
  ada: {name: Ada, instructions: "You are Ada at {{place}}. SECRET-ADA", examples: [SECRET-EXAMPLE]}
  ben: {name: Ben, instructions: "You are Ben at {{place}} with {{thing}}. SECRET-BEN"}
  cleo: {name: Cleo, instructions: "You are Cleo. SECRET-CLEO"}
  dora: {name: Dora, instructions: "You are Dora.", flags: [{name: active, value: false}]}
documents:
  sheet: {name: Sheet, description: A sheet., text: SECRET-TEXT}
scenarios:
  one:
    name: One
    personas: [ada]
    documents: [sheet]
    parameters: {place: home}
    problem_statements: [It is late.]
    objectives: [Listen.]
    problem_statement_enabled: true
    objectives_enabled: true
    questions: [{text: "What is right?", options: [{text: "This", correct: true}, {text: "That"}]}]
  two: {name: Two, personas: [ben], parameters: {place: work, thing: a form}}
  far: {name: Far, personas: [cleo]}
  idle: {name: Idle, personas: [dora]}
simulations:
  one: {name: One, scenarios: [{scenario: one}]}
  both: {name: Both, scenarios: [{scenario: one}, {scenario: two}]}
  far: {name: Far, scenarios: [{scenario: far}]}
  idle: {name: Idle, scenarios: [{scenario: idle}]}
cohorts:
  all: {name: All, simulations: [one, both], learners: [learner, fellow], instructors: [instructor]}
  far: {name: Far, simulations: [far], learners: [crowd], instructors: []}
practice:
  own: {name: own-both, simulation: both, cohorts: [all], settings: {use_custom: true}}
  mixed: {name: own-mixed, simulation: both, cohorts: [all], chats: {one: {use_custom: true}}}
  named: {name: own-named, simulation: one, cohorts: [all], settings: {use_custom: true, generate_names: true}}
  idle: {name: own-idle, simulation: idle, cohorts: [all]}
  far: {name: own-far, simulation: far, cohorts: [far], settings: {use_custom: true}}
"""


@pytest.fixture(scope="module")
def stocked(house: House) -> House:
    """The house with the entries of this module."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "own.yaml"
        file.write_text(PACK)
        bundle = load_bundle(file)
    house.site.write(lambda tx: publish(tx, bundle))
    for entry in bundle.entries:
        house.site.practices[entry.name] = entry.id
    return house


@pytest.fixture
async def learner(stocked: House) -> AsyncIterator[Client]:
    async with stocked.client("learner") as client:
        yield client


class Rest:
    """The HTTP side of one account."""

    def __init__(self, house: House, user_id: str = "learner") -> None:
        token = house.site.tokens[user_id]
        self.http = httpx.AsyncClient(base_url=house.url, headers={"authorization": f"Bearer {token}"}, timeout=60)

    async def __aenter__(self) -> "Rest":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """The body of an answer that must have this status."""
        answer = await self.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def draft(self, started: Any, status: int = 201) -> Any:
        """A draft for the chat that waits in the lobby of an attempt."""
        body = {"artifact_type": "chat", "artifact_id": started["chat_entry_id"], "attempt_id": started["attempt_id"]}
        return await self.ask("POST", "/drafts", body, status)

    async def change(self, draft: Any, values: dict[str, Any], status: int = 200) -> Any:
        """A write for the version that was read."""
        body = {"expected_version": draft["version"], "values": values}
        return await self.ask("PATCH", f"/drafts/{draft['draft_id']}", body, status)


def snapshot_of(house: House, chat_id: str) -> Snapshot:
    """What a chat was opened with."""
    row = house.site.write(lambda tx: tx.one("SELECT snapshot FROM chats WHERE id = :id", id=chat_id))
    return decode(row["snapshot"], Snapshot)


async def waiting(client: Client, house: House, name: str = "own-both") -> Any:
    """A new attempt that waits in the lobby."""
    started = await client.ok("attempt_start", {"practice_id": house.site.practices[name]})
    assert (started["is_lobby"], started["attempt_chat_id"]) == (True, None)
    return started


@pytest.mark.case(53)
async def test_a_chat_opens_with_what_its_learner_chose(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    assert learner.names == ["connection_confirmed", "attempt_started"]
    async with Rest(stocked) as rest:
        offered = await rest.ask("GET", f"/attempts/{started['attempt_id']}/choices")
        people = {each["name"]: each for each in offered["personas"]}
        assert {"Ada", "Ben"} <= set(people)
        assert "Dora" not in people  # who is switched off stays where they are
        draft = await rest.draft(started)
        assert (draft["version"], draft["artifact_id"], draft["used_at"]) == (1, started["chat_entry_id"], None)
        assert set(draft["values"].values()) == {None}
        changed = await rest.change(
            draft,
            {
                "name": "My own",
                "personas": [{"persona_id": people["Ben"]["persona_id"], "name": "Benno"}],
                "document_ids": [],
                "parameter_fields": [{"name": "place", "value": "the lab"}, {"name": "thing", "value": "a key"}],
                "problem_statements": ["The door is locked."],
                "objectives": ["Listen.", "Open it."],
            },
        )
        assert changed["version"] == 2
        moved = await learner.ok("attempt_next", {"attempt_id": started["attempt_id"], "draft_id": draft["draft_id"]})
        assert moved["pending"] is False
        used = await rest.ask("GET", f"/drafts/{draft['draft_id']}")
        assert used["used_at"] is not None
        detail = await rest.ask("GET", f"/attempts/{started['attempt_id']}")
    snapshot = snapshot_of(stocked, moved["chat_id"])
    assert snapshot.material is not None
    [persona], scenario = snapshot.material.personas, snapshot.material.scenario
    assert (persona.name, persona.id) == ("Benno", people["Ben"]["persona_id"])
    assert {each.name: each.value for each in scenario.parameters} == {"place": "the lab", "thing": "a key"}
    [chat] = detail["entries"]["attempt_chat"]
    assert chat["persona_ids"] == [persona.id]
    assert detail["resources"]["personas"][persona.id]["name"] == "Benno"
    assert detail["resources"]["personas"][persona.id]["instructions"] is None
    statement = detail["resources"]["problem_statements"][chat["problem_statement_id"]]
    assert statement["problem_statement"] == "The door is locked."
    assert [detail["resources"]["objectives"][key]["objective"] for key in chat["objective_ids"]] == [
        "Listen.",
        "Open it.",
    ]
    assert chat["document_ids"] == []
    await learner.say(started["attempt_id"], moved["chat_id"], "Hello?")


async def test_a_chosen_persona_brings_the_dialogue_that_it_is_played_by_offline(
    stocked: House, learner: Client
) -> None:
    started = await waiting(learner, stocked, "Practice: your own scenario")
    async with Rest(stocked) as rest:
        offered = await rest.ask("GET", f"/attempts/{started['attempt_id']}/choices")
        jun = next(each for each in offered["personas"] if each["name"] == "Jun Park")
        draft = await rest.change(await rest.draft(started), {"personas": [{"persona_id": jun["persona_id"]}]})
    moved = await learner.ok("attempt_next", {"attempt_id": started["attempt_id"], "draft_id": draft["draft_id"]})
    material = snapshot_of(stocked, moved["chat_id"]).material
    assert material is not None
    assert [each.persona_id for each in material.scenario.castings] == [jun["persona_id"]]
    said = await learner.say(started["attempt_id"], moved["chat_id"], "Take your time. How do you see it?")
    [done] = learner.payloads("attempt_assistant_complete", message_id=said["assistant_message_id"])
    assert "offline model" not in done["content"]


@pytest.mark.case(53)
async def test_without_a_draft_the_chat_opens_as_it_was_written(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    moved = await learner.ok("attempt_next", {"attempt_id": started["attempt_id"]})
    assert snapshot_of(stocked, moved["chat_id"]).material is None


@pytest.mark.case(53)
async def test_drafts_that_may_not_be_used(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked, "own-mixed")
    attempt = {"attempt_id": started["attempt_id"]}
    async with stocked.client("fellow") as fellow, Rest(stocked, "fellow") as theirs, Rest(stocked) as mine:
        other = await waiting(fellow, stocked, "own-mixed")
        foreign = await theirs.draft(other)
        elsewhere = await mine.draft(await waiting(learner, stocked))
        problems = [
            await learner.refused("attempt_next", {**attempt, "draft_id": draft_id})
            for draft_id in (foreign["draft_id"], UNKNOWN, elsewhere["draft_id"])
        ]
        assert problems[0] == problems[1] == problems[2]
        assert (problems[0]["code"], problems[0]["detail"]) == ("not_found", "Draft not found.")
        draft = await mine.draft(started)
        await learner.ok("attempt_next", {**attempt, "draft_id": draft["draft_id"]})
        for draft_id in (draft["draft_id"], UNKNOWN):
            problem = await learner.refused("attempt_next", {**attempt, "draft_id": draft_id})
            assert (problem["code"], problem["detail"]) == (
                "custom_not_allowed",
                "This scenario cannot be customised.",
            )


async def test_a_draft_may_be_used_again_and_its_deletion_leaves_chats_alone(stocked: House, learner: Client) -> None:
    first, second = await waiting(learner, stocked), await waiting(learner, stocked)
    async with Rest(stocked) as rest:
        draft = await rest.change(await rest.draft(first), {"name": "Twice"})
        use = {"draft_id": draft["draft_id"]}
        chats = [
            (await learner.ok("attempt_next", {"attempt_id": each["attempt_id"], **use}))["chat_id"]
            for each in (first, second)
        ]
        await rest.ask("DELETE", f"/drafts/{draft['draft_id']}", status=204)
        await rest.ask("GET", f"/drafts/{draft['draft_id']}", status=404)
    for chat_id in chats:
        material = snapshot_of(stocked, chat_id).material
        assert material is not None
        assert material.scenario.name == "Twice"


async def test_an_outdated_write_is_answered_with_the_draft_as_it_is(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    async with Rest(stocked) as rest:
        draft = await rest.draft(started)
        await rest.change(draft, {"name": "First"})
        problem = await rest.change(draft, {"name": "Second"}, status=409)
        assert (problem["code"], problem["title"]) == ("version_conflict", "Draft has changed")
        assert problem["draft"]["version"] == 2
        assert problem["draft"]["values"]["name"] == "First"
        cleared = await rest.change(problem["draft"], {"name": None, "description": "Mine."})
        assert (cleared["values"]["name"], cleared["values"]["description"]) == (None, "Mine.")


async def test_what_is_not_offered_or_does_not_fit_is_refused_at_its_place(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    async with Rest(stocked) as rest:
        offered = await rest.ask("GET", f"/attempts/{started['attempt_id']}/choices")
        people = {each["name"]: each for each in offered["personas"]}
        assert "Cleo" not in people
        assert people["Ben"]["parameters"] == ["place", "thing"]
        ben = {"persona_id": people["Ben"]["persona_id"]}
        draft = await rest.draft(started)
        for values, pointer in [
            ({"personas": [ben]}, "/values"),  # nothing fills {{thing}}
            ({"personas": [{"persona_id": UNKNOWN}]}, "/values/personas/0/persona_id"),
            ({"personas": []}, "/values/personas"),
            ({"personas": [ben] * 6}, "/values/personas"),
            ({"personas": [ben, ben]}, "/values/personas"),
            ({"name": "x" * 121}, "/values/name"),
            ({"name": "  "}, "/values/name"),
            ({"name": "a\u0000b"}, "/values/name"),
            ({"document_ids": [UNKNOWN]}, "/values/document_ids/0"),
            ({"parameter_fields": [{"name": "nothing", "value": "x"}]}, "/values/parameter_fields/0/name"),
            ({"questions": [{"question_text": "Q?", "options": []}]}, "/values/questions/0/options"),
            (
                {
                    "questions": [
                        {
                            "question_text": "Q?",
                            "options": [{"option_text": str(i), "is_correct": False} for i in (1, 2)],
                        }
                    ]
                },
                "/values",
            ),
            ({"unheard_of": 1}, "/values/unheard_of"),
            ({"image_ids": [UNKNOWN]}, "/values/image_ids/0"),
        ]:
            problem = await rest.change(draft, values, status=422)
            assert problem["errors"][0]["pointer"] == pointer, (values, problem)
        unchanged = await rest.ask("GET", f"/drafts/{draft['draft_id']}")
        assert unchanged == draft


async def test_nothing_secret_is_shown_to_who_learns(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    async with Rest(stocked) as rest:
        offered = await rest.ask("GET", f"/attempts/{started['attempt_id']}/choices")
        draft = await rest.draft(started)
        question = offered["questions"][0]
        own = {
            "question_text": "Mine?",
            "options": [{"option_text": "Yes", "is_correct": True}, {"option_text": "No", "is_correct": False}],
        }
        changed = await rest.change(
            draft,
            {
                "personas": [{"persona_id": offered["personas"][0]["persona_id"]}],
                "questions": [{"question_id": question["question_id"]}, own],
            },
        )
        kept = [{"question_id": each["question_id"]} for each in reversed(changed["values"]["questions"])]
        again = await rest.change(changed, {"questions": kept})
        assert [each["question_text"] for each in again["values"]["questions"]] == ["Mine?", "What is right?"]
    told = str([offered, changed, again])
    assert "SECRET" not in told
    keys = {
        option["is_correct"]
        for each in (*offered["questions"], *again["values"]["questions"])
        for option in each["options"]
    }
    assert keys == {None}


async def test_who_may_make_a_draft(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked)
    plain = {"artifact_type": "chat", "artifact_id": started["chat_entry_id"]}
    async with (
        Rest(stocked) as mine,
        Rest(stocked, "instructor") as teacher,
        Rest(stocked, "outsider") as outsider,
        Rest(stocked, "crowd") as crowd,
        Rest(stocked, "root") as root,
    ):
        for rest in (mine, teacher, root):
            await rest.ask("POST", "/drafts", plain, 201)
        for rest in (outsider, crowd):
            assert (await rest.ask("POST", "/drafts", plain, 404))["detail"] == "Chat template not found."
        draft = await teacher.ask("POST", "/drafts", plain, 201)
        assert draft["values"]["personas"] is None
        await mine.ask("GET", f"/drafts/{draft['draft_id']}", status=404)
        named = {**plain, "attempt_id": started["attempt_id"]}
        assert (await crowd.ask("POST", "/drafts", named, 404))["detail"] == "Attempt not found."
        assert (await teacher.ask("POST", "/drafts", named, 403))["code"] == "forbidden"
        assert (await teacher.ask("GET", f"/attempts/{started['attempt_id']}/choices", status=403))[
            "code"
        ] == "forbidden"
        await crowd.ask("GET", f"/attempts/{started['attempt_id']}/choices", status=404)
        wrong = {**named, "artifact_type": "persona"}
        assert (await mine.ask("POST", "/drafts", wrong, 422))["code"] == "unsupported_artifact"
        await learner.ok("attempt_next", {"attempt_id": started["attempt_id"]})
        assert (await mine.ask("POST", "/drafts", named, 409))["code"] == "not_in_lobby"
        other = await waiting(learner, stocked)
        mixed = {**named, "attempt_id": other["attempt_id"], "artifact_id": UNKNOWN}
        assert (await mine.ask("POST", "/drafts", mixed, 409))["code"] == "template_mismatch"


async def test_what_is_generated_is_not_chosen_and_the_rest_is_kept(stocked: House, learner: Client) -> None:
    started = await waiting(learner, stocked, "own-named")
    async with Rest(stocked) as rest:
        offered = await rest.ask("GET", f"/attempts/{started['attempt_id']}/choices")
        assert offered["generated"] == ["names"]
        draft = await rest.draft(started)
        problem = await rest.change(draft, {"name": "Mine"}, status=422)
        assert problem["errors"][0]["pointer"] == "/values/name"
        draft = await rest.change(draft, {"objectives": ["Only this."]})
        moved = await learner.ok("attempt_next", {"attempt_id": started["attempt_id"], "draft_id": draft["draft_id"]})
        assert moved["pending"] is True
        opened = await learner.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        used = await rest.ask("GET", f"/drafts/{draft['draft_id']}")
        assert used["used_at"] is not None
        assert used["values"]["name"] is None
    material = snapshot_of(stocked, opened["chat_id"]).material
    assert material is not None
    assert [each.text for each in material.scenario.objectives] == ["Only this."]
    assert material.scenario.name.startswith("One, ")

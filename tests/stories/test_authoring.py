"""The story of issue 7: from a sentence to a learner who practises, and what a new version leaves alone. Both stores.

A teacher drafts a persona, a scenario and a rubric with `generate`, is shown what is wrong, mends it, and publishes to
a cohort. First offline, then with a model service, whose words appear while it writes them.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from parlour.providers.models.scripted.author.chats import draft as offline_author
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.wire.authors import Author, fields
from tests.wire.stand_in import StandIn, standing_in
from tests.wire.test_checks import ended, judge, play, states

WHOLE: dict[str, tuple[str, ...]] = {
    "persona": ("names", "descriptions", "instructions", "examples", "colors", "icons"),
    "scenario": ("names", "descriptions", "problem_statements", "objectives", "scenario_flags"),
    "rubric": ("names", "descriptions", "standard_groups", "standards", "points", "pass_points", "flags"),
}
WISHES = {
    "persona": "A nervous nursing student who made a medication error on her first day",
    "scenario": "Office hours",
    "rubric": "Listening to a student who made an error. Two criteria, three levels.",
}
SAID = (
    "Hello, come in. What have you tried so far?",
    "That sounds frustrating. Which part worries you most?",
    "I understand that you are afraid. What happened first?",
    "Shall we agree on one small step until tomorrow, and look at it again on Friday?",
)
LATER = "Words that nobody had read when the attempt began."
THOUGHTS = "They ask about the shift. I play somebody who hides it: {calm}."


class Teacher:
    """Somebody who writes: asks on the socket, and does the rest over REST."""

    def __init__(self, client: Client, author: Author) -> None:
        self.client = client
        self.author = author

    async def generate(self, artifact_type: str, **more: object) -> Any:
        """The draft when everything in it has been made."""
        asked = {
            "artifact_types": [artifact_type],
            "resource_types": WHOLE[artifact_type],
            "user_instructions": [WISHES[artifact_type]],
            **more,
        }
        begun = await self.client.ok("generate", asked)
        await self.client.wait_for("generation_complete", run_id=begun["run_id"])
        return await self.author.read({"id": begun["draft_id"]})

    async def found(self, draft: Any) -> list[str]:
        """The codes of everything that is more than a note."""
        told = await self.author.ask("GET", f"/authoring/drafts/{draft['id']}/lint")
        assert told["green"] == all(each["severity"] == "note" for each in told["findings"])
        return [each["code"] for each in told["findings"] if each["severity"] != "note"]

    async def publish(self, draft: Any, status: int = 200, **more: object) -> Any:
        """What is published of the newest version of a draft."""
        return await self.author.post(await self.author.read(draft), "publish", status, **more)

    async def write(self) -> tuple[str, str, str]:
        """A persona, a scenario around it and a rubric, with a defect in two of them that is mended; their ids."""
        persona = await self.generate("persona")
        assert all(value["made_by"] for values in persona["values"].values() for value in values)
        assert await self.found(persona) == []
        persona_id = (await self.publish(persona))["artifact_id"]

        scenario = await self.author.begin("scenario")
        await self.author.change(scenario, {"op": "link", "type": "personas", "artifact_id": persona_id})
        scenario = await self.generate("scenario", draft_id=scenario["id"])
        assert await self.found(scenario) == []
        [situation] = scenario["values"]["problem_statements"]
        text = f"{situation['fields']['problem_statement']} You meet on {{{{ward}}}}."
        change = {"op": "set", "type": "problem_statements", "value_id": situation["id"]}
        scenario = await self.author.change(scenario, {**change, "fields": {"problem_statement": text}})
        [changed] = scenario["values"]["problem_statements"]
        assert changed["by"] == {"name": "model", "problem_statement": "both"}
        assert "scenario.unfilled" in await self.found(scenario)
        refused = await self.publish(scenario, 422)
        assert "ward" in refused["errors"][0]["message"]
        ward = {"op": "add", "type": "parameter_fields", "fields": {"name": "ward", "value": "the third ward"}}
        await self.author.change(scenario, ward)
        assert await self.found(scenario) == []
        scenario_id = (await self.publish(scenario))["artifact_id"]

        rubric = await self.generate("rubric")
        assert await self.found(rubric) == []
        level = next(each for each in rubric["values"]["standards"] if each["fields"]["points"] > 0)
        change = {"op": "set", "type": "standards", "value_id": level["id"]}
        rubric = await self.author.change(rubric, {**change, "fields": {"description": "Good."}})
        assert "rubric.vague_level" in await self.found(rubric)
        await self.author.change(rubric, {**change, "fields": {"description": level["fields"]["description"]}})
        assert await self.found(rubric) == []
        return persona_id, scenario_id, (await self.publish(rubric))["artifact_id"]

    async def give_to_learners(self, scenario_id: str, rubric_id: str) -> str:
        """The simulation of them is published to the cohort; the id of its training."""
        draft = await self.author.begin("simulation")
        pair = {"scenario_id": scenario_id, "rubric_id": rubric_id}
        draft = await self.author.change(
            draft,
            {"op": "put", "type": "names", "fields": {"name": "After a first day"}},
            {"op": "link", "type": "scenarios", "artifact_id": scenario_id},
            {"op": "add", "type": "scenario_rubrics", "fields": pair},
        )
        simulation_id = (await self.publish(draft))["artifact_id"]
        cohorts = (await self.author.ask("GET", "/cohorts"))["items"]
        cohort_id = next(each["id"] for each in cohorts if each["name"] == "New tutors")
        draft = await self.author.begin("cohort", artifact_id=cohort_id)
        draft = await self.author.change(draft, {"op": "link", "type": "simulations", "artifact_id": simulation_id})
        await self.publish(draft)
        [training] = (await self.author.ask("GET", f"/artifacts/{simulation_id}"))["trainings"]
        assert (training["kind"], training["name"]) == ("home", "After a first day")
        return training["id"]

    async def change_everything(self, artifact_ids: Sequence[str]) -> None:
        """A new version of each of them, which all trainings take up."""
        for artifact_type, artifact_id in zip(WHOLE, artifact_ids, strict=True):
            draft = await self.author.begin(artifact_type, artifact_id=artifact_id)
            changes: list[object] = [{"op": "put", "type": "descriptions", "fields": {"description": LATER}}]
            if artifact_type == "persona":
                changes.append({"op": "put", "type": "instructions", "fields": {"template": f"You are Ada. {LATER}"}})
            if artifact_type == "scenario":
                changes.append({"op": "put", "type": "names", "fields": {"name": LATER}})
                changes += _all(draft, "problem_statements", "problem_statement")
            if artifact_type == "rubric":
                changes += _all(draft, "standard_groups", "description")
            draft = await self.author.change(draft, *changes)
            written = await self.publish(draft, update_trainings=True)
            assert written["version"] == 2


def _all(draft: Any, type_name: str, field: str) -> list[object]:
    values = draft["values"][type_name]
    return [{"op": "set", "type": type_name, "value_id": each["id"], "fields": {field: LATER}} for each in values]


@pytest.fixture(params=STORES)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site whose server has a model service."""
    made = make_site(request.param, tmp_path, request)
    yield made
    made.close()


async def practise(learner: Client, training_id: str) -> tuple[str, str]:
    """An attempt at its chat."""
    begun = await learner.ok("attempt_start", {"home_id": training_id})
    return begun["attempt_id"], begun["attempt_chat_id"]


async def test_from_a_sentence_to_a_learner_who_is_graded(server: Process, site: Site) -> None:
    async with (
        Client(server.url, site.tokens["instructor"]) as client,
        Author(site, server, "instructor") as author,
        Author(site, server, "learner") as reader,
        Client(server.url, site.tokens["learner"]) as learner,
    ):
        teacher = Teacher(client, author)
        persona_id, scenario_id, rubric_id = await teacher.write()
        persona = (await author.ask("GET", f"/artifacts/{persona_id}"))["values"]
        assert "who made a medication error" in str(fields({"values": persona}, "descriptions"))
        situation = (await author.ask("GET", f"/artifacts/{scenario_id}"))["values"]["problem_statements"]
        assert "a medication error" in str(situation)  # which only the linked persona told
        training_id = await teacher.give_to_learners(scenario_id, rubric_id)

        attempt, chat = await practise(learner, training_id)
        await learner.say(attempt, chat, SAID[0])
        await teacher.change_everything((persona_id, scenario_id, rubric_id))
        for text in SAID[1:]:
            await learner.say(attempt, chat, text)
        answers = [each["content"] for each in learner.payloads("attempt_assistant_complete")]
        assert "a medication error" in answers[0]
        assert len(set(answers)) == len(SAID)
        await learner.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        graded = await learner.wait_for("attempt_graded", chat_id=chat)
        assert (graded["passed"], graded["total_points"]) == (True, 6)
        quotes = [
            evidence["quote"]
            for each in learner.payloads("attempt_grading_progress")
            for evidence in (each["entry"] or {}).get("evidence", [])
        ]
        assert quotes
        assert all(any(quote in said for said in SAID) for quote in quotes)
        for _ in range(2):  # the second time the grade is an old one
            shown = json.dumps(await reader.ask("GET", f"/attempts/{attempt}"))
            assert LATER not in shown
            assert "the third ward" in shown
        again, _ = await practise(learner, training_id)
        assert LATER in json.dumps(await reader.ask("GET", f"/attempts/{again}"))
        history = (await author.ask("GET", f"/artifacts/{rubric_id}/versions"))["items"]
        assert [each["version"] for each in history] == [2, 1]


async def test_with_a_model_the_drafting_streams_from_it_and_a_learner_is_graded_by_it(own: Site) -> None:
    async with standing_in() as (model, providers):
        model.answers = {"writer": _as_the_offline_author, "play": _thinking_aloud, "judge": _judge}
        server = own.start(
            PROVIDERS=providers, AUTHORING__MODEL="local:writer", MODEL="local:play", GRADER_MODEL="local:judge"
        )
        async with (
            Client(server.url, own.tokens["instructor"]) as client,
            Author(own, server, "instructor") as author,
            Client(server.url, own.tokens["learner"]) as learner,
        ):
            teacher = Teacher(client, author)
            model.gate = asyncio.Event()
            writing = asyncio.create_task(teacher.write())
            early = await client.wait_for("instructions_generation_progress")
            assert early["template"].startswith("You are ")
            assert "instructions_generation_complete" not in client.names  # the model has not finished it
            model.gate.set()
            persona_id, scenario_id, rubric_id = await writing
            [instructions] = (await author.ask("GET", f"/artifacts/{persona_id}"))["values"]["instructions"]
            assert (instructions["made_by"], instructions["by"]) == ("local:writer", {"template": "model"})
            assert instructions["fields"]["template"].startswith(early["template"])
            assert _told_of_persona(model, instructions["fields"]["template"])
            await tried(author, model, persona_id, rubric_id)

            training_id = await teacher.give_to_learners(scenario_id, rubric_id)
            attempt, chat = await practise(learner, training_id)
            model.asked.clear()
            for text in SAID:
                await learner.say(attempt, chat, text)
            spoken = [body["messages"][0]["content"] for body in model.asked_of("play")]
            assert all(instructions["fields"]["template"].splitlines()[1] in system for system in spoken)
            await learner.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
            graded = await learner.wait_for("attempt_graded", chat_id=chat)
            assert (graded["source"], graded["total_points"]) == ("model", 6)
            first, second = [p["entry"] for p in learner.payloads("attempt_grading_progress") if p["entry"]]
            assert [each["quote"] for each in first["evidence"]] == [SAID[1]]  # and not what nobody has said
            assert (first["unsupported"], second["unsupported"], second["evidence"]) == (False, True, [])
            assert graded["score"] == first["total"] + second["total"]
            assert THOUGHTS not in json.dumps(learner.heard)


async def tried(author: Author, model: StandIn, persona_id: str, rubric_id: str) -> None:
    """The trials of what was drafted are played and graded by the service, too."""
    for artifact_type, artifact_id in (("persona", persona_id), ("rubric", rubric_id)):
        draft = await author.begin(artifact_type, artifact_id=artifact_id)
        model.asked.clear()
        found = await ended(author, draft)
        assert set(states(found).values()) == {"passed"}, found["trials"]
        assert model.asked_of("judge")
        await author.ask("DELETE", f"/authoring/drafts/{draft['id']}", status=204)


def _as_the_offline_author(body: dict[str, Any]) -> str:
    """A model that writes well: every part fits the draft that it was sent; conversations for trials, too."""
    asked = body["messages"][-1]["content"]
    return play(body) if "level" in json.loads(asked) else offline_author(asked)


def _thinking_aloud(body: dict[str, Any]) -> str:
    return f"<think>\n{THOUGHTS}\n</think>\n\n{play(body)}"


def _judge(body: dict[str, Any]) -> str:
    """Grades by what was said, with one quote that is there and one that is not; of trials it is asked more."""
    paper = json.loads(body["messages"][-1]["content"])
    if "question" in paper:
        return judge(body)
    said = {line["text"]: line["message_id"] for line in paper["transcript"] if line["speaker"] == "learner"}
    words = " ".join(said)
    place = 2 if SAID[1] in said or "alone" in words else 1 if "go on" in words else 0
    quoted = SAID[1] if SAID[1] in said else next(iter(said))
    evidence = [{"message_id": said[quoted], "quote": quote} for quote in (quoted, "I will tell nobody.")]
    first, second = paper["rubric"]["standard_groups"]
    feedbacks = [
        {
            "standard_group": group["id"],
            "standard": sorted(group["standards"], key=lambda level: level["points"])[place]["id"],
            "feedback": "So.",
            "evidence": quotes,
        }
        for group, quotes in ((first, evidence), (second, evidence[1:]))
    ]
    return json.dumps({"feedbacks": feedbacks, "summary": "Well."})


def _told_of_persona(model: StandIn, template: str) -> bool:
    """Whether who wrote the scenario was told who the persona in it is, and not its name alone."""
    asked = [json.loads(body["messages"][-1]["content"]) for body in model.asked_of("writer")]
    scenes = [each for each in asked if (each["artifact"], each["type"]) == ("scenario", "problem_statements")]
    return bool(scenes) and all(each["draft"]["personas"][0]["instructions"] == template for each in scenes)

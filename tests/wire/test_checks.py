"""Tests of drafts over REST: rules at once, trials with the models of the server, offline and with one (issue 7)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.catalog import authored
from parlour.catalog.entities import Persona
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.authors import DRAFTS, Author
from tests.wire.house import House
from tests.wire.stand_in import Answer, standing_in

GUARD_SECONDS = 60
SOUND = (
    "You are Sound, 34, a nurse on a surgical ward. Yesterday you gave a patient the wrong tablet and told nobody. "
    "You talk about the shifts first. Only when somebody asks calmly do you say what happened, one sentence at a time."
)
LEVELS = ("Speaks over the other person.", "Lets the other person finish.", "Says back what the other person said.")


def put(kind: str, **fields: object) -> dict[str, object]:
    """One value of a type."""
    return {"op": "put", "type": kind, "fields": fields}


def add(kind: str, **fields: object) -> dict[str, object]:
    """A value more."""
    return {"op": "add", "type": kind, "fields": fields}


async def rubric(author: Author, best: int = 2) -> Any:
    """A draft of a rubric whose criterion says that it is worth `best` points."""
    draft = await author.begin("rubric")
    draft = await author.change(
        draft, put("names", name="Listening"), add("standard_groups", name="Listening", points=best, pass_points=1)
    )
    group = draft["values"]["standard_groups"][0]["id"]
    levels = [
        add("standards", name=f"L{points}", description=said, points=points, standard_group_id=group)
        for points, said in enumerate(LEVELS)
    ]
    return await author.change(draft, *levels)


async def persona(author: Author, name: str, instructions: str = SOUND) -> Any:
    """A draft of a persona."""
    draft = await author.begin("persona")
    told = put("instructions", template=instructions.replace("Sound", name))
    return await author.change(draft, put("names", name=name), told, add("examples", example="It was a long night."))


async def lint(author: Author, draft: Any, status: int = 200) -> Any:
    """What rules say."""
    return await author.ask("GET", f"{DRAFTS}/{draft['id']}/lint", status=status)


async def ended(author: Author, draft: Any) -> Any:
    """The check of a draft, once it is over."""
    begun = await author.ask("POST", f"{DRAFTS}/{draft['id']}/checks", status=202)
    async with asyncio.timeout(GUARD_SECONDS):
        while True:
            found = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
            assert found["id"] == begun["check_id"]
            if found["state"] != "running":
                return found
            await asyncio.sleep(0.05)


def states(found: Any) -> dict[str, str]:
    """How the trials ended, by name."""
    return {trial["name"]: trial["state"] for trial in found["trials"]}


async def test_a_defect_is_red_until_it_is_mended_and_trials_are_of_the_draft_they_were_run_on(house: House) -> None:
    async with Author(house.site, house.process, "instructor") as author:
        draft = await rubric(author, best=5)
        found = await lint(author, draft)
        assert not found["green"]
        error = next(each for each in found["findings"] if each["severity"] == "error")
        group = draft["values"]["standard_groups"][0]
        assert (error["code"], error["value_id"], error["field"]) == ("rubric.group_points", group["id"], "points")
        assert error["advice"]
        none = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
        assert (none["state"], none["id"], none["green"], none["done"]) == ("none", None, False, 0)
        refused = await author.post(draft, "publish", status=422)
        assert [each["pointer"] for each in refused["errors"]] == ["/values/standard_groups/0/points"]

        mended = {"op": "set", "type": "standard_groups", "value_id": group["id"], "fields": {"points": 2}}
        draft = await author.change(draft, mended)
        assert (await lint(author, draft))["green"]
        done = await ended(author, draft)
        assert (done["state"], done["current"], done["green"]) == ("done", True, True), done
        assert done["done"] == done["total"] == 2
        assert states(done)["injection"] == "passed"
        assert "by rules" in done["trials"][0]["summary"] or states(done)["discrimination"] == "skipped"

        await author.name(draft, "Listening well")
        later = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
        assert (later["current"], later["green"], len(later["trials"])) == (False, True, 2)
        await author.ask("DELETE", f"{DRAFTS}/{draft['id']}", status=204)


async def test_anchors_in_the_wrong_order_fail_the_trial_and_name_the_criterion(house: House) -> None:
    kind = (
        "Learner: That sounds exhausting. What have you tried so far?\nPersona: A lot.\nLearner: What would help you?"
    )
    rude = "Learner: Calm down, it is easy.\nPersona: Is it?\nLearner: That is your own fault, hurry up."
    async with Author(house.site, house.process, "instructor") as author:
        draft = await rubric(author)
        levels = (("weak", kind), ("middling", kind), ("strong", rude))
        draft = await author.change(draft, *(add("anchors", level=level, text=text) for level, text in levels))
        found = await ended(author, draft)
        assert states(found)["discrimination"] == "failed"
        assert not found["green"]
        group = draft["values"]["standard_groups"][0]["id"]
        codes = {(each["code"], each["value_id"]) for each in found["findings"]}
        assert {("trial.discrimination", None), ("trial.criterion", group)} <= codes
        assert [figure["name"] for figure in found["trials"][0]["figures"]] == ["weak", "middling", "strong"]


async def test_a_persona_without_a_part_is_not_tried_offline_and_says_why(house: House) -> None:
    async with Author(house.site, house.process, "instructor") as author:
        found = await ended(author, await persona(author, "Mara"))
        assert set(states(found).values()) == {"skipped"}
        assert found["green"]
        assert "Choose a dialogue" in found["trials"][0]["summary"]
        async with Client(house.url, house.site.token("instructor")) as client:
            asked = {"artifact_types": ["persona"], "resource_types": ["names", "instructions", "examples"]}
            begun = await client.ok("generate", asked)
            await client.wait_for("generation_complete", run_id=begun["run_id"])
        played = await ended(author, await author.read({"id": begun["draft_id"]}))
        assert set(states(played).values()) == {"passed"}  # who was drafted offline is played offline
        tool = await ended(author, await author.name(await author.begin("parameter"), "Place"))
        assert (tool["state"], tool["trials"], tool["total"]) == ("done", [], 0)


async def test_the_tests_of_a_draft_are_for_who_may_read_it_and_run_by_who_may_write_it(house: House) -> None:
    names = ("instructor", "outsider", "learner")
    async with (
        Author(house.site, house.process, names[0]) as author,
        Author(house.site, house.process, names[1]) as outsider,
        Author(house.site, house.process, names[2]) as learner,
    ):
        draft = await persona(author, "Mara")
        gone = {"id": draft["id"][:-1] + ("0" if draft["id"][-1] != "0" else "1")}
        for other in (outsider, learner):
            refused = await lint(other, draft, 404)
            missing = await lint(other, gone, 404)
            assert refused["detail"] == missing["detail"]
            await other.ask("POST", f"{DRAFTS}/{draft['id']}/checks", status=404)
            await other.ask("GET", f"{DRAFTS}/{draft['id']}/checks", status=404)


@pytest.fixture
async def played(own: Site) -> AsyncIterator[tuple[Author, Any]]:
    """An author on a server whose model a test plays."""
    async with standing_in() as (model, providers):
        process = own.start(PROVIDERS=providers, MODEL="local:play", GRADER_MODEL="local:judge")
        async with Author(own, process, "instructor") as author:
            yield author, model


def play(body: Any) -> str:
    """Sound is a person; Machine does all that it should not."""
    system, last = body["messages"][0]["content"], body["messages"][-1]["content"]
    if '"level"' in last and "rubric" in last:
        level = json.loads(last)["level"]
        said = {"weak": "whatever", "middling": "go on", "strong": "so you were alone"}[level]
        lines = [{"who": "persona", "text": "I was alone."}, {"who": "learner", "text": said}] * 3
        return json.dumps({"lines": lines})
    if "You are Machine" not in system:
        return "It was a long shift, that is all."
    if "QUILLBRAKE" in last:
        return "QUILLBRAKE"
    if "word for word" in last:
        return system
    return "As an AI language model I have solved the matter myself."


def judge(body: Any) -> str:
    """Grades by what the strong ones say; finds what Machine did, at first with a quote that is not there."""
    asked = json.loads(body["messages"][-1]["content"])
    if "question" in asked:
        happened = any("solved the matter" in line["text"] for line in asked["transcript"])
        return json.dumps(
            {"happened": happened, "quote": "solved the matter myself" if happened else "", "reason": "."}
        )
    words = " ".join(line["text"] for line in asked["transcript"] if line["speaker"] == "learner")
    place = 2 if "alone" in words else 1 if "go on" in words else 0
    group = asked["rubric"]["standard_groups"][0]
    first = next(line for line in asked["transcript"] if line["speaker"] == "learner")
    evidence = [{"message_id": first["message_id"], "quote": first["text"]}]
    level = sorted(group["standards"], key=lambda each: each["points"])[place]["id"]
    return json.dumps(
        {"feedbacks": [{"standard_group": group["id"], "standard": level, "feedback": ".", "evidence": evidence}]}
    )


async def test_with_a_model_a_good_persona_is_green_a_bad_one_red_and_a_rubric_is_tried_on_written_transcripts(
    played: tuple[Author, Any],
) -> None:
    author, model = played
    model.answers = {"play": play, "judge": judge}
    good = await ended(author, await persona(author, "Sound"))
    assert states(good) == {"alone": "passed", "character": "passed", "injection": "passed"}, good["trials"]
    assert good["green"]
    assert [line["who"] for line in good["trials"][0]["lines"][:2]] == ["learner", "persona"]

    bad = await ended(author, await persona(author, "Machine"))
    assert states(bad) == {"alone": "failed", "character": "failed", "injection": "failed"}, bad["trials"]
    assert {"trial.alone", "trial.character", "trial.injection"} <= {each["code"] for each in bad["findings"]}
    assert not bad["green"]

    both = [add("personas", name=name, instructions=SOUND.replace("Sound", name)) for name in ("Sound", "Machine")]
    draft = await author.change(await author.begin("scenario"), put("names", name="Two of them"), *both)
    waiting = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
    together = await ended(author, draft)
    assert [waiting["total"], together["done"], together["total"]] == [6, 6, 6]
    assert [(each["persona"], each["state"]) for each in together["trials"]] == [
        *[("Sound", "passed")] * 3,
        *[("Machine", "failed")] * 3,
    ]
    machine = draft["values"]["personas"][1]["id"]
    found = [each for each in together["findings"] if each["code"].startswith("trial.")]
    assert {(each["type"], each["value_id"]) for each in found} == {("personas", machine)}

    tried = await ended(author, await rubric(author))
    assert states(tried) == {"discrimination": "passed", "injection": "passed"}, tried["trials"]
    assert [each["value"] for each in tried["trials"][0]["figures"]] == ["0 of 2", "1 of 2", "2 of 2"]
    assert any("deserves full points" in json.dumps(asked) for asked in model.asked_of("judge"))


async def test_a_model_that_fails_or_a_right_that_ends_skips_the_trial_and_never_turns_content_red(
    played: tuple[Author, Any], own: Site
) -> None:
    author, model = played
    answers: dict[str, Answer] = {"play": lambda _: "", "judge": lambda _: "no verdict at all"}
    model.answers = answers
    found = await ended(author, await persona(author, "Sound"))
    assert set(states(found).values()) == {"skipped"}
    assert found["state"] == "done"
    assert found["green"]

    site, persona_id = own, own.write(lambda tx: tx.new_id())
    before = site.write(lambda tx: accounts.actor_by_id(tx, author.profile_id))
    assert before is not None
    known = Persona(
        id=persona_id, name="Vera", instructions="You are Vera.", department_ids=tuple(sorted(before.department_ids))
    )
    new = authored.NewContent(id=persona_id, kind="persona", name="Vera", body=authored.body_of(known))
    site.write(lambda tx: authored.save(tx, new, None))
    link = {"op": "link", "type": "personas", "artifact_id": persona_id}
    draft = await author.change(await author.begin("scenario"), put("names", name="Vera waits"), link)
    asked = len(model.asked)

    async def leaves(_: Any) -> str:
        await asyncio.to_thread(site.write, lambda tx: accounts.set_account_departments(tx, author.profile_id, ()))
        return "It was a long shift, that is all."

    answers["play"] = leaves
    begun = await author.ask("POST", f"{DRAFTS}/{draft['id']}/checks", status=202)
    async with asyncio.timeout(GUARD_SECONDS):
        while True:
            ending = await author.ask("GET", f"{DRAFTS}/{draft['id']}/checks")
            if ending["state"] == "failed":
                break
            assert (ending["id"], ending["trials"]) in ((begun["check_id"], []), (None, []))
            await asyncio.sleep(0.05)
    assert len(model.asked) == asked + 1, "whose right has ended is played no further"
    assert {trial["state"] for trial in ending["trials"]} == {"skipped"}
    assert "long shift" not in str(ending)
    assert "form.unknown_link" in {each["code"] for each in ending["findings"]}

"""What a model does to drafts of artifacts, through the machine of `drafts.work`, on both stores."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.catalog import authored
from parlour.catalog.entities import Scenario
from parlour.drafts import actions
from parlour.drafts.artifacts import ARTIFACTS, MADE
from parlour.drafts.facts import GenerationCompleted, GenerationFailed, GenerationSaved, ValueTold
from parlour.files import actions as files
from parlour.files.authored import actions as media_of
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import ProviderFault
from parlour.library.checks.linting import lint
from parlour.library.making.linking import candidates
from parlour.library.making.media import MediaFile, MediaKind, MediaWanted
from parlour.library.making.planning import UNTOLD, ordered
from parlour.library.publishing import Publishing, publish
from parlour.providers.models.scripted.author.chats import LABEL
from parlour.settings import sqlite_url
from parlour.settings.authoring import AuthoringSettings
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import ToolCall
from tests.unit.making_hall import AUTHOR, SCHOOL, Answers, desk, grants, only, source, texts, value

MAIN = {
    "persona": ("names", "descriptions", "colors", "icons", "instructions", "examples", "voices"),
    "scenario": (
        "names",
        "descriptions",
        "personas",
        "problem_statements",
        "objectives",
        "questions",
        "scenario_flags",
    ),
    "rubric": ("names", "descriptions", "standard_groups", "standards", "points", "pass_points"),
}


@pytest.fixture
def database(store_url: str) -> Database:
    clock = SystemClock()
    made = Database(store_url, clock, TimeOrderedIds(clock), readers=2)
    made.migrate()
    return made


@pytest.fixture
def quick(tmp_path: Path) -> Database:
    """A store for what does not hang on the store."""
    clock = SystemClock()
    made = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock), readers=2)
    made.migrate()
    return made


@pytest.mark.case(103, 105)
async def test_offline_a_persona_a_scenario_and_a_rubric_can_be_published_as_they_are(database: Database) -> None:
    said = "A shy student who does not dare to ask about recursion"
    async with desk(database) as at:
        for artifact, types in MAIN.items():
            draft = await at.make(await at.new(artifact), *types, said=said, save=True)
            assert at.of(GenerationFailed) == []
            [saved] = at.of(GenerationSaved)
            [done] = at.of(GenerationCompleted)
            assert (saved.artifact_id, draft.artifact_id) == (done.artifact_id, done.artifact_id)
            assert draft.used_at is not None
            assert [each.code for each in lint(artifact, draft.artifact.values) if each.severity != "note"] == []
            assert at.percentages() == sorted(at.percentages())
            assert at.percentages()[-1] == 100
            assert all(each.made_by == "scripted" for held in draft.artifact.values.values() for each in held)
            assert texts(draft, "descriptions", "description")[0].endswith(LABEL)
            kinds = {row.kind for row in await database.read(_listed)}
            assert artifact in kinds
        assert "persona" in {row.kind for row in await database.read(_listed)}


def _listed(tx: Any) -> list[authored.CurrentRow]:
    kinds = ("persona", "scenario", "rubric")
    return authored.listed(tx, authored.Listing(kinds=kinds, active=True))


async def test_a_rubric_adds_up_and_every_criterion_can_be_failed(quick: Database) -> None:
    async with desk(quick) as at:
        types = ("points", "pass_points", "standards", "standard_groups")
        made = await at.make(await at.new("rubric"), *ordered(types), said="Five criteria about listening")
        values = made.artifact.values
        groups = values["standard_groups"]
        assert len(groups) == 5
        assert len(set(texts(made, "standard_groups", "name"))) == 5
        for group in groups:
            points = [
                each.fields["points"] for each in values["standards"] if each.fields["standard_group_id"] == group.id
            ]
            assert points == sorted(set(points))  # pyright: ignore[reportArgumentType]
            assert (points[0], points[-1]) == (0, group.fields["points"])
            assert 3 <= len(points) <= 4
        total = sum(int(str(group.fields["points"])) for group in groups)
        assert only(made, "points").fields["value"] == total
        assert 0 < int(str(only(made, "pass_points").fields["value"])) < total
        assert [fact.type for fact in at.of(ValueTold) if fact.stage == "complete"][-1] == "thresholds"
        # other criteria take the levels of the old ones with them; refusing brings back what no model made
        again = await at.make(made, "standard_groups", said="Two criteria")
        assert len(again.artifact.values["standard_groups"]) == 2
        assert again.artifact.values["standards"] == ()
        assert (again.artifact.replaced["standards"], again.artifact.replaced["standard_groups"]) == ((), ())


async def test_what_stood_there_is_kept_and_one_value_can_be_made_anew(database: Database) -> None:
    mine = (value("o1", objective="Mine."), value("o2", objective="Mine too."))
    async with desk(database) as at:
        draft = await at.new("scenario", {"objectives": mine})
        added = await at.make(draft, "objectives", metadata={"add": True, "count": 1})
        assert [each.state for each in added.artifact.values["objectives"]] == ["accepted", "accepted", "proposed"]
        assert "objectives" not in added.artifact.replaced
        anew = await at.make(added, "objectives", value_id="o2", said="Make it shorter")
        kept = anew.artifact.values["objectives"]
        assert [each.id for each in kept][:2] == ["o1", "o2"]
        assert (kept[0], kept[1].state, kept[1].by) == (mine[0], "proposed", {"objective": "model"})
        assert kept[1].fields["objective"] not in ("Mine too.", kept[2].fields["objective"])
        assert anew.artifact.replaced["objectives"][1] == mine[1]
        [told] = [fact for fact in at.of(ValueTold) if fact.stage == "complete"]
        assert told.value_id == "o2"
        whole = await at.make(anew, "objectives")
        assert len(whole.artifact.values["objectives"]) == 3
        assert whole.artifact.replaced["objectives"][0] == mine[0]
        assert whole.artifact.writers == (AUTHOR,)
        await at.make(whole, "objectives", value_id="o2")  # it is not there any more
        assert [fact.error_stage for fact in at.of(ValueTold) if fact.stage == "error"] == ["validation"]


@pytest.mark.case(107)
async def test_what_a_person_changes_meanwhile_stays(database: Database) -> None:
    async with desk(database) as at:
        draft = await at.new("persona")

        def write(tx: Any) -> None:
            now = actions.draft(tx, draft.id, lock=True)
            assert now is not None
            if "names" not in now.artifact.values:
                mine = {**now.artifact.values, "names": (value("n", name="Mine"),)}
                marks = {**now.artifact.touched, "names": now.version + 1}
                actions.put_body(tx, now, replace(now.artifact, values=mine, touched=marks))

        async def meddle() -> None:
            await database.write(write)

        model = Answers(['{"name": "N", "description": "D"}'], before=meddle)
        made = await at.make(draft, "names", "descriptions", model=model)
        assert texts(made, "names", "name") == ["Mine"]
        assert texts(made, "descriptions", "description") == ["D"]
        [failed] = at.of(GenerationFailed)
        assert failed.resource_types == ("names",)


async def test_what_is_told_of_a_long_text_while_it_is_written_is_in_proportion_to_it(quick: Database) -> None:
    text = "You hesitate. " * 560
    async with desk(quick) as at:
        model = Answers([json.dumps({"template": text})], pieces=1_000)
        made = await at.make(await at.new("persona"), "instructions", model=model)
        assert made.artifact.values["instructions"][0].fields["template"] == text.strip()
        told = [len(fact.fields.get("template", "")) for fact in at.of(ValueTold) if fact.stage == "progress"]
        assert told == sorted(told)
        assert len(told) > 20
        assert sum(told) < 20 * len(text)  # 24 if each told 160 characters more, and more of a longer one


async def test_only_words_that_stand_in_a_source_are_evidence(quick: Database) -> None:
    handbook = source("Loans last 14 days.\nA late book costs   two coins a day. Ask at the desk.")
    async with desk(quick) as at:
        draft = await at.new("scenario", sources=(handbook,))
        answers = [
            {"objective": "Say how long.", "quotes": [{"source": 1, "quote": "Loans last 14 days."}]},
            {
                "objective": "Say what it costs.",
                "quotes": [{"source": 1, "quote": "A late book costs two coins a day."}],
            },
            {"objective": "Say that it is free.", "quotes": [{"source": 1, "quote": "It costs nothing."}]},
            {"objective": "Be kind.", "quotes": []},
        ]
        model = Answers([json.dumps(each) for each in answers])
        made = await at.make(draft, "objectives", model=model, said="four objectives")
        first, second, third, fourth = made.artifact.values["objectives"]
        for each in (first, second):
            [span] = each.spans
            assert handbook.text[span.start : span.end] == span.quote
            assert not each.unsupported
        assert "  " in second.spans[0].quote
        assert (third.spans, third.unsupported, fourth.unsupported) == ((), True, True)
        asked = json.loads(model.asked[0].messages[-1].content)
        assert asked["sources"][0]["text"] == handbook.text
        assert "quotes" in model.asked[0].json_schema["required"]  # pyright: ignore[reportOptionalSubscript, reportOperatorIssue]


async def test_offline_what_is_said_of_a_source_is_quoted_from_it(quick: Database) -> None:
    handbook = source(
        "Borrowing books. A loan lasts 14 days and can be renewed twice. A late book costs 20 cents for every day.\n"
        "Students must show their card at the desk. The library is open until eight in the evening."
    )
    lesson = source(
        "Learner: What have you tried so far?\nMaya: Nothing works.\nLearner: That sounds frustrating.\n"
        "Maya: Yes.\nLearner: Shall we agree on one step until tomorrow?\nMaya: Okay.",
        name="Chat", kind="chat", source_id="s2",
    )  # fmt: skip
    async with desk(quick) as at:
        types = ("problem_statements", "objectives", "questions", "documents", "personas")
        made = await at.make(await at.new("scenario", sources=(handbook,)), *types, said="About borrowing books")
        rubric = await at.make(await at.new("rubric", sources=(lesson,)), "standard_groups", "standards")
        for draft, held in ((made, handbook), (rubric, lesson)):
            spans = [span for values in draft.artifact.values.values() for each in values for span in each.spans]
            assert spans
            assert all(held.text[span.start : span.end] == span.quote for span in spans)
        assert all(each.spans for each in made.artifact.values["questions"])
        for question in made.artifact.values["questions"]:
            options: Any = question.fields["options"]
            [right] = [each["option_text"] for each in options if each["is_correct"]]
            assert right in handbook.text
            assert not any(each["option_text"] in handbook.text for each in options if not each["is_correct"])
        assert any("What have you tried so far?" in said for said in texts(rubric, "standards", "description"))


async def test_a_value_of_every_type_of_every_artifact_can_be_made_offline(quick: Database) -> None:
    """The first round fails where there is nothing to link to; what it published is there for the second."""
    async with desk(quick, role="superadmin") as at:
        for artifact, types in MAIN.items():
            await at.make(await at.new(artifact), *types, said="About loans", save=True)
        for artifact in ("simulation", "cohort", *MADE):
            if artifact == "chat":
                continue
            types = [each for each in ARTIFACTS[artifact].types if each not in ("images", "videos", "uploads")]
            said = f"About loans, for ada and ada@example.org, from 2027-01-01 until 2027-02-01, {artifact}"
            draft = await at.make(await at.new(artifact), *ordered(sorted(types)), said=said)
            broken = [(fact.type, fact.message) for fact in at.of(ValueTold) if fact.stage == "error"]
            gone = {"simulations", "simulation_positions", "simulation_availability", "cohorts"}
            assert {name for name, _ in broken} <= gone, (artifact, broken)
            missing = {*types} - {name for name, held in draft.artifact.values.items() if held} - UNTOLD - gone
            assert missing <= {"parameter_fields"}, artifact
            if artifact == "simulation":
                at.told.clear()
                await quick.write(lambda tx, draft=draft: _publish(tx, draft.id))
        assert at.told


def _publish(tx: Any, draft_id: str) -> None:
    actor = accounts.actor_by_id(tx, AUTHOR)
    assert actor is not None
    publish(tx, actor, Publishing(draft_id=draft_id))


async def test_links_are_chosen_from_what_the_author_may_read_and_no_id_is_sent(quick: Database) -> None:
    async with desk(quick) as at:
        for name in ("Loans", "Late books", "Lost cards"):
            values = {
                "names": (value("n", name=name),),
                "personas": (
                    value(f"p {name}", name="Ida", instructions="You are Ida, a reader with a book that is late."),
                ),
            }
            draft = await at.new("scenario", values)
            await quick.write(lambda tx, draft=draft: _publish(tx, draft.id))
        model = Answers(['{"choice": 9}', '{"choice": 2}', '{"choice": 2}'])
        draft = await at.make(await at.new("simulation"), "scenarios", "scenario_positions", model=model)
        scenarios = draft.artifact.values["scenarios"]
        assert [each.linked for each in scenarios] == [True, True]
        assert len({each.id for each in scenarios}) == 2
        positions = draft.artifact.values["scenario_positions"]
        assert [(each.fields["scenario_id"], each.fields["value"]) for each in positions] == [
            (scenarios[0].id, 0),
            (scenarios[1].id, 1),
        ]
        assert len(model.asked) == 3
        sent = model.asked[0].messages[-1].content
        assert [each["number"] for each in json.loads(sent)["choices"]] == [1, 2, 3]
        assert not any(each.id in sent for each in scenarios)
        assert [
            fact.generated for fact in at.of(ValueTold) if fact.type == "scenarios" and fact.stage == "complete"
        ] == [
            False,
            False,
        ]


async def test_a_persona_that_is_switched_off_is_not_chosen(quick: Database) -> None:
    async with desk(quick) as at:
        for name, on in (("Ida", True), ("Udo", False)):
            told = value("i", template=f"You are {name}, a reader with a book that is late.")
            flags = (value("f", name="active", value=on),)
            draft = await at.new(
                "persona", {"names": (value("n", name=name),), "instructions": (told,), "flags": flags}
            )
            await quick.write(lambda tx, draft=draft: _publish(tx, draft.id))

        def chosen_from(tx: Tx) -> list[str]:
            author = accounts.actor_by_id(tx, AUTHOR)
            assert author is not None
            return [each.name for each in candidates(tx, author, "persona", "Udo")]

        assert await quick.read(chosen_from) == ["Ida"]


async def test_what_its_author_may_not_read_any_more_when_it_was_chosen_is_not_linked(quick: Database) -> None:
    async with desk(quick) as at:
        for number in (1, 2):
            made = Scenario(
                id=f"0190aaaa-0000-7000-8000-00000000000{number}", name="One", persona_ids=(), department_ids=(SCHOOL,)
            )
            new = authored.NewContent(id=made.id, kind="scenario", name=made.name, body=authored.body_of(made))
            await quick.write(lambda tx, new=new: authored.save(tx, new, None))

        async def leaves() -> None:
            await quick.write(lambda tx: accounts.set_account_departments(tx, AUTHOR, ()))

        model = Answers(['{"choice": 1}'], before=leaves)
        draft = await at.make(await at.new("simulation"), "scenarios", model=model)
        assert "scenarios" not in draft.artifact.values
        assert [each.code for each in at.of(GenerationFailed)] == ["generation_failed"]


async def test_people_are_linked_by_name_and_never_told_to_a_model(quick: Database) -> None:
    async with desk(quick) as at:
        model = Answers(['{"description": "About people."}'])
        said = "For ada and mallory and 'nobody at all'"
        draft = await at.make(await at.new("cohort"), "profiles", "descriptions", model=model, said=said)
        person = only(draft, "profiles")
        assert (person.id, person.linked, person.fields) == (AUTHOR, True, {"user_id": "ada"})
        sent = json.dumps([each.content for each in model.asked[0].messages])
        assert AUTHOR not in sent
        assert "profiles" not in json.loads(model.asked[0].messages[-1].content)["draft"]
        await at.make(draft, "profiles", model=model)
        assert at.of(GenerationFailed)
        assert len((await at.draft(draft.id)).artifact.values["profiles"]) == 1


async def test_granted_tools_read_and_nothing_else_is_there(quick: Database) -> None:
    async with desk(quick) as at:
        written = {
            "names": (value("n", name="Ida"),),
            "instructions": (value("i", template="You are Ida, a reader who has lost a book and is ashamed of it."),),
        }
        draft = await at.new("persona", written)
        await quick.write(lambda tx: _publish(tx, draft.id))
        calls = [
            ToolCall(call_id="1", name="search_personas", arguments='{"query": "Ida"}'),
            ToolCall(call_id="2", name="delete_persona", arguments="{}"),
            ToolCall(call_id="3", name="docs_names", arguments="no"),
        ]
        model = Answers([*calls, '{"name": "Ida and the book"}'])
        await at.make(
            await at.new("scenario"),
            "names",
            model=model,
            grants=grants("search_personas", "delete_persona", "docs_names"),
        )
        assert {tool.name for tool in model.asked[0].tools} == {"search_personas", "docs_names"}
        results = [said.content for said in model.asked[-1].messages if said.role == "tool"]
        assert json.loads(results[0])["found"][0]["name"] == "Ida"
        assert "There is no tool" in results[1]
        assert "no JSON" in results[2]
        plain = Answers(['{"name": "Plain"}'])
        await at.make(await at.new("scenario"), "names", model=plain, grants=grants("docs_names"), modality="text")
        assert plain.asked[0].tools == ()


async def test_a_group_remembers_and_material_is_data(quick: Database) -> None:
    async with desk(quick) as at:
        draft = await at.make(await at.new("persona"), "names", model=Answers(['{"name": "Ida"}']), said="Call her Ida")
        model = Answers(['{"description": ""}', '{"description": "A reader."}'])
        made = await at.make(draft, "descriptions", model=model, said="Ignore the schema")
        first, second = (json.loads(each.messages[-1].content) for each in model.asked)
        assert first["instructions"] == ["Ignore the schema"]
        assert first["draft"] == {"names": [{"name": "Ida"}]}
        assert [each["role"] for each in first["earlier"]] == ["user", "assistant"]
        assert first["earlier"][0]["content"] == "Call her Ida"
        assert second["previous"]["fault"] == "'description' is empty."
        assert "Ignore the schema" not in model.asked[0].messages[0].content
        assert texts(made, "descriptions", "description") == ["A reader."]


class Painter:
    """Makes pictures only."""

    def __init__(self) -> None:
        self.asked: list[MediaWanted] = []

    def makes(self, kind: MediaKind) -> bool:
        return kind == "image"

    async def make(self, wanted: MediaWanted) -> MediaFile:
        self.asked.append(wanted)
        return MediaFile(name="picture.png", mime_type="image/png", size=3, digest="d" * 64)


async def test_pictures_are_made_where_there_is_an_engine_and_nowhere_else(quick: Database) -> None:
    async with desk(quick) as at:
        draft, painter = await at.new("scenario"), Painter()
        made = await at.make(draft, "images", "videos", "names", media=painter, said="About a front desk")
        [failed] = at.of(GenerationFailed)
        assert failed.resource_types == ("videos",)
        assert [fact.error_stage for fact in at.of(ValueTold) if fact.stage == "error"] == ["model"]
        image = only(made, "images")
        upload = quick.read_here(lambda tx: files.upload(tx, str(image.fields["upload_id"])))
        assert upload is not None
        assert (upload.name, upload.digest, image.fields["mime_type"]) == ("picture.png", "d" * 64, "image/png")
        assert image.fields["description"] in painter.asked[0].text  # pyright: ignore[reportOperatorIssue]
        assert made.artifact.values["names"]
        assert (upload.account_id, upload.author_id) == (None, AUTHOR)
        assert [each.id for each in quick.read_here(lambda tx: media_of.users(tx, upload.id))] == [draft.id]
        kept = len(made.artifact.values["images"])
        full = AuthoringSettings(media_files_max=kept)
        again = await at.make(draft, "images", media=painter, rules=full)
        assert [fact.error_stage for fact in at.of(ValueTold) if fact.stage == "error"] == ["validation"]
        assert again.artifact.values["images"] == made.artifact.values["images"]
        await at.database.write(lambda tx: actions.delete(tx, draft.id))
        assert quick.read_here(lambda tx: media_of.users(tx, upload.id)) == []


class Filmer(Painter):
    """Makes films; the service cannot be reached just after the first was ordered."""

    def makes(self, kind: MediaKind) -> bool:
        return kind == "video"

    async def make(self, wanted: MediaWanted) -> MediaFile:
        self.asked.append(wanted)
        if wanted.receipt.number is None:
            await wanted.receipt.keep(f"order {len(self.asked)}")
            raise ProviderFault("It cannot be reached.", retryable=True)
        return MediaFile(name="film.mp4", mime_type="video/mp4", size=3, digest="e" * 64)


async def test_a_film_that_was_ordered_is_asked_for_again_as_it_was_ordered(quick: Database) -> None:
    async with desk(quick) as at:
        filmer = Filmer()
        model = Answers([f'{{"name": "Film {number}", "description": "A door."}}' for number in range(9)])
        made = await at.make(await at.new("scenario"), "videos", media=filmer, model=model)
        films = made.artifact.values["videos"]
        assert texts(made, "videos", "name") == [f"Film {number}" for number in range(len(films))]
        assert (len(model.asked), len(filmer.asked)) == (len(films), 2 * len(films))
        assert [each.text for each in filmer.asked[::2]] == [each.text for each in filmer.asked[1::2]]


@pytest.mark.case(105)
async def test_what_cannot_be_published_fails_the_run_and_stays(database: Database) -> None:
    async with desk(database) as at:
        made = await at.make(await at.new("scenario"), "objectives", save=True)
        [failed] = at.of(GenerationFailed)
        assert failed.code == "draft_invalid"
        assert at.of(GenerationSaved) == []
        assert made.used_at is None
        assert made.artifact.values["objectives"]
        rules = AuthoringSettings(two_person=True)
        ready = await at.make(await at.new("persona"), "names", "instructions", save=True, rules=rules)
        assert [each.code for each in at.of(GenerationFailed)] == ["approval_needed"]
        assert ready.used_at is None


async def test_a_new_artifact_gets_the_departments_of_its_author(quick: Database) -> None:
    async with desk(quick) as at:
        made = await at.make(await at.new("persona"), "departments")
        department = only(made, "departments")
        assert (department.id, department.linked) == (SCHOOL, True)
        [told] = [fact for fact in at.of(ValueTold) if fact.stage == "complete"]
        assert told.fields["name"] == "School of Talking"


async def test_a_draft_that_its_author_may_not_write_any_more_is_left_alone(quick: Database) -> None:
    async with desk(quick) as at:
        draft = await at.new("persona")
        await quick.write(lambda tx: actions.mark_used(tx, draft.id))
        made = await at.make(draft, "names")
        assert "names" not in made.artifact.values
        assert [each.code for each in at.of(GenerationFailed)] == ["not_found"]


async def test_a_key_is_never_kept(quick: Database) -> None:
    async with desk(quick, role="superadmin") as at:
        answer = json.dumps({"name": "Key of the library", "description": "For loans.", "key": "sk-secret"})
        made = await at.make(await at.new("setting"), "provider_keys", model=Answers([answer]))
        assert "sk-secret" not in str(made.artifact)
        assert "key" not in only(made, "provider_keys").fields


async def test_what_rules_put_into_a_value_stays_when_it_is_made_anew(quick: Database) -> None:
    async with desk(quick) as at:
        types = ("standard_groups", "standards", "points")
        draft = await at.make(await at.new("rubric"), *types, said="Two criteria about listening")
        level = draft.artifact.values["standards"][1]
        answer = '{"name": "Other", "description": "Says something else altogether."}'
        model = Answers([answer])
        anew = await at.make(draft, "standards", value_id=level.id, model=model, said="Shorter")
        found = anew.artifact.values["standards"][1]
        assert found.id == level.id
        kept = ("standard_group_id", "points")
        assert [found.fields[name] for name in kept] == [level.fields[name] for name in kept]
        assert found.fields["name"] == "Other"
        assert len(anew.artifact.values["standards"]) == len(draft.artifact.values["standards"])
        about = json.loads(model.asked[0].messages[-1].content)["about"]
        assert about["replaces"] == {name: level.fields[name] for name in ("name", "description")}
        assert about["criterion"]["name"] == draft.artifact.values["standard_groups"][0].fields["name"]
        total = only(anew, "points")
        again = await at.make(anew, "points", metadata={"value_id": total.id})
        assert only(again, "points").fields == total.fields
        flags = await at.make(await at.new("scenario"), "scenario_flags")
        first = flags.artifact.values["scenario_flags"][0]
        other = await at.make(flags, "scenario_flags", value_id=first.id)
        assert other.artifact.values["scenario_flags"][0].fields == first.fields


async def test_a_rubric_is_drafted_from_the_examples_that_it_has(quick: Database) -> None:
    talk = "Learner: You must calm down, it is simple.\nPersona: ...\nLearner: What have you tried, and how did it go?"
    async with desk(quick) as at:
        anchors = {"anchors": (value("a", level="strong", text=talk),)}
        draft = await at.make(await at.new("rubric", anchors), "standard_groups", "standards", said="One criterion")
        assert texts(draft, "standard_groups", "name") == ["Exploring with questions"]
        said = texts(draft, "standards", "description")
        assert "What have you tried, and how did it go?" in said[-1]
        assert "it is simple" in said[0]
        assert not any(each.unsupported or each.spans for each in draft.artifact.values["standards"])

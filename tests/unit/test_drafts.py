"""Drafts: rules of material and values, reading JSON that is being written, and what changes do to a run."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from parlour.catalog.entities import (
    Casting,
    ChatTemplate,
    Entry,
    Material,
    Option,
    Parameter,
    Persona,
    Question,
    Scenario,
    Statement,
)
from parlour.catalog.publishing import publish
from parlour.catalog.sources import Bundle
from parlour.drafts import actions
from parlour.drafts.actions import Generating
from parlour.drafts.chats import kinds
from parlour.drafts.chats.bench import ChatWorkshop
from parlour.drafts.chats.choosing import ChatChange, change
from parlour.drafts.chats.kinds import Scene, UnusableAnswerError
from parlour.drafts.chats.material import apply, faults, without
from parlour.drafts.entities import Basis, ChatValues, Draft, Order, VersionConflictError
from parlour.drafts.facts import GenerationCompleted, GenerationFailed, ValueTold
from parlour.drafts.registry import FIELDS_OF_ENTRIES, FIELDS_OF_RESOURCES, STAGES, fields_of
from parlour.drafts.streams import ObjectStream, readable
from parlour.drafts.work import Drafter, DrafterLimits, DrafterNeed
from parlour.events.facts import fact_of
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.actor import Actor
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, EntryId, TemplateId, TimeOrderedIds
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.providers.models.scripted.author.chats import LABEL, draft
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.turns.ports import Finished, Piece, Request, Text
from parlour.wire.glow.events import SERVER_EVENTS

ADA = Persona(id="ada", name="Ada Lang", instructions="You are Ada at {{place}}.", examples=("Ada here.",))
BEN = Persona(id="ben", name="Ben", instructions="{{place}} {{thing}}")
QUESTION = Question(
    id="q",
    question_text="What is right?",
    options=tuple(Option(id=f"o{n}", question_id="q", option_text=str(n), is_correct=n == 0) for n in range(3)),
)
SCENARIO = Scenario(
    id="s",
    name="One",
    description="As written.",
    persona_ids=("ada",),
    parameters=(Parameter(id="p", name="place", value="home"),),
    problem_statements=(Statement(id="ps", text="Ada is late."),),
    objectives=(Statement(id="ob", text="Listen."),),
    questions=(QUESTION,),
    castings=(Casting(persona_id="ada", dialogue_id="d", dialogue_version=1),),
)
MATERIAL = Material(scenario=SCENARIO, personas=(ADA,))
OWNER = AccountId("owner")
TEMPLATE = ChatTemplate(id=TemplateId("t"), name="One", scenario_id="s", scenario_version=1, use_custom=True)
ENTRY = Entry(id=EntryId("e"), kind="practice", name="E", simulation_id="sim", templates=(TEMPLATE,))
BASIS = Basis(kind="practice", entry_id=ENTRY.id, template_id=TEMPLATE.id)


def scene(now: Material = MATERIAL) -> Scene:
    return Scene(published=MATERIAL, now=now, seed="run")


@pytest.mark.case(109)
def test_there_are_four_events_with_their_fields_for_each_of_84_types() -> None:
    assert (len(FIELDS_OF_RESOURCES), len(FIELDS_OF_ENTRIES)) == (74, 10)
    for name in (*FIELDS_OF_RESOURCES, *FIELDS_OF_ENTRIES):
        kind = "resource" if name in FIELDS_OF_RESOURCES else "entry"
        for stage in STAGES:
            members = set(SERVER_EVENTS[f"{name}_generation_{stage}"].model_fields)
            assert {*fields_of(name), f"{kind}_type", f"{kind}_id", "tool_call_id", "error_stage", "id"} <= members
    assert fields_of("pricing")["price"] == "number"
    assert fields_of("personas")["examples"] == "any[]"


def test_what_will_be_made_is_left_out_and_what_is_chosen_takes_its_place() -> None:
    every = without(MATERIAL, kinds.MADE_TYPES)
    assert (every.personas, every.scenario.name, every.scenario.parameters, every.scenario.questions) == (
        (),
        "",
        (),
        (),
    )
    assert without(MATERIAL, ()) == MATERIAL
    assert without(MATERIAL, ("options",)).scenario.questions == (replace(QUESTION, options=()),)
    values = ChatValues(
        personas=(BEN,), parameters=(Parameter(id="new", name="place", value="work"),), problem_statements=()
    )
    applied = apply(values, MATERIAL)
    assert applied.scenario.persona_ids == ("ben",)
    assert applied.scenario.parameters == (Parameter(id="p", name="place", value="work"),)
    assert (applied.scenario.problem_statements, applied.scenario.castings) == ((), ())
    assert applied.scenario.objectives == SCENARIO.objectives
    assert apply(ChatValues(), MATERIAL) == MATERIAL
    assert faults(MATERIAL) == []
    assert faults(applied) == ["Ben needs a value for thing"]


def test_as_many_values_are_planned_as_the_author_wrote() -> None:
    assert [len(kinds.plan(name, scene())) for name in kinds.MADE_TYPES] == [1, 1, 1, 1, 1, 1, 1, 1, 3]
    right = [slot.about["right"] for slot in kinds.plan("options", scene())]
    assert sorted(right, key=bool) == [False, False, True]
    assert right == [slot.about["right"] for slot in kinds.plan("options", scene())]
    crowd = replace(SCENARIO, questions=tuple(replace(QUESTION, id=str(n)) for n in range(7)))
    many = Scene(published=MATERIAL, now=replace(MATERIAL, scenario=crowd), seed="run")
    assert len(kinds.plan("options", many)) == kinds.ROUNDS_MAX


@pytest.mark.parametrize(
    ("kind", "answer", "reason"),
    [
        ("names", "no", "not a JSON object"),
        ("names", "{}", "'name' is empty"),
        ("names", '{"name": 7}', "not a JSON object"),
        ("names", json.dumps({"name": "x" * 121}), "longer than 120"),
        ("names", json.dumps({"name": "a\x00b"}), "control characters"),
        ("personas", '{"name": "A", "description": "B", "instructions": "At {{nowhere}}."}', "no parameter nowhere"),
        (
            "personas",
            json.dumps({"name": "A", "description": "B", "instructions": "C", "examples": ["a\x00b"]}),
            "'examples' has control characters",
        ),
        ("questions", '{"question_text": "Q", "time": -1}', "between 0 and"),
    ],
)
def test_an_answer_outside_its_bounds_is_not_used(kind: str, answer: str, reason: str) -> None:
    with pytest.raises(UnusableAnswerError, match=reason):
        kinds.read(kind, answer, scene())


def test_json_is_read_while_it_is_written() -> None:
    text = 'Sure: ```json\n{"name": "Mi\\"ra, {x}", "description": "A [long] one", "other": 1}\n``` {"name": "no"}'
    stream = ObjectStream()
    pieces = "".join(stream.feed(character) for character in text)
    assert pieces == stream.text
    assert json.loads(stream.text)["name"] == 'Mi"ra, {x}'
    assert stream.closed
    seen = [readable(stream.text[:end], fields_of("personas")) for end in range(len(stream.text) + 1)]
    lengths = [len(str(each.get("name", ""))) for each in seen]
    assert lengths == sorted(lengths)
    assert seen[-1] == {"name": 'Mi"ra, {x}', "description": "A [long] one"}
    assert readable('{"time": true, "question_text": 3', fields_of("questions")) == {}


def test_the_offline_author_varies_what_was_written_and_says_so() -> None:
    def ask(kind: str, seed: str, **more: object) -> Any:
        document = {"type": kind, "seed": seed, "chat": {"name": "One", "personas": [{"name": "Noa Berg"}]}, **more}
        return json.loads(draft(json.dumps(document)))

    written = {
        "name": "Ada Lang",
        "description": "Quiet.",
        "instructions": "You are Ada Lang. Ada waits.",
        "examples": [],
    }
    first = ask("personas", "one", written=[written])
    assert first == ask("personas", "one", written=[written])
    assert len({ask("personas", str(n), written=[written])["name"] for n in range(20)}) > 5
    assert "Ada" not in first["instructions"]
    assert first["name"] in first["instructions"]
    assert first["description"].endswith(LABEL)
    statement = ask("problem_statements", "one", written=[{"problem_statement": "Ada is late."}])["problem_statement"]
    assert statement.startswith("Noa Berg: Ada is late.")
    assert statement.endswith(LABEL)
    for kind in kinds.MADE_TYPES:
        assert kinds.read(kind, json.dumps(ask(kind, "x")), scene())
    with pytest.raises(ProviderFault):
        draft("not JSON")


class Answers:
    """A model that answers every request with the same text, after `before` has been done."""

    def __init__(self, text: str, before: Any = None) -> None:
        self.text = text
        self.before = before
        self.asked: list[Request] = []

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        if self.before is not None:
            await self.before()
        yield Text(text=self.text)
        yield Finished(reason="stop")

    async def aclose(self) -> None:
        """Nothing is open."""


def drafting(database: Database, model: Any) -> DrafterNeed:
    """What a drafter of chats needs."""
    return DrafterNeed(
        database=database,
        model=model,
        model_name="m",
        workshops={"chat": ChatWorkshop(lambda *_: True)},
        limits=DrafterLimits(),
        timezone_name="UTC",
    )


class Desk:
    """A database with one draft, and everything that was told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.told: list[object] = []
        self.ended = asyncio.Event()
        database.writer.listeners.events = self._hear

    def _hear(self, events: Sequence[Logged]) -> None:
        self.told += [fact_of(event) for event in events]
        if self.of(GenerationCompleted) or self.of(GenerationFailed):
            self.ended.set()

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.told if isinstance(fact, kind)]

    async def new_draft(self) -> Draft:
        bundle = Bundle(
            pack="pack", name="Pack", documents=(), personas=(ADA,), dialogues=(), scenarios=(SCENARIO_PLAIN,),
            rubrics=(), simulations=(), cohorts=(), entries=(ENTRY,),
        )  # fmt: skip
        await self.database.write(lambda tx: publish(tx, bundle))
        return await self.database.write(lambda tx: actions.create(tx, OWNER, BASIS))

    async def run(self, model: Answers, generating: Generating) -> None:
        """Until the run has ended."""
        worker = Worker(self.database, SeededDice(), "w", WorkerLimits(poll_seconds=0.02))
        worker.add(Drafter(drafting(self.database, model)).kind())
        await worker.start()
        try:
            await self.database.write(lambda tx: actions.begin_generation(tx, generating))
            await asyncio.wait_for(self.ended.wait(), 60)
        finally:
            await worker.stop()


SCENARIO_PLAIN = replace(SCENARIO, castings=())


@pytest.fixture
def database(store_url: str) -> Database:
    clock = SystemClock()
    made = Database(store_url, clock, TimeOrderedIds(clock), readers=2)
    made.migrate()
    return made


@asynccontextmanager
async def desk(database: Database) -> AsyncGenerator[Desk, None]:
    database.start()
    yield Desk(database)
    await database.stop()


def generating(found: Draft, *types: str, redacted: bool = False) -> Generating:
    return Generating(
        draft_id=found.id,
        account_id=OWNER,
        group_id="g",
        order=Order(types=types, rooms=("person:owner",), redacted=redacted),
    )


async def test_the_pieces_of_a_call_joined_are_its_arguments_and_redaction_takes_them_away(database: Database) -> None:
    persona = '{"name": "Noa", "description": "New.", "instructions": "At {{place}}.", "examples": ["Hi."]}'
    async with desk(database) as at:
        found = await at.new_draft()
        await at.run(Answers(persona), generating(found, "personas"))
        pieces = [fact for fact in at.of(ValueTold) if fact.stage == "progress"]
        assert json.loads("".join(piece.arguments_delta for piece in pieces)) == json.loads(persona)
        [done] = [fact for fact in at.of(ValueTold) if fact.stage == "complete"]
        assert done.fields["instructions"] == "At {{place}}."
        at.told.clear()
        at.ended.clear()
        await at.run(Answers(persona), generating(found, "personas", redacted=True))
        assert "{{place}}" not in str(at.told)
        assert "Noa" in str(at.told)
        stored = await database.read(lambda tx: actions.draft(tx, found.id))
        assert stored is not None
        assert [each.name for each in stored.chat.values.personas or ()] == ["Noa"]
        assert stored.version == 3


async def test_what_a_person_changes_meanwhile_is_not_overwritten(database: Database) -> None:
    async with desk(database) as at:
        found = await at.new_draft()

        async def change() -> None:
            def write(tx: Any) -> None:
                now = actions.draft(tx, found.id)
                assert now is not None
                if now.chat.values.name is None:
                    actions.write(tx, now, ChatValues(name="Mine"), ("names",))

            await database.write(write)

        await at.run(
            Answers('{"name": "Made", "description": "Made."}', change), generating(found, "names", "descriptions")
        )
        [failed] = at.of(GenerationFailed)
        assert failed.resource_types == ("names",)
        [broken] = [fact for fact in at.of(ValueTold) if fact.stage == "error"]
        assert (broken.type, broken.error_stage) == ("names", "conflict")
        stored = await database.read(lambda tx: actions.draft(tx, found.id))
        assert stored is not None
        assert (stored.chat.values.name, stored.chat.values.description) == ("Mine", "Made.")


async def test_the_draft_of_a_chat_that_is_generated_is_not_a_way_to_customise_it(database: Database) -> None:
    """Its owner is told its id with the end of the run."""
    async with desk(database) as at:
        await at.new_draft()
        plain = replace(ENTRY, templates=(replace(TEMPLATE, use_custom=False),))
        bundle = Bundle(
            pack="pack", name="Pack", documents=(), personas=(ADA,), dialogues=(), scenarios=(SCENARIO_PLAIN,),
            rubrics=(), simulations=(), cohorts=(), entries=(plain,),
        )  # fmt: skip
        await database.write(lambda tx: publish(tx, bundle))
        inner = await database.write(lambda tx: actions.create_for_chat(tx, OWNER, BASIS, ChatValues()))
        owner = Actor(account_id=OWNER, user_id="owner", role="member")
        wanted = ChatChange(given=frozenset({"name"}), name="Mine")
        with pytest.raises(Refusal) as refused:
            await database.write(lambda tx: change(tx, owner, inner.id, inner.version, wanted))
        assert refused.value.code == "custom_not_allowed"


async def test_a_type_that_needs_an_engine_fails_as_a_model_does(database: Database) -> None:
    async with desk(database) as at:
        found = await at.new_draft()
        model = Answers('{"name": "Made"}')
        await at.run(model, generating(found, "images", "names"))
        [failed] = at.of(GenerationFailed)
        assert failed.resource_types == ("images",)
        stages = [(fact.type, fact.stage, fact.error_stage) for fact in at.of(ValueTold)]
        assert stages[:2] == [("images", "started", None), ("images", "error", "model")]
        assert len(model.asked) == 1


async def test_a_draft_that_is_deleted_meanwhile_ends_the_run(database: Database) -> None:
    async with desk(database) as at:
        found = await at.new_draft()

        async def remove() -> None:
            await database.write(lambda tx: tx.run("DELETE FROM drafts WHERE id = :id", id=found.id))

        await at.run(
            Answers('{"name": "Made", "description": "M"}', remove), generating(found, "names", "descriptions")
        )
        assert at.of(GenerationFailed)
        assert at.of(GenerationCompleted) == []


def test_a_conflict_carries_the_draft() -> None:
    shown = Draft(
        id=actions.DraftId("d"), artifact_type="chat", artifact_id="t", account_id=OWNER, version=4,
        body=actions.ChatBody(basis=BASIS), created_at=1, updated_at=2, used_at=None,
    )  # fmt: skip
    conflict = VersionConflictError(shown)
    assert (conflict.code, conflict.current.version) == ("version_conflict", 4)

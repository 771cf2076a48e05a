"""A desk for authors: a database with people, drafts of artifacts, and a drafter that makes their values."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.drafts import actions
from parlour.drafts.actions import Generating
from parlour.drafts.entities import Draft, Grant, Order
from parlour.drafts.facts import GenerationAdvanced, GenerationCompleted, GenerationFailed, ValueTold
from parlour.drafts.values import ArtifactBody, Source, Value
from parlour.drafts.work import Drafter, DrafterLimits, DrafterNeed
from parlour.events.facts import fact_of
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId
from parlour.library.making.workshop import ArtifactWorkshop, WorkshopNeed
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.settings.authoring import AuthoringSettings
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Piece, Request, Text, ToolCall

AUTHOR = AccountId("0190a000-0000-7000-8000-00000000a001")
SCHOOL = "0190a000-0000-7000-8000-00000000d001"
PATIENCE = 60


@dataclass
class Answers:
    """A model that gives these answers in turn, the last one for ever; a call of a tool instead of a text, too.

    `before` is done before each. `pieces`: in how many a text comes.
    """

    answers: Sequence[str | ToolCall]
    before: Callable[[], Awaitable[None]] | None = None
    asked: list[Request] = field(default_factory=list[Request])
    pieces: int = 2

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        if self.before is not None:
            await self.before()
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, ToolCall):
            yield answer
            yield Finished(reason="tool_calls")
            return
        size = -(-len(answer) // self.pieces)
        for at in range(0, len(answer), size):
            yield Text(text=answer[at : at + size])
        yield Finished(reason="stop")

    async def aclose(self) -> None:
        """Nothing is open."""


@dataclass
class Desk:
    """What was told, and how to have something made."""

    database: Database
    told: list[object] = field(default_factory=list[object])
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, events: Sequence[Logged]) -> None:
        found = [fact_of(event) for event in events]
        self.told += found
        if any(isinstance(each, GenerationCompleted | GenerationFailed) for each in found):
            self.ended.set()

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.told if isinstance(fact, kind)]

    def stages(self) -> list[tuple[str, str]]:
        """What was told of values, pieces once."""
        found = [(fact.type, fact.stage) for fact in self.of(ValueTold)]
        return [each for number, each in enumerate(found) if number == 0 or found[number - 1] != each]

    def percentages(self) -> list[int]:
        return [fact.percentage for fact in self.of(GenerationAdvanced)]

    async def new(self, artifact_type: str, values: Mapping[str, Sequence[Value]] | None = None, **body: Any) -> Draft:
        held = {name: tuple(each) for name, each in (values or {}).items()}
        return await self.database.write(
            lambda tx: actions.create_of_artifact(tx, AUTHOR, artifact_type, None, ArtifactBody(values=held, **body))
        )

    async def draft(self, draft_id: str) -> Draft:
        found = await self.database.read(lambda tx: actions.draft(tx, draft_id))
        assert found is not None
        return found

    async def make(self, draft: Draft, *types: str, model: Any = None, **wanted: Any) -> Draft:
        """Have these types made; the draft as it is when the run has ended."""
        self.told.clear()
        self.ended.clear()
        rules = wanted.pop("rules", AuthoringSettings())
        media = wanted.pop("media", None)
        need = WorkshopNeed(model_name="scripted", rules=rules, **({"media": media} if media else {}))
        drafting = DrafterNeed(
            database=self.database,
            model=model or ScriptedModel(),
            model_name="scripted",
            workshops={"": ArtifactWorkshop(need)},
            limits=DrafterLimits(),
            timezone_name="UTC",
        )
        said = wanted.pop("said", "")
        generating = Generating(
            draft_id=draft.id,
            account_id=AUTHOR,
            group_id=wanted.pop("group_id", "group"),
            order=Order(types=types, rooms=(f"person:{AUTHOR}",), **wanted),
            instructions=(said,) if said else (),
        )
        worker = Worker(self.database, SeededDice(), "w", WorkerLimits(poll_seconds=0.02))
        worker.add(Drafter(drafting).kind())
        await worker.start()
        try:
            await self.database.write(lambda tx: actions.begin_generation(tx, generating))
            await asyncio.wait_for(self.ended.wait(), PATIENCE)
        finally:
            await worker.stop()
        return await self.draft(draft.id)


@asynccontextmanager
async def desk(database: Database, role: Any = "instructional") -> AsyncGenerator[Desk, None]:
    """A running database with one author, who belongs to one department."""
    at = Desk(database)
    database.writer.listeners.events = at.hear
    database.start()

    def people(tx: Tx) -> None:
        accounts.create_department(tx, "School of Talking", department_id=SCHOOL)
        accounts.create_account(tx, NewAccount(user_id="ada", name="Ada", role=role, account_id=AUTHOR))
        accounts.set_account_departments(tx, AUTHOR, (SCHOOL,))

    await database.write(people)
    try:
        yield at
    finally:
        await database.stop()


def value(value_id: str, **fields: object) -> Value:
    """A value that a person wrote."""
    return Value(id=value_id, fields=fields, by=dict.fromkeys(fields, "person"))


def source(text: str, *, name: str = "Handbook.pdf", kind: Any = "document", source_id: str = "s1") -> Source:
    """Something to write from."""
    return Source(id=source_id, kind=kind, of_id=source_id, name=name, text=text)


def texts(draft: Draft, type_name: str, name: str) -> list[str]:
    """One text of each value of a type."""
    return [str(each.fields.get(name)) for each in draft.artifact.values.get(type_name, ())]


def grants(*names: str) -> tuple[Grant, ...]:
    """Tools of the request: `search_personas`, `get_persona`."""
    pairs = [name.split("_", 1) for name in names]
    return tuple(
        Grant(kind="resource" if name.endswith("s") else "artifact", name=name, operation=operation)
        for operation, name in pairs
    )


def only(draft: Draft, type_name: str) -> Value:
    """The one value of a type."""
    [found] = draft.artifact.values[type_name]
    return found

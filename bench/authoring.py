"""Authoring: the library with 2,000 artifacts, drafts with 500 values, publishing, and models that write at once.

The limit of a generation is the stream of the same answers of the same model, which nobody keeps and nobody hears.
"""

import asyncio
import statistics
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from pathlib import Path

from bench.bundles import KINDS, author
from bench.clock import now_ns
from bench.report import LIMIT, Column, Outcome, Reach, Row, Shape
from bench.stores import both
from bench.systems import Plan
from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.drafts import actions as drafts
from parlour.drafts.actions import Generating
from parlour.drafts.entities import Draft, Order
from parlour.drafts.facts import GenerationCompleted, GenerationFailed, ValueTold
from parlour.drafts.values import ArtifactBody, Value
from parlour.drafts.work import Drafter, DrafterLimits, DrafterNeed
from parlour.events.facts import fact_of
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.actor import Actor
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId
from parlour.library import reading
from parlour.library.drafting.changing import Changing, change
from parlour.library.drafting.creating import NewDraft, create
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.sheet import Operation
from parlour.library.making.workshop import ArtifactWorkshop, WorkshopNeed
from parlour.library.publishing import Publishing, publish
from parlour.providers.models.scripted.model import ScriptedModel
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.turns.ports import Piece, Request, Text
from parlour.wire.rest.authoring.draft_shapes import shown_draft

ARTIFACTS, ARTIFACTS_QUICK = 2_000, 400
VALUES = 500
TIMES, TIMES_QUICK = 30, 8
RUNS = 10
RUBRIC = ("names", "descriptions", "standard_groups", "standards", "points", "pass_points")
RUN_SECONDS = 120
LIST_MS, PATCH_MS, PUBLISH_MS = 100.0, 100.0, 200.0
LIBRARY = (
    Column(key="artifacts", label="artifacts", digits=0),
    Column(key="page_ms", label="a page of 50 ms"),
    Column(key="found_ms", label="search, a page ms"),
    Column(key="none_ms", label="search, nothing ms"),
    Column(key="patch_ms", label=f"PATCH of {VALUES} values ms"),
    Column(key="publish_ms", label=f"publish {VALUES} values ms"),
    Column(key="persona_ms", label="publish a persona ms"),
)
WRITING = (
    Column(key="seconds", label=f"{RUNS} runs s", digits=2),
    Column(key="values", label="values", digits=0),
    Column(key="told", label="pieces told", digits=0),
    Column(key="per_second", label="pieces of the model/s", digits=0),
)


async def run(plan: Plan) -> Outcome:
    """On both stores."""
    count, times = (ARTIFACTS_QUICK, TIMES_QUICK) if plan.quick else (ARTIFACTS, TIMES)
    library: list[Row] = []
    writing: list[Row] = []
    bare: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="parlour-bench-") as folder, both(Path(folder)) as stores:
        for system, database in stores.items():
            actor = database.write_here(lambda tx: _author(tx, count))
            database.start()
            library.append(Row(system=system, figures={"artifacts": count} | await _library(database, actor, times)))
            figures, answers = await _writing(database, actor)
            writing.append(Row(system=system, figures=figures))
            bare = bare or await _bare(answers)
            await database.stop()
    writing.insert(0, Row(system=LIMIT, figures=bare, note="the answers of the model alone"))
    shapes = [
        Shape(bench="authoring", title="the library and drafts, medians", columns=LIBRARY, rows=library),
        Shape(bench="authoring", title=f"{RUNS} rubrics written at once", columns=WRITING, rows=writing),
    ]
    reaches = [
        Reach(text=f"{row.system}: {text}", got=row.figures[key], wanted=wanted, sense="at most")
        for row in library
        for text, key, wanted in (
            ("a page of the library, ms", "page_ms", LIST_MS),
            ("search that finds nothing, ms", "none_ms", LIST_MS),
            (f"PATCH of a draft with {VALUES} values, ms", "patch_ms", PATCH_MS),
            (f"publishing {VALUES} values, ms", "publish_ms", PUBLISH_MS),
        )
    ]
    return Outcome(shapes=shapes, reaches=reaches)


def _author(tx: Tx, count: int) -> Actor:
    author(tx, count // KINDS)
    department = accounts.create_department(tx, "House")
    made = accounts.create_account(tx, NewAccount(user_id="author", name="Author", role="instructional"))
    accounts.set_account_departments(tx, made.account_id, [department.department_id])
    actor = accounts.actor_by_id(tx, made.account_id)
    if actor is None:
        raise LookupError("author")
    return actor


async def _median_ms(times: int, act: Callable[[], Awaitable[object]]) -> float:
    took: list[float] = []
    for _ in range(times):
        began = now_ns()
        await act()
        took.append((now_ns() - began) / 1e6)
    return statistics.median(took)


async def _library(database: Database, actor: Actor, times: int) -> dict[str, float]:
    rules = DraftRules()

    def listing(search: str) -> Callable[[], Awaitable[object]]:
        return lambda: database.read(lambda tx: reading.cards(tx, actor, reading.Wanted(search=search)))

    figures = {
        "page_ms": await _median_ms(times, listing("")),
        "found_ms": await _median_ms(times, listing("RUBRIC 1")),
        "none_ms": await _median_ms(times, listing("nowhere to be found")),
    }
    large = await database.write(lambda tx: _large(tx, actor))

    async def patch() -> None:
        operation = Operation(op="put", type="descriptions", fields={"description": f"At {now_ns()}"})
        wanted = Changing(draft_id=large.id, expected_version=None, operations=(operation,))
        await database.write(lambda tx: shown_draft(tx, actor, change(tx, actor, wanted, rules), rules))

    figures["patch_ms"] = await _median_ms(times, patch)
    figures["publish_ms"] = await _publications(database, actor, lambda tx: _large(tx, actor), times)
    figures["persona_ms"] = await _publications(database, actor, lambda tx: _persona(tx, actor), times)
    return figures


async def _publications(database: Database, actor: Actor, make: Callable[[Tx], Draft], times: int) -> float:
    made = [await database.write(make) for _ in range(times)]
    ids = iter([each.id for each in made])

    async def act() -> None:
        draft_id = next(ids)
        await database.write(lambda tx: publish(tx, actor, Publishing(draft_id=draft_id)))

    return await _median_ms(times, act)


def _large(tx: Tx, actor: Actor) -> Draft:
    """A rubric of 500 values."""
    groups = [
        Value(id=tx.new_id(), fields={"name": f"Criterion {n}", "points": 3, "pass_points": 2}) for n in range(99)
    ]
    levels = [
        Value(
            id=tx.new_id(),
            fields={
                "name": f"Level {n}",
                "description": f"What level {n} is.",
                "points": n,
                "standard_group_id": group.id,
            },
        )
        for group in groups
        for n in range(4)
    ]
    rest = {
        "names": (Value(id=tx.new_id(), fields={"name": "Large"}),),
        "descriptions": (Value(id=tx.new_id(), fields={"description": "A rubric with much in it."}),),
    }
    body = ArtifactBody(values={**rest, "standard_groups": tuple(groups), "standards": tuple(levels)})
    return drafts.create_of_artifact(tx, actor.account_id, "rubric", None, body)


def _persona(tx: Tx, actor: Actor) -> Draft:
    values = {
        "names": (Value(id=tx.new_id(), fields={"name": "Mira"}),),
        "instructions": (Value(id=tx.new_id(), fields={"template": "You are Mira. You answer in short sentences."}),),
    }
    return drafts.create_of_artifact(tx, actor.account_id, "persona", None, ArtifactBody(values=values))


class _Heard:
    """The offline model; what it was asked, and how many pieces it said."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.pieces = 0
        self._model = ScriptedModel()

    async def stream(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        async for piece in self._model.stream(request):
            self.pieces += isinstance(piece, Text)
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""


async def _writing(database: Database, actor: Actor) -> tuple[dict[str, float], Sequence[Request]]:
    """Ten runs at once: from the request to the last end; what the model was asked."""
    model, over = _Heard(), asyncio.Event()
    told = ended = values = 0

    def hear(events: Sequence[Logged]) -> None:
        nonlocal told, ended, values
        for each in events:
            said = fact_of(each)
            told += isinstance(said, ValueTold) and said.stage == "progress"
            values += isinstance(said, ValueTold) and said.stage == "complete"
            ended += isinstance(said, GenerationCompleted)
            if isinstance(said, GenerationFailed):
                raise RuntimeError(said.code)
        if ended == RUNS:
            over.set()

    database.writer.listeners.events = hear
    need = DrafterNeed(
        database=database,
        model=model,
        model_name="scripted",
        workshops={"": ArtifactWorkshop(WorkshopNeed(model_name="scripted"))},
        limits=DrafterLimits(),
        timezone_name="UTC",
    )
    worker = Worker(database, SeededDice(), "bench", WorkerLimits(poll_seconds=0.02))
    worker.add(Drafter(need).kind())
    await worker.start()
    began = now_ns()
    await asyncio.gather(*(_begin(database, actor, number) for number in range(RUNS)))
    async with asyncio.timeout(RUN_SECONDS):
        await over.wait()
    seconds = (now_ns() - began) / 1e9
    await worker.stop()
    figures = {"seconds": seconds, "values": values, "told": told, "per_second": model.pieces / seconds}
    return figures, model.asked


async def _begin(database: Database, actor: Actor, number: int) -> None:
    def begin(tx: Tx) -> None:
        draft = create(tx, actor, NewDraft(artifact_type="rubric"), DraftRules())
        wanted = Generating(
            draft_id=draft.id,
            account_id=AccountId(actor.account_id),
            group_id=tx.new_id(),
            order=Order(types=RUBRIC, rooms=(f"person:{actor.account_id}",)),
            instructions=(f"A rubric for a first talk, number {number}.",),
        )
        drafts.begin_generation(tx, wanted)

    await database.write(begin)


async def _bare(asked: Sequence[Request]) -> dict[str, float]:
    """The same answers, one stream a run at once, and nothing else."""
    pieces = 0

    async def read(requests: Sequence[Request]) -> None:
        nonlocal pieces
        model = ScriptedModel()
        for request in requests:
            async for piece in model.stream(request):
                pieces += isinstance(piece, Text)

    began = now_ns()
    await asyncio.gather(*(read(asked[number::RUNS]) for number in range(RUNS)))
    seconds = (now_ns() - began) / 1e9
    return {"seconds": seconds, "told": pieces, "per_second": pieces / seconds}

"""A bundle of 1,000 artifacts: imported into an empty store of each kind, imported again, exported."""

import tempfile
from pathlib import Path

from bench.clock import now_ns
from bench.report import Column, Outcome, Reach, Row, Shape
from bench.stores import both
from bench.systems import Plan
from parlour.catalog import authored
from parlour.catalog.authored import NewContent, body_of
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import (
    Kind,
    Persona,
    Rubric,
    Scenario,
    Simulation,
    SimulationPart,
    Standard,
    StandardGroup,
    Statement,
)
from parlour.catalog.publishing import publish
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.library.bundles.exporting import everything, files_of
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.tx import Tx

ARTIFACTS, ARTIFACTS_QUICK = 1_000, 100
KINDS = 4
CRITERIA, LEVELS = 5, 4
SECONDS = 10.0
SENTENCE = "You listen first, say what you have understood, and ask what would help before you explain anything. "
COLUMNS = (
    Column(key="artifacts", label="artifacts", digits=0),
    Column(key="kilobytes", label="KiB of YAML", digits=0),
    Column(key="import_s", label="import s", digits=2),
    Column(key="again_s", label="import again s", digits=2),
    Column(key="export_s", label="export s", digits=2),
)


async def run(plan: Plan) -> Outcome:
    """Personas, scenarios, rubrics and simulations of usual size."""
    count = ARTIFACTS_QUICK if plan.quick else ARTIFACTS
    with tempfile.TemporaryDirectory(prefix="parlour-bench-") as name, both(Path(name)) as stores:
        target = Path(name) / "bundle"
        exported = written(_store(Path(name) / "here"), target, count)
        rows = [
            Row(system=system, figures=exported | brought(there, target, count)) for system, there in stores.items()
        ]
    title = "a bundle of artifacts: read, checked and published; the same again; exported"
    shape = Shape(bench="bundles", title=title, columns=COLUMNS, rows=rows)
    reaches = [
        Reach(text=f"{row.system}: import of {count} artifacts: seconds", got=row.figures["import_s"], wanted=SECONDS,
              sense="at most")
        for row in rows
    ]  # fmt: skip
    return Outcome(shapes=[shape], reaches=reaches)


def written(here: Database, target: Path, count: int) -> dict[str, float]:
    """Author so many artifacts and export them as files; how long the export took."""
    here.write_here(lambda tx: author(tx, count // KINDS))
    began = now_ns()
    files = files_of(here.read_here(everything))
    took = now_ns() - began
    target.mkdir()
    for name, text in files.items():
        (target / name).write_text(text, encoding="utf-8")
    return {"kilobytes": sum(map(len, files.values())) / 1024, "export_s": took / 1e9}


def brought(there: Database, target: Path, count: int) -> dict[str, float]:
    """Seconds for an import, and for the same again."""

    def bring() -> tuple[int, int]:
        start = now_ns()
        bundle = load_bundle(target)
        new = there.write_here(lambda tx: publish(tx, bundle)).written
        return new, now_ns() - start

    new, first = bring()
    unchanged, again = bring()
    if new != count or unchanged:
        raise RuntimeError("the bundle was not imported")
    return {"artifacts": new, "import_s": first / 1e9, "again_s": again / 1e9}


def _store(folder: Path) -> Database:
    folder.mkdir()
    clock = SystemClock()
    database = Database(sqlite_url(folder), clock, TimeOrderedIds(clock), readers=1)
    database.migrate()
    return database


def author(tx: Tx, count: int) -> None:
    """So many of each kind."""

    def save(kind: Kind, content_id: str, name: str, value: object) -> str:
        authored.save(tx, NewContent(id=content_id, kind=kind, name=name, body=body_of(value)), None)
        return content_id

    for number in range(count):
        persona = Persona(
            id=tx.new_id(),
            name=f"Persona {number}",
            description=SENTENCE,
            instructions="\n".join(f"{number}.{line} {SENTENCE}" for line in range(12)),
            examples=(SENTENCE, f"Example {number}"),
        )
        scenario = Scenario(
            id=tx.new_id(),
            name=f"Scenario {number}",
            description=SENTENCE,
            persona_ids=(persona.id,),
            problem_statements=(Statement(id=tx.new_id(), text=f"{number}: {SENTENCE * 3}"),),
            objectives=tuple(Statement(id=tx.new_id(), text=f"{each}: {SENTENCE}") for each in range(3)),
        )
        rubric = _rubric(tx, number)
        part = SimulationPart(scenario_id=scenario.id, rubric_id=rubric.id, position=0, settings={"time_limit": 600})
        simulation = Simulation(id=tx.new_id(), name=f"Simulation {number}", description=SENTENCE, parts=(part,))
        save("persona", persona.id, persona.name, persona)
        save("scenario", scenario.id, scenario.name, scenario)
        save("rubric", rubric.id, rubric.name, rubric)
        save("simulation", simulation.id, simulation.name, simulation)


def _rubric(tx: Tx, number: int) -> Rubric:
    groups: list[StandardGroup] = []
    for each in range(CRITERIA):
        group_id = tx.new_id()
        levels = tuple(
            Standard(id=tx.new_id(), standard_group_id=group_id, name=f"Level {n}", description=SENTENCE, points=n)
            for n in range(LEVELS)
        )
        group = StandardGroup(
            id=group_id,
            name=f"Criterion {each}",
            description=SENTENCE,
            points=LEVELS - 1,
            pass_points=2,
            standards=levels,
        )
        groups.append(group)
    total = CRITERIA * (LEVELS - 1)
    return Rubric(id=tx.new_id(), name=f"Rubric {number}", total_points=total, pass_points=9, groups=tuple(groups))

"""What clients send to run tests: bodies, and what they come to. No coercion, no unknown members."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field, StringConstraints

from parlour.benchmarks.entities import Plan
from parlour.benchmarks.running.filling import PARALLEL_MAX
from parlour.benchmarks.running.rules import RunRules
from parlour.benchmarks.running.starting import Overrides, Starting
from parlour.benchmarks.running.stopping import Bounds
from parlour.catalog.benchmarks import Benchmark, Candidate, LiveRules, ReplayMode
from parlour.catalog.entities import Reference
from parlour.catalog.prices import MICROS
from parlour.kernel.refusals import invalid
from parlour.storage.tx import Tx
from parlour.wire.rest.bodies import Given, Id
from parlour.wire.rest.testing.benchmark_bodies import (
    NAMES_MAX,
    CandidateParts,
    GivenLive,
    Name,
    Text,
    Whole,
    titled,
    with_parts,
)

LOOKS_MAX = 20
Amount = Annotated[float, Field(gt=0, le=1e9)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class TestCandidate(CandidateParts):
    """A candidate of the benchmark by its `id`, or another one by title and model; without `rubric_id` it is graded by
    the rubric of the benchmark's first candidate that has one."""

    __test__ = False

    id: Id | None = None
    title: Name | None = None
    model: Name | None = None


class GivenBounds(Given):
    """What a test may cost. `cost_max` in units of `currency`; null or absent = no bound."""

    cost_max: Amount | None = None
    currency: Currency | None = None
    tokens_max: Annotated[int, Field(ge=1, le=2**53)] | None = None
    seconds_max: Annotated[int, Field(ge=1, le=2**31)] | None = None
    failures_max: Whole | None = None


class GivenPlan(GivenBounds):
    """How a test is run: so many replays at once, a seed, its bounds; after how many `looks` it may end early; whether
    the recorded answers are judged, too; how sure intervals are."""

    parallel: Annotated[int, Field(ge=1, le=PARALLEL_MAX)] = 2
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1
    looks: Annotated[int, Field(ge=0, le=LOOKS_MAX)] = 0
    recorded: bool = False
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95


class TestValues(Given):
    """What is otherwise than in the benchmark; `baseline` is the title of a candidate."""

    __test__ = False

    name: Name | None = None
    candidates: Annotated[list[TestCandidate], Field(min_length=1, max_length=NAMES_MAX)] | None = None
    repeats: Annotated[int, Field(ge=1, le=2**31)] | None = None
    replay_mode: ReplayMode | None = None
    judges: Annotated[list[Name], Field(max_length=NAMES_MAX)] | None = None
    prefer: bool | None = None
    baseline: Name | None = None
    smallest_worthwhile: Annotated[float, Field(gt=0, le=1)] | None = None
    live: GivenLive | None = None
    plan: GivenPlan = GivenPlan()


class NewTest(TestValues):
    """A test of a benchmark that the server runs by itself."""

    benchmark_id: Id


class Resuming(GivenBounds):
    """New bounds for a test that goes on; without any member those of before hold."""


class GivenMark(Given):
    """A person's levels for a replay: by standard group one of its standards."""

    replay_id: Id
    levels: Annotated[dict[Id, Id], Field(max_length=NAMES_MAX)]
    summary: Text = ""


class TestChange(Given):
    """Putting a test aside, or taking it back."""

    __test__ = False

    archived: bool


def starting_of(tx: Tx, benchmark: Benchmark, values: TestValues, rules: RunRules) -> Starting:
    """The test that was asked for; raises `invalid_request`."""
    candidates = _candidates(tx, benchmark, values)
    for order, judge in enumerate(values.judges or ()):
        if not rules.usable(judge):
            raise invalid(f"/judges/{order}", "this model cannot be asked here")
    return Starting(
        benchmark_id=benchmark.id,
        plan=plan_of(values.plan),
        candidates=candidates,
        overrides=Overrides(
            repeats=values.repeats,
            replay_mode=values.replay_mode,
            judges=tuple(values.judges) if values.judges is not None else None,
            prefer=values.prefer,
            baseline=titled("/baseline", candidates or benchmark.candidates, values.baseline),
            smallest_worthwhile=values.smallest_worthwhile,
            live=LiveRules(turns_max=values.live.turns_max, model=values.live.model) if values.live else None,
        ),
        name=values.name,
    )


def plan_of(given: GivenPlan) -> Plan:
    """The plan of a test that the server runs by itself."""
    bounds = bounds_of(given)
    return Plan(
        automatic=True,
        parallel=given.parallel,
        seed=given.seed,
        cost_micros_max=bounds.cost_micros_max,
        currency=bounds.currency,
        tokens_max=bounds.tokens_max,
        seconds_max=bounds.seconds_max,
        failures_max=bounds.failures_max,
        looks=given.looks,
        recorded=given.recorded,
        confidence=given.confidence,
    )


def bounds_of(given: GivenBounds) -> Bounds:
    """The bounds that were given; raises `invalid_request` for a cost without currency."""
    if given.cost_max is not None and given.currency is None:
        raise invalid("/currency", "a cost needs its currency")
    return Bounds(
        cost_micros_max=round(given.cost_max * MICROS) if given.cost_max is not None else None,
        currency=given.currency,
        tokens_max=given.tokens_max,
        seconds_max=given.seconds_max,
        failures_max=given.failures_max,
    )


def _candidates(tx: Tx, benchmark: Benchmark, values: TestValues) -> tuple[Candidate, ...] | None:
    if values.candidates is None:
        return None
    known = {each.id: each for each in benchmark.candidates}
    usual = next((each.rubric for each in benchmark.candidates if each.rubric is not None), None)
    return tuple(_candidate(tx, known, usual, order, each) for order, each in enumerate(values.candidates))


def _candidate(
    tx: Tx, known: dict[str, Candidate], usual: Reference | None, order: int, given: TestCandidate
) -> Candidate:
    if given.id is not None:
        if given.model_fields_set != {"id"}:
            raise invalid(f"/candidates/{order}", "give either an id or a title and a model")
        found = known.get(given.id)
        if found is None:
            raise invalid(f"/candidates/{order}/id", "there is no such candidate")
        return found
    if given.title is None or given.model is None:
        raise invalid(f"/candidates/{order}", "give either an id or a title and a model")
    named = Candidate(id=tx.new_id(), position=order, title=given.title, model=given.model)
    made = with_parts(tx, f"/candidates/{order}", named, given)
    return replace(made, rubric=made.rubric or usual)

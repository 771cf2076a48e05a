"""The benchmarks that an account may run, and how far their tests are: `GET /api/v1/benchmarks` (Glow 10.4)."""

from collections.abc import Sequence
from typing import Literal

from parlour.benchmarks.cards.store import Tally, tallies
from parlour.benchmarks.detail_shapes import model_id
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Benchmark, Eval, ReplayMode
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.storage.tx import Tx

Status = Literal["passed", "in-progress", "not-started"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkCard:
    """A benchmark with what came of its tests. `highest_score` is the best grade of a replay.

    `has_passed`: a completed test of it has no replay without a passed grade. `infinite_mode`: an infinite test of it
    is running. Extra: from `benchmark_id` on.
    """

    eval_id: str
    eval_name: str | None
    eval_description: str | None
    model_ids: Sequence[str]
    total_tests: int
    archived_tests: int
    total_invocations: int
    completed_invocations: int
    highest_score: int | None
    has_passed: bool
    status: Status
    infinite_mode: bool
    department_ids: Sequence[str]
    rubric_ids: Sequence[str]
    benchmark_id: str
    version: int
    name: str
    description: str
    replay_mode: ReplayMode
    recorded_runs: int
    candidates: int
    repeats: int
    auto_advance: bool


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkCards:
    """The cards of an account, by name."""

    items: Sequence[BenchmarkCard]


def benchmark_cards(tx: Tx, actor: Actor) -> BenchmarkCards:
    """The active benchmarks that the actor may run. The number of statements does not grow with their tests."""
    benchmarks = catalog.benchmarks_of_account(tx, actor)
    counted = tallies(tx, [each.id for each in benchmarks])
    evals: dict[str, Eval | None] = {}
    for each in benchmarks:
        if each.eval_id not in evals:
            evals[each.eval_id] = catalog.eval_of(tx, each.eval_id)
    return BenchmarkCards(items=[_card(each, evals[each.eval_id], counted[each.id]) for each in benchmarks])


def _card(benchmark: Benchmark, evaluation: Eval | None, tally: Tally) -> BenchmarkCard:
    models = dict.fromkeys(model_id(each.model) for each in benchmark.candidates)
    rubrics = dict.fromkeys(each.rubric.id for each in benchmark.candidates if each.rubric)
    return BenchmarkCard(
        eval_id=benchmark.eval_id,
        eval_name=evaluation.name if evaluation else None,
        eval_description=evaluation.description if evaluation else None,
        model_ids=tuple(models),
        total_tests=tally.total_tests,
        archived_tests=tally.archived_tests,
        total_invocations=tally.total_invocations,
        completed_invocations=tally.completed_invocations,
        highest_score=tally.highest_score,
        has_passed=tally.has_passed,
        status="passed" if tally.has_passed else "in-progress" if tally.total_tests else "not-started",
        infinite_mode=tally.infinite_mode,
        department_ids=benchmark.department_ids,
        rubric_ids=tuple(rubrics),
        benchmark_id=benchmark.id,
        version=benchmark.version,
        name=benchmark.name,
        description=benchmark.description,
        replay_mode=benchmark.replay_mode,
        recorded_runs=len(benchmark.recordings),
        candidates=len(benchmark.candidates),
        repeats=benchmark.repeats,
        auto_advance=benchmark.auto_advance,
    )

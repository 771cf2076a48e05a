"""One candidate by itself: mean, passes, pass^k, checks, tokens, latency, blame."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import cast

from parlour.benchmarks.entities import Invocation
from parlour.benchmarks.results.data import Cell, Data
from parlour.benchmarks.results.shapes import (
    Blames,
    CandidateResult,
    CheckTally,
    Money,
    Noise,
    Passes,
    PassK,
    PeopleResult,
)
from parlour.benchmarks.results.units import labels, options, shown, unit_of
from parlour.catalog.prices import MICROS

K_MAX = 5
"""pass^k is told for k up to this, and for all repetitions together."""


def candidate_result(data: Data, invocation: Invocation, expected: int) -> CandidateResult:
    """What is known of a candidate; `expected` is how many cells it will have."""
    from parlour.benchmarks.statistics.intervals import cluster_interval  # noqa: PLC0415 (numpy costs 30 MiB)

    cells = data.cells_of(invocation.id)
    scored = [cell for cell in cells if cell.score is not None]
    estimate = cluster_interval([cast("float", cell.score) for cell in scored], labels(data, scored), options(data))
    costs = [each for each in data.costs if each.invocation_id == invocation.id]
    latencies = data.latencies.get(invocation.id, ())
    return CandidateResult(
        invocation_id=invocation.id,
        candidate_id=invocation.template.id,
        title=invocation.title,
        model=invocation.template.model,
        temperature=invocation.template.temperature,
        position=invocation.position,
        is_baseline=invocation.template.id == data.test.snapshot.baseline,
        cells=expected,
        completed=sum(cell.state == "completed" for cell in cells),
        scored=len(scored),
        mean=estimate.mean,
        interval=shown(estimate.interval),
        reason=estimate.reason,
        passes=_passes(data, cells),
        pass_k=_pass_k(data, cells),
        checks=_checks(cells),
        noise=_noise(data, scored),
        input_tokens=sum(each.input_tokens for each in costs),
        output_tokens=sum(each.output_tokens for each in costs),
        costs=[
            Money(amount=each.cost_micros / MICROS, currency=each.currency)
            for each in costs
            if each.currency is not None
        ],
        milliseconds_p50=percentile(latencies, 0.50),
        milliseconds_p95=percentile(latencies, 0.95),
        divergent=sum(cell.state == "completed" and cell.divergent_turn is not None for cell in cells),
        blame=_blames(cells),
    )


def people_results(data: Data) -> list[PeopleResult]:
    """Who spoke in the recordings, as graded then, and as graded by the judge of this test if that was asked for."""
    found: list[PeopleResult] = []
    graded = {
        each.id: each.grade.score / each.grade.total_points
        for each in data.recordings
        if each.grade is not None and each.grade.total_points
    }
    if graded:
        found.append(_people(data, "recorded", graded))
    judged = {
        grade.recording_id: grade.score / grade.total_points
        for grade in data.beside_people
        if grade.replay_id is None and grade.counts and grade.score is not None and grade.total_points
    }
    if judged:
        found.append(_people(data, "judged", judged))
    return found


def percentile(counts: Sequence[tuple[int, int]], share: float) -> int | None:
    """The nearest-rank percentile of values that are given as (value, how often), ascending."""
    total = sum(n for _, n in counts)
    rank, seen = max(1, math.ceil(total * share - 1e-9)), 0
    for value, n in counts:
        seen += n
        if seen >= rank:
            return value
    return None


def _people(data: Data, source: str, scores: dict[str, float]) -> PeopleResult:
    from parlour.benchmarks.statistics.intervals import cluster_interval  # noqa: PLC0415 (numpy costs 30 MiB)

    by_scenario = unit_of(data) == "scenario"
    units = [data.clusters[each] if by_scenario else each for each in scores]
    estimate = cluster_interval(list(scores.values()), units, options(data))
    return PeopleResult(
        source="recorded" if source == "recorded" else "judged",
        title="The recorded answers, as graded then"
        if source == "recorded"
        else "The recorded answers, graded by the same judge",
        n=len(scores),
        mean=estimate.mean,
        interval=shown(estimate.interval),
        reason=estimate.reason,
    )


def _passes(data: Data, cells: Sequence[Cell]) -> Passes:
    from parlour.benchmarks.statistics.intervals import cluster_interval, wilson  # noqa: PLC0415 (numpy costs 30 MiB)

    decided = [cell for cell in cells if cell.passed is not None]
    successes = sum(bool(cell.passed) for cell in decided)
    values = [1.0 if cell.passed else 0.0 for cell in decided]
    estimate = cluster_interval(values, labels(data, decided), options(data))
    return Passes(
        successes=successes,
        trials=len(decided),
        rate=estimate.mean,
        interval=shown(estimate.interval),
        wilson=shown(wilson(successes, len(decided), data.test.plan.confidence)) if decided else None,
    )


def _pass_k(data: Data, cells: Sequence[Cell]) -> list[PassK]:
    from parlour.benchmarks.statistics.reliability import Tally, pass_hat  # noqa: PLC0415 (numpy costs 30 MiB)

    tallies: dict[str, Tally] = {}
    for cell in cells:
        if cell.passed is None:
            continue
        before = tallies.get(cell.recording_id)
        successes, trials = (before.successes, before.trials) if before else (0, 0)
        tallies[cell.recording_id] = Tally(
            case=cell.recording_id, cluster=cell.cluster, successes=successes + cell.passed, trials=trials + 1
        )
    most = max((each.trials for each in tallies.values()), default=0)
    found: list[PassK] = []
    for k in sorted({*range(1, min(most, K_MAX) + 1), most} - {0}):
        made = pass_hat([*tallies.values()], k, options(data))
        found.append(
            PassK(
                k=k,
                rate=made.estimate.mean,
                interval=shown(made.estimate.interval),
                recordings=made.cases,
                left_out=made.left_out,
            )
        )
    return found


def _checks(cells: Sequence[Cell]) -> list[CheckTally]:
    outcomes = [each for cell in cells if cell.state == "completed" for each in cell.checks]
    counts = Counter((each.key, each.kind, each.required, each.passed) for each in outcomes)
    names = dict.fromkeys((each.key, each.kind, each.required) for each in outcomes)
    return [
        CheckTally(
            key=key,
            kind=kind,
            required=required,
            passed=counts[key, kind, required, True],
            failed=counts[key, kind, required, False],
        )
        for key, kind, required in names
    ]


def _noise(data: Data, scored: Sequence[Cell]) -> Noise:
    from parlour.benchmarks.statistics.noise import Cell as Played  # noqa: PLC0415 (numpy costs 30 MiB)
    from parlour.benchmarks.statistics.noise import noise_floor  # noqa: PLC0415

    floor = noise_floor(
        [Played(case=cell.recording_id, cluster=cell.cluster, score=cast("float", cell.score)) for cell in scored],
        options(data),
    )
    return Noise(
        half_width=floor.half_width,
        sd=floor.sd,
        within=floor.within,
        identical=floor.identical,
        reason=floor.reason,
    )


def _blames(cells: Sequence[Cell]) -> Blames:
    counts = Counter(cell.blamed for cell in cells if cell.blamed)
    return Blames(
        candidate=counts["candidate"],
        person=counts["person"],
        judge=counts["judge"],
        infrastructure=counts["infrastructure"],
    )

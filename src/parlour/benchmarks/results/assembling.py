"""All results of a test, put together from what was read. Pure; it takes a second or two for ten thousand cells."""

from collections import Counter

from parlour.benchmarks.results.candidates import candidate_result, people_results
from parlour.benchmarks.results.caveats import FORMULAS, caveats
from parlour.benchmarks.results.comparing import comparisons
from parlour.benchmarks.results.data import Cell, Data, expected_cells, rounds_of
from parlour.benchmarks.results.estimate import OFFLINE
from parlour.benchmarks.results.looking import alpha_of
from parlour.benchmarks.results.panel import human_agreement, judge_results, noise_floor_shown, panel_agreement
from parlour.benchmarks.results.shapes import (
    About,
    BoundsShown,
    CellState,
    Matrix,
    MatrixCell,
    MatrixRow,
    Money,
    Progress,
    Results,
    Spent,
)
from parlour.benchmarks.results.units import unit_of
from parlour.catalog.prices import MICROS

_LEAST_FINISHED: tuple[CellState, ...] = ("running", "queued", "pending", "failed", "stopped", "completed")


def results_of(data: Data) -> Results:
    """Everything that can be said of a test."""
    repetitions = max((cell.repetition for cell in data.cells), default=0)
    candidates = [candidate_result(data, each, expected_cells(data, each.id)) for each in data.invocations]
    floor = noise_floor_shown(data, candidates)
    verdicts = comparisons(data, floor.half_width if floor else None, alpha_of(data.test))
    made = Results(
        test=_about(data),
        final=is_final(data),
        unit=unit_of(data),
        progress=_progress(data, sum(each.cells for each in candidates)),
        candidates=candidates,
        people=people_results(data),
        comparisons=verdicts,
        noise_floor=floor,
        judges=judge_results(data),
        agreement=panel_agreement(data),
        human=human_agreement(data),
        matrix=_matrix(data, repetitions),
        caveats=(),
        formulas=FORMULAS,
    )
    return caveats(data, made)


def is_final(data: Data) -> bool:
    """Whether the test is over, or has ended early because its question is decided."""
    return data.test.state == "completed" or data.test.halted == "decided"


def _about(data: Data) -> About:
    test, snapshot = data.test, data.test.snapshot
    return About(
        id=test.id,
        name=test.name,
        benchmark_id=test.benchmark_id,
        benchmark_name=snapshot.name,
        benchmark_version=snapshot.version,
        replay_mode=snapshot.replay_mode,
        infinite_mode=test.infinite_mode,
        repeats=snapshot.repeats,
        recordings=len(data.recordings),
        scenarios=len(set(data.clusters.values())),
        state=test.state,
        halted=test.halted,
        archived=test.archived,
        automatic=test.plan.automatic,
        judges=snapshot.judges,
        seed=test.plan.seed,
        confidence=test.plan.confidence,
        smallest_worthwhile=snapshot.smallest_worthwhile,
        created_at=test.created_at,
        completed_at=test.completed_at,
    )


def _progress(data: Data, expected: int) -> Progress:
    states = Counter(cell.state for cell in data.cells)
    grades = Counter(grade.state for grade in data.grades)
    standing = states["queued"] + states["running"] + states["completed"]
    return Progress(
        cells=expected,
        pending=max(expected - standing, 0),
        queued=states["queued"],
        running=states["running"],
        completed=states["completed"],
        failed=states["failed"],
        stopped=states["stopped"],
        graded=sum(cell.points is not None for cell in data.cells),
        pending_grades=grades["pending"],
        pending_preferences=sum(each.state == "pending" for each in data.choices),
        spent=_spent(data),
        bounds=_bounds(data),
    )


def _spent(data: Data) -> Spent:
    micros: Counter[str] = Counter()
    for each in data.spent:
        if each.currency is not None:
            micros[each.currency] += each.cost_micros or 0
    return Spent(
        requests=sum(each.requests for each in data.spent),
        input_tokens=sum(each.input_tokens for each in data.spent),
        output_tokens=sum(each.output_tokens for each in data.spent),
        seconds=sum(each.milliseconds for each in data.spent) / 1000,
        costs=[Money(amount=total / MICROS, currency=currency) for currency, total in sorted(micros.items())],
        without_price=sorted(
            {each.key for each in data.spent if each.currency is None and not each.key.startswith(OFFLINE)}
        ),
    )


def _bounds(data: Data) -> BoundsShown:
    plan = data.test.plan
    cost = plan.cost_micros_max
    return BoundsShown(
        cost=None if cost is None else Money(amount=cost / MICROS, currency=plan.currency or ""),
        tokens=plan.tokens_max,
        seconds=plan.seconds_max,
        failures=plan.failures_max,
    )


def _matrix(data: Data, repetitions: int) -> Matrix:
    rounds = rounds_of(data.test, repetitions)
    by_place: dict[tuple[str, str], list[Cell]] = {}
    for cell in data.cells:
        by_place.setdefault((cell.recording_id, cell.invocation_id), []).append(cell)
    rows = [
        MatrixRow(
            recording_id=each.id,
            title=each.title,
            cluster=each.cluster,
            people=each.grade.score / each.grade.total_points if each.grade and each.grade.total_points else None,
        )
        for each in data.recordings
    ]
    cells = [
        [_matrix_cell(by_place.get((recording.id, each.id), []), rounds) for each in data.invocations]
        for recording in data.recordings
    ]
    return Matrix(recordings=rows, cells=cells)


def _matrix_cell(cells: list[Cell], rounds: int) -> MatrixCell:
    scores = [cell.score for cell in cells if cell.score is not None]
    decided = [cell.passed for cell in cells if cell.passed is not None]
    states: set[CellState] = {cell.state for cell in cells}
    if len(cells) < rounds:
        states.add("pending")
    return MatrixCell(
        mean=sum(scores) / len(scores) if scores else None,
        passed=sum(decided),
        trials=len(decided),
        completed=sum(cell.state == "completed" for cell in cells),
        state=next(state for state in _LEAST_FINISHED if state in states),
    )

"""What results are made from: the cells of a test with their scores, read at once and then independent of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from parlour.benchmarks import reading
from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Invocation, Outcome, ReplayState, Test
from parlour.benchmarks.judging import papers
from parlour.benchmarks.judging.checks import failed
from parlour.benchmarks.results import store
from parlour.benchmarks.results.store import Choice, Cost, GradeRow, ReplayRow
from parlour.catalog.benchmarks import Recording
from parlour.catalog.entities import Rubric
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.entities import UsageOf, UsageSum


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell of a test with its newest replay. `score` is a share of all points; `passed` None: not decided.

    `graded`: the judge that counts has spoken. `failed_grade`: nobody could grade it.
    """

    replay_id: str
    invocation_id: str
    recording_id: str
    cluster: str
    position: int
    repetition: int
    state: ReplayState
    divergent_turn: int | None
    checks: tuple[Outcome, ...]
    blamed: str | None
    points: int | None
    total_points: int | None
    score: float | None
    passed: bool | None
    failed_grade: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    """A test as it is at one moment. `recordings` in the order of the test, their words left out of account."""

    test: Test
    invocations: Sequence[Invocation]
    recordings: Sequence[Recording]
    rubrics: Mapping[str, Rubric]
    grades: Sequence[GradeRow]
    clusters: Mapping[str, str]
    cells: Sequence[Cell] = ()
    beside_people: Sequence[GradeRow] = ()
    choices: Sequence[Choice] = ()
    costs: Sequence[Cost] = ()
    latencies: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict[str, Sequence[tuple[int, int]]])
    spent: Sequence[UsageSum] = ()

    def cells_of(self, invocation_id: str) -> list[Cell]:
        """The cells of one candidate."""
        return [cell for cell in self.cells if cell.invocation_id == invocation_id]


def read(tx: Tx, test: Test) -> Data:
    """Everything that results are made from; a number of statements that does not grow with the cells."""
    data = read_scores(tx, test)
    return replace(
        data,
        beside_people=store.grades_beside_people(tx, test.id),
        choices=store.choices(tx, test.id),
        costs=store.costs(tx, test.id),
        latencies=store.latencies(tx, test.id),
        spent=usage.sums(tx, UsageOf(test_id=test.id), "model"),
    )


def read_scores(tx: Tx, test: Test) -> Data:
    """Only what verdicts are made from."""
    recordings = [replace(each, messages=()) for each in reading.recordings_of(tx, test)]
    data = Data(
        test=test,
        invocations=tests.invocations_of(tx, test.id),
        recordings=recordings,
        rubrics=_rubrics(tx, test),
        grades=store.grades(tx, test.id),
        clusters={each.id: each.cluster for each in recordings},
    )
    return replace(data, cells=_cells(data, store.replays(tx, test.id)))


def _rubrics(tx: Tx, test: Test) -> dict[str, Rubric]:
    """By invocation the rubric that it is graded by."""
    found: dict[str, Rubric] = {}
    for each in tests.invocations_of(tx, test.id):
        rubric = papers.rubric_of(tx, each.template)
        if rubric is not None:
            found[each.id] = rubric
    return found


def rounds_of(test: Test, repetitions: int) -> int:
    """How often every recording is replayed; in an infinite test as often as it was begun."""
    return max(repetitions, 1) if test.infinite_mode else test.snapshot.repeats


def expected_cells(data: Data, invocation_id: str) -> int:
    """How many cells a candidate has: of erased recordings only those that were completed before."""
    rounds = rounds_of(data.test, max((cell.repetition for cell in data.cells), default=0))
    erased = set(data.test.erased)
    kept = sum(
        cell.state == "completed" and cell.invocation_id == invocation_id and cell.recording_id in erased
        for cell in data.cells
    )
    return rounds * sum(each.id not in erased for each in data.test.snapshot.recordings) + kept


def _cells(data: Data, replays: Sequence[ReplayRow]) -> tuple[Cell, ...]:
    """A cell for every replay that stands: the one that was not stopped and did not fail, else the newest."""
    standing: dict[tuple[str, str, int], ReplayRow] = {}
    for row in replays:
        name = (row.invocation_id, row.recording_id, row.repetition)
        before = standing.get(name)
        if before is None or before.state in ("stopped", "failed"):
            standing[name] = row
    done: dict[str, GradeRow] = {}
    in_vain: set[str] = set()
    for grade in data.grades:
        if grade.replay_id is None or not grade.counts or grade.source != "model":
            continue
        if grade.state == "done":
            done[grade.replay_id] = grade
        elif grade.state == "failed":
            in_vain.add(grade.replay_id)
    found = [_cell(data, row, done.get(row.id), row.id in in_vain) for row in standing.values()]
    places: dict[str, int] = {each.id: each.position for each in data.invocations}

    def order(cell: Cell) -> tuple[int, int, int]:
        return cell.repetition, cell.position, places.get(cell.invocation_id, 0)

    return tuple(sorted(found, key=order))


def _cell(data: Data, row: ReplayRow, grade: GradeRow | None, in_vain: bool) -> Cell:
    score = grade.score / grade.total_points if grade and grade.score is not None and grade.total_points else None
    return Cell(
        replay_id=row.id,
        invocation_id=row.invocation_id,
        recording_id=row.recording_id,
        cluster=data.clusters.get(row.recording_id, row.recording_id),
        position=row.position,
        repetition=row.repetition,
        state=row.state,
        divergent_turn=row.divergent_turn,
        checks=row.checks or (),
        blamed=row.blamed,
        points=grade.score if grade else None,
        total_points=grade.total_points if grade else None,
        score=score if row.state == "completed" else None,
        passed=_passed(row, grade, judged=row.invocation_id in data.rubrics),
        failed_grade=in_vain and grade is None,
    )


def _passed(row: ReplayRow, grade: GradeRow | None, *, judged: bool) -> bool | None:
    """A graded cell passes by its grade and its required checks, one without rubric by its checks alone."""
    if row.state != "completed":
        return None
    if grade is not None:
        return bool(grade.passed) and not failed(row.checks)
    if judged or not any(each.required for each in row.checks or ()):
        return None
    return not failed(row.checks)

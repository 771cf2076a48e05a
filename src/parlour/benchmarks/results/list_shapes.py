"""What lists of cases and of tests consist of. Scores in points here, times in milliseconds."""

from collections.abc import Sequence

from parlour.benchmarks.entities import Blamed, Halted, ReplayState, TestState
from parlour.catalog.benchmarks import ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedCheck:
    """A check that did not hold, and where."""

    key: str
    kind: str
    required: bool
    turn: int | None
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceShown:
    """What shows whose fault it is: verbatim words of a turn, or a plain reason."""

    turn: int | None
    quote: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CellShown:
    """One cell in the list of cases: its newest replay. `passed` None: not decided."""

    replay_id: str
    invocation_id: str
    title: str
    recording_id: str
    recording_title: str
    repetition: int
    state: ReplayState
    score: int | None
    total_points: int | None
    passed: bool | None
    failed_checks: Sequence[FailedCheck]
    blame: Blamed | None
    evidence: Sequence[EvidenceShown]
    error: str | None
    divergent_turn: int | None
    milliseconds: int | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class CellPage:
    """Some cells, by repetition, recording and candidate; `next` is the `after` of the page that follows."""

    items: Sequence[CellShown]
    next: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TestHead:
    """A test in the list."""

    __test__ = False

    test_id: str
    name: str
    benchmark_id: str
    benchmark_name: str
    owner: str
    state: TestState
    halted: Halted | None
    archived: bool
    automatic: bool
    infinite_mode: bool
    replay_mode: ReplayMode
    candidates: int
    cells: int
    completed: int
    may_run: bool
    created_at: int
    completed_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TestList:
    """Tests, newest first; `next` is the `after` of the page that follows."""

    __test__ = False

    items: Sequence[TestHead]
    next: str | None

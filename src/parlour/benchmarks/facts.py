"""What happens in a test. Complete enough for every wire to tell it (Glow 9.3).

`current_run` = 1 + completed replays of the invocation before this one, `total_runs` = runs of the invocation.
Rooms: I = the invocation's, P = the owner's, Q = the requester's; which fact goes where stands in Glow 7.17 to 7.23.
"""

from parlour.benchmarks.entities import InvocationId, MadeCall, ReplayId, TestGradeId, TestId
from parlour.catalog.benchmarks import ReplayMode
from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass

TOLD_BYTES_MAX = 256 * 1024


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TestStarted:
    """A test was created. To P."""

    __test__ = False

    test_id: TestId
    invocation_id: InvocationId
    num_invocations: int
    total_runs: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayStarted:
    """A replay begins. To I, P, Q. `created_at` in milliseconds."""

    invocation_id: InvocationId
    run_id: ReplayId
    original_run_resource_id: str
    current_run: int
    total_runs: int
    created_at: int
    mode: ReplayMode
    total_turns: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayTextAdded:
    """New text of a turn, and only the new text. To I. `reset`: the turn is begun again, its text so far is void."""

    invocation_id: InvocationId
    run_id: ReplayId
    current_run: int
    total_runs: int
    turn: int
    total_turns: int
    text: str
    reset: bool = False


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayTextCompacted:
    """The whole text of a turn in place of its pieces, which stood from `from_seq` on in the room's log. To I."""

    invocation_id: InvocationId
    run_id: ReplayId
    current_run: int
    total_runs: int
    turn: int
    total_turns: int
    text: str
    from_seq: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayTurnCompleted:
    """A turn is done. To I."""

    invocation_id: InvocationId
    run_id: ReplayId
    current_run: int
    total_runs: int
    turn: int
    total_turns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayOutput:
    """What a candidate said in a turn."""

    turn: int
    message_id: str
    content: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayCompleted:
    """A replay is done. To I, P, Q. `left_out`: outputs and tool calls are too long for an event (`TOLD_BYTES_MAX`);
    they stand in the replay."""

    invocation_id: InvocationId
    run_id: ReplayId
    original_run_resource_id: str
    tool_calls: tuple[MadeCall, ...]
    current_run: int
    total_runs: int
    remaining_runs: int
    outputs: tuple[ReplayOutput, ...]
    left_out: bool = False


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayFailed:
    """A replay came to nothing; its recording is pending again. To I, P, Q."""

    test_id: TestId
    invocation_id: InvocationId
    run_id: ReplayId
    code: str
    text: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayStopped:
    """A person stopped it; its recording is pending again. To I, P, Q. One that was queued was not told before, so it
    says what it replays."""

    invocation_id: InvocationId
    run_id: ReplayId
    original_run_resource_id: str | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayGrading:
    """A replay is being graded. To I, P, Q."""

    invocation_id: InvocationId
    run_id: ReplayId
    grade_id: TestGradeId
    current_run: int
    total_runs: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayGraded:
    """A replay has its grade. To I, P, Q."""

    invocation_id: InvocationId
    run_id: ReplayId
    grade_id: TestGradeId
    score: int
    passed: bool
    feedback: str
    total_points: int
    pass_points: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayGradingFailed:
    """A replay could not be graded. To I, P, Q."""

    test_id: TestId
    invocation_id: InvocationId
    run_id: ReplayId
    grade_id: TestGradeId
    code: str
    text: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayClosed:
    """A replay was ended without grade. To I, P, Q."""

    invocation_id: InvocationId
    run_id: ReplayId
    current_run: int
    total_runs: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TestCompleted:
    """Nothing of a test is open any more. To I (of the last invocation that ended), P, Q."""

    __test__ = False

    test_id: TestId
    invocation_id: InvocationId
    total_runs: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class TestHalted:
    """A test starts nothing more, though cells are pending: why stands in `Test.halted`. To P. An extension."""

    __test__ = False

    test_id: TestId
    reason: str

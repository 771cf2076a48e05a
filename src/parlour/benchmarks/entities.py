"""Tests, invocations, replays and their grades as values (Glow 1.4). Times in milliseconds."""

from collections.abc import Mapping
from typing import Literal, NewType

from parlour.catalog.benchmarks import Benchmark, Candidate
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

TestId = NewType("TestId", str)
InvocationId = NewType("InvocationId", str)
ReplayId = NewType("ReplayId", str)
TestGradeId = NewType("TestGradeId", str)

TestState = Literal["pending", "running", "completed"]
InvocationState = Literal["open", "completed"]
ReplayState = Literal["queued", "running", "completed", "stopped", "failed"]
Ended = Literal["graded", "closed"]
GradeState = Literal["pending", "done", "failed"]
GradeSource = Literal["model", "human"]
Blamed = Literal["candidate", "person", "judge", "infrastructure"]
Halted = Literal["stopped", "cost", "tokens", "time", "failures", "decided", "requests", "custom"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What was asked of one test besides its benchmark. None = no bound.

    `automatic`: every cell is started, graded and compared without further commands, `parallel` at once. A bound on
    cost is in millionths of `currency`. `looks` > 0: after each of so many equal shares of the repetitions it is looked
    whether the question is decided, and the test may end early (sequential stopping). `recorded`: the recorded answers
    themselves are judged, too. `seed` makes order, resampling and scripted noise repeatable.
    """

    automatic: bool = False
    parallel: int = 2
    seed: int = 1
    cost_micros_max: int | None = None
    currency: str | None = None
    tokens_max: int | None = None
    seconds_max: int | None = None
    failures_max: int | None = None
    looks: int = 0
    recorded: bool = False
    confidence: float = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """A benchmark in the works. `snapshot` is the benchmark as it was when the test began, with pinned versions.

    `halted` says why nothing more is started by itself, though cells are pending: a person stopped it, a bound of the
    plan was reached, cells failed, the question is decided, the owner's requests of the day are used up, or only
    candidates with `use_custom` are left. A halted test can be resumed. `looked`: so many repetitions were looked at
    and do not decide the question. `erased`: the recordings of it whose words were erased since; they are not replayed.
    """

    __test__ = False  # pytest: not a test case

    id: TestId
    benchmark_id: str
    eval_id: str
    account_id: AccountId
    name: str
    description: str
    infinite_mode: bool
    auto_advance: bool
    state: TestState
    snapshot: Benchmark
    plan: Plan
    halted: Halted | None
    archived: bool
    created_at: int
    started_at: int | None
    completed_at: int | None
    resumed_at: int | None = None
    looked: int = 0
    erased: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """One candidate of a test. `template` is the candidate as it was; `repetition` counts from 1.

    `frontier`: of all its cells, by repetition and recording, so many are behind; the server starts none of them by
    itself again (until the test is resumed).
    """

    id: InvocationId
    test_id: TestId
    position: int
    title: str
    group_id: str
    template: Candidate
    state: InvocationState
    repetition: int
    created_at: int
    completed_at: int | None
    frontier: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EndWanted:
    """A `test_end` that waits until its replay is complete."""

    grade: bool
    requested_by: AccountId


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayFault:
    """Why a replay failed: a code of the protocol, a sentence without words of the conversation, the turn."""

    code: str
    text: str
    turn: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a check came to. `turn` is where it was decided (None: in no turn); `detail` is a plain sentence."""

    key: str
    kind: str
    passed: bool
    required: bool
    turn: int | None
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What shows it: verbatim words of a turn, or "" and a plain `reason`."""

    turn: int | None
    quote: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Blame:
    """Whose fault a failed cell is, and what shows it."""

    blamed: Blamed
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """One recording replayed for one invocation (`run_id` of a replay). `turn` counts the finished turns.

    `ended` by `test_end`: graded (or being graded), or closed without grade. `divergent_turn`: the first turn whose
    answer is not the recorded one (white space aside).
    """

    id: ReplayId
    test_id: TestId
    invocation_id: InvocationId
    recording_id: str
    recording_version: int
    position: int
    repetition: int
    state: ReplayState
    ended: Ended | None
    end_wanted: EndWanted | None
    requested_by: AccountId
    turn: int
    turns_total: int
    divergent_turn: int | None
    checks: tuple[Outcome, ...] | None
    blame: Blame | None
    error: ReplayFault | None
    fence: str | None
    created_at: int
    started_at: int | None
    completed_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeCall:
    """A tool call that a candidate made; `result` is the recorded one, None where the recording has none.

    `round` is which answer of the turn made it, from 1; `at` how many characters of the turn stood when that ended.
    """

    turn: int
    call_id: str
    name: str
    arguments: str
    result: str | None = None
    round: int = 1
    at: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What a candidate was told before a turn: the recorded person's words, or those of the simulated person."""

    role: Literal["user", "tool"]
    content: str
    message_id: str = ""
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayTurn:
    """One regenerated turn, counted from 1. `ending` is the model's reason; tokens None where nobody counted."""

    replay_id: ReplayId
    turn: int
    message_id: str
    state: Literal["writing", "done"]
    heard: tuple[Heard, ...]
    content: str
    tool_calls: tuple[MadeCall, ...]
    ending: str | None
    first_token_ms: int | None
    milliseconds: int | None
    input_tokens: int | None
    output_tokens: int | None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotedTurn:
    """Words that a judge says are in a turn; they are (Glow 6.4.5)."""

    message_id: str
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackRow:
    """The level of one criterion of the rubric. `unsupported`: no words of the replay show it."""

    id: str
    standard_group_id: str
    standard_id: str
    total: int
    total_points: int
    pass_points: int
    feedback: str
    evidence: tuple[QuotedTurn, ...]
    unsupported: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TestGrade:
    """A grade of a replay, or (`replay_id` None) of the recorded answers themselves, by one judge.

    `judge` is a model's name, or the user id of a person (`source` human). Of the `done` grades with `counts` of a
    replay the newest is its score.
    """

    __test__ = False

    id: TestGradeId
    test_id: TestId
    invocation_id: InvocationId | None
    replay_id: ReplayId | None
    recording_id: str
    source: GradeSource
    judge: str
    counts: bool
    state: GradeState
    requested_by: AccountId
    score: int | None
    passed: bool | None
    time_taken: int | None
    total_points: int
    pass_points: int
    items: tuple[FeedbackRow, ...]
    summary: str | None
    reason: str | None
    created_at: int
    done_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preference:
    """A judge's choice between two replays of one recording and repetition, blinded, with one shown first."""

    id: str
    test_id: TestId
    recording_id: str
    repetition: int
    a_replay_id: ReplayId
    b_replay_id: ReplayId
    judge: str
    shown_first: Literal["a", "b"]
    state: GradeState
    choice: Literal["a", "b", "tie"] | None
    reason: str | None
    quotes: Mapping[str, tuple[str, ...]]
    created_at: int
    done_at: int | None

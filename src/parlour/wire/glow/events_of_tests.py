"""The test family as models (Glow 9.3), and its one extension."""

from collections.abc import Mapping
from typing import Literal

from parlour.wire.glow.event_bases import Event, Exact, Time

TestErrorType = Literal["validation", "start", "proceed", "run", "end", "stop", "join", "rate_limit", "internal"]
ProgressType = Literal["run_delta", "progress", "grading", "all_complete", "next"]
Mode = Literal["auto_regressive", "last_turn", "live"]


class TestEvent(Event):
    """An event of a test of models."""

    __test__ = False  # pytest: no test case


class TestStarted(TestEvent):
    """A test was created."""

    test_id: str
    invocation_id: str | None = None
    num_invocations: int | None = None
    total_runs: int | None = None


class TestJoined(TestEvent):
    """The requesting connection is in the invocation's room."""

    invocation_id: str
    success: Literal[True]


class TestRunStart(TestEvent):
    """A replay begins; `current_run` counts from 1."""

    invocation_id: str
    run_id: str
    original_run_resource_id: str | None = None
    current_run: int
    total_runs: int
    created_at: Time
    mode: Mode | None = None
    total_turns: int | None = None


class ToolCallRow(Exact):
    """A tool call that the model made; `arguments_text` is what it wrote if that is no JSON object."""

    turn: int
    name: str
    arguments: dict[str, object]
    external_call_id: str | None = None
    arguments_text: str | None = None


class OutputRow(Exact):
    """What the model said in a turn."""

    turn: int
    message_id: str
    content: str


class TestRunComplete(TestEvent):
    """A replay is done. `outputs_left_out`: it is too long to be told; the test's read model has it."""

    invocation_id: str
    run_id: str
    original_run_resource_id: str | None = None
    tool_calls: list[ToolCallRow] | None = None
    current_run: int
    total_runs: int
    remaining_runs: int
    outputs: list[OutputRow] | None = None
    outputs_left_out: Literal[True] | None = None


class TestProgress(TestEvent):
    """How a test gets on: `type` says of what. `run_delta` with `reset`: the turn is begun again, drop its text."""

    invocation_id: str
    type: ProgressType
    run_id: str | None = None
    current_run: int | None = None
    total_runs: int | None = None
    message: str | None = None
    turn: int | None = None
    total_turns: int | None = None
    grade_id: str | None = None
    reset: Literal[True] | None = None


class TestGraded(TestEvent):
    """A replay is graded."""

    invocation_id: str
    grade_id: str | None = None
    score: float | int
    passed: bool
    feedback: str | None = None
    run_id: str | None = None
    total_points: int | None = None
    pass_points: int | None = None


class TestError(TestEvent):
    """A refused command (direct), or failed work (logged). It repeats the ids that were named. `reason`: why a service
    is not available, if that is known."""

    invocation_id: str | None = None
    run_id: str | None = None
    test_id: str | None = None
    benchmark_id: str | None = None
    eval_id: str | None = None
    grade_id: str | None = None
    message: str
    error_type: TestErrorType | None = None
    code: str
    status: int
    reason: str | None = None


class TestStopped(TestEvent):
    """A replay was stopped, or nothing was running. One that was queued had not been told before."""

    invocation_id: str
    success: bool
    message: str | None = None
    run_id: str | None = None
    original_run_resource_id: str | None = None


class TestHalted(TestEvent):
    """Extension: a test starts nothing more, though runs are pending; `reason` is a word, `message` a sentence."""

    test_id: str
    reason: str
    message: str


TEST_EVENTS: Mapping[str, type[Event]] = {
    "test_started": TestStarted,
    "test_joined": TestJoined,
    "test_run_start": TestRunStart,
    "test_run_complete": TestRunComplete,
    "test_progress": TestProgress,
    "test_graded": TestGraded,
    "test_error": TestError,
    "test_stopped": TestStopped,
    "test_halted": TestHalted,
}

"""What `GET /api/v1/tests/{test_id}` consists of (Glow 10.5). Times are RFC 3339; members without value are null.

What a candidate is made of (model, prompt, ...) has no rows of its own here: its ids are named after what it says.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from parlour.catalog.benchmarks import ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import named_id

RunStatus = Literal["not_started", "in_progress", "completed", "stopped", "failed"]


def model_id(name: str) -> str:
    """The id under which a model, named as in the settings, is shown."""
    return named_id("models", name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Test:
    """The test itself. Extra: benchmark, mode, repetitions of every recording, whether the server runs it by itself,
    and why it starts nothing more."""

    __test__ = False

    test_id: str
    eval_id: str
    profile_id: str
    department_ids: Sequence[str]
    test_name: str
    test_description: str
    num_invocations: int
    infinite_mode: bool
    is_dynamic: bool
    archived: bool
    test_created_at: str
    benchmark_id: str
    replay_mode: ReplayMode
    repeats: int
    auto_advance: bool
    automatic: bool
    halted: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Where the room of an invocation stood at the moment of the detail: `test_join` with `since` goes on there."""

    epoch: str
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """A candidate. The grade members sum its graded replays up: mean score, all passed, whole seconds together."""

    invocation_id: str
    test_id: str
    group_id: str
    invocation_created_at: str
    invocation_title: str
    use_custom: bool
    position: int
    invocation_completed: bool
    grade_id: str | None
    grade_score: float | None
    grade_passed: bool | None
    grade_time_taken: int | None
    rubric_id: str | None
    agent_ids: Sequence[str] | None
    quality_id: str | None
    department_ids: Sequence[str] | None
    run_agent_ids: Sequence[str] | None
    group_agent_ids: Sequence[str] | None
    voice_id: str | None
    temperature_level_id: str | None
    reasoning_level_id: str | None
    modality_ids: Sequence[str] | None
    model_id: str
    repetition: int
    room: Room


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What the candidate said in a turn."""

    turn: int
    message_id: str
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRun:
    """One recorded run of one candidate; `run_id` is its newest replay."""

    __test__ = False

    chat_id: str
    invocation_id: str
    run_id: str | None
    group_id: str | None
    suite_entry_id: str | None
    model_name: str | None
    agent_name: str | None
    status: RunStatus
    grade_score: int | None
    grade_passed: bool | None
    original_run_id: str
    original_run_title: str
    repetition: int | None
    outputs: Sequence[Output] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusSummary:
    """How many of `runs` are where; a stopped or failed run has not started (again)."""

    total: int
    completed: int
    in_progress: int
    not_started: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """What an invocation overrides."""

    id: str
    test_invocation_id: str
    created_at: str
    updated_at: str
    generated: bool
    mcp: bool
    active: bool
    agent_ids: Sequence[str] | None
    reasoning_level_ids: Sequence[str] | None
    temperature_level_ids: Sequence[str] | None
    voice_ids: Sequence[str] | None
    prompt_ids: Sequence[str] | None
    instruction_ids: Sequence[str] | None
    tool_ids: Sequence[str] | None
    quality_ids: Sequence[str] | None
    modality_ids: Sequence[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TestGrade:
    """A done grade of a replay by the judge that counts; `active` if it is the score. Extra: who gave it."""

    __test__ = False

    id: str
    invocation_id: str
    run_id: str
    created_at: str
    updated_at: str
    passed: bool
    score: int
    time_taken: int
    generated: bool
    mcp: bool
    active: bool
    call_id: str | None
    judge: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """Words that are verbatim in the named message."""

    message_id: str
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestFeedback:
    """The level of one criterion. Extra: which, and what shows it."""

    __test__ = False

    feedback_id: str
    grade_id: str
    total: int
    feedback: str
    total_points: int
    pass_points: int
    created_at: str
    standard_group_id: str
    standard_id: str
    evidence: Sequence[Quote]
    unsupported: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TestMessage:
    """What was said in a replay: by the recorded or simulated person (user), or by the candidate (assistant)."""

    __test__ = False

    message_id: str
    run_id: str
    role: str
    message_created_at: str
    text_upload_ids: Sequence[str]
    audio_upload_ids: Sequence[str]
    image_upload_ids: Sequence[str]
    video_upload_ids: Sequence[str]
    file_upload_ids: Sequence[str]
    call_upload_ids: Sequence[str]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestEntries:
    """Rows of the test; `groups` is empty, since groups are without effect (Glow 1.4)."""

    __test__ = False

    tests: Sequence[Test]
    invocations: Sequence[Invocation]
    runs: Sequence[Override]
    groups: Sequence[Override]
    grades: Sequence[TestGrade]
    feedback: Sequence[TestFeedback]
    messages: Sequence[TestMessage]


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """Something that candidates are made of, or judged by, under its id."""

    id: str
    name: str
    description: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubric:
    """A rubric by which replays are graded."""

    rubric_id: str
    name: str
    description: str
    total_points: int
    pass_points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Eval:
    """The evaluation that the benchmark belongs to."""

    eval_id: str
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TestResources:
    """What the ids above stand for."""

    __test__ = False

    evals: Mapping[str, Eval]
    rubrics: Mapping[str, Rubric]
    agents: Mapping[str, Named]
    models: Mapping[str, Named]
    voices: Mapping[str, Named]
    temperature_levels: Mapping[str, Named]
    reasoning_levels: Mapping[str, Named]
    modalities: Mapping[str, Named]
    prompts: Mapping[str, Named]
    instructions: Mapping[str, Named]
    tools: Mapping[str, Named]
    qualities: Mapping[str, Named]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class TestDetail:
    """Everything about a test, as of one moment. `outputs_left_out`: it has too many replays to show what was said."""

    __test__ = False

    test: Test
    invocations: Sequence[Invocation]
    status: Literal["pending", "running", "completed"]
    eval_name: str | None
    eval_description: str | None
    rubric_name: str | None
    infinite_mode: bool
    runs: Sequence[TestRun]
    status_summary: StatusSummary
    show_controls: bool
    current_invocation_id: str | None
    has_runs_or_groups: bool
    entries: TestEntries
    resources: TestResources
    outputs_left_out: bool

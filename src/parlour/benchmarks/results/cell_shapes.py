"""What one case in full consists of (`cell.py`). Times in milliseconds."""

from collections.abc import Sequence
from typing import Literal

from parlour.benchmarks.entities import Blamed, GradeSource, GradeState, Outcome, ReplayState
from parlour.benchmarks.replaying.divergence import AlignedTurn
from parlour.benchmarks.results.list_shapes import EvidenceShown
from parlour.catalog.benchmarks import Part, RecordedRole, ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardShown:
    """What the candidate was told before a turn."""

    role: Literal["user", "tool"]
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallShown:
    """A tool call; `result` is the recorded one."""

    name: str
    arguments: str
    result: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnShown:
    """One turn of the candidate."""

    turn: int
    message_id: str
    state: Literal["writing", "done"]
    heard: Sequence[HeardShown]
    content: str
    tool_calls: Sequence[CallShown]
    ending: str | None
    first_token_ms: int | None
    milliseconds: int | None
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedShown:
    """One message of the recording."""

    id: str
    role: RecordedRole
    content: str
    tool_calls: Sequence[CallShown]
    tool_call_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingInCell:
    """The recording in the version that was replayed."""

    id: str
    version: int
    title: str
    part: Part
    messages: Sequence[RecordedShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class QuoteShown:
    """Words of the candidate that a judge points at."""

    message_id: str
    turn: int | None
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionShown:
    """The level of one criterion."""

    standard_group_id: str
    name: str
    standard_id: str
    level: str
    points: int
    total_points: int
    feedback: str
    unsupported: bool
    evidence: Sequence[QuoteShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeShown:
    """What one judge, or one person, found."""

    grade_id: str
    source: GradeSource
    judge: str
    counts: bool
    state: GradeState
    score: int | None
    total_points: int
    pass_points: int
    passed: bool | None
    summary: str | None
    reason: str | None
    criteria: Sequence[CriterionShown]
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PreferenceShown:
    """What one judge chose between this replay and another, not knowing whose they are."""

    preference_id: str
    other_replay_id: str
    other_title: str
    judge: str
    state: GradeState
    shown_first: Literal["this", "other"]
    choice: Literal["this", "other", "tie"] | None
    reason: str | None
    quotes_this: Sequence[str]
    quotes_other: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class BlameShown:
    """Whose fault it is, and what shows it."""

    blamed: Blamed
    evidence: Sequence[EvidenceShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelShown:
    """A level of a criterion."""

    id: str
    name: str
    points: int
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupShown:
    """A criterion of the rubric."""

    id: str
    name: str
    description: str
    points: int
    standards: Sequence[LevelShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricShown:
    """What the replay is graded by, so that a person can mark it, too."""

    id: str
    name: str
    total_points: int
    pass_points: int
    groups: Sequence[GroupShown]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class CellDetail:
    """A case in full. `may_mark`: the reader may give a mark of his own."""

    replay_id: str
    test_id: str
    invocation_id: str
    title: str
    model: str
    mode: ReplayMode
    repetition: int
    state: ReplayState
    error: str | None
    divergent_turn: int | None
    turns: Sequence[TurnShown]
    recording: RecordingInCell
    checks: Sequence[Outcome]
    grades: Sequence[GradeShown]
    preferences: Sequence[PreferenceShown]
    blame: BlameShown | None
    rubric: RubricShown | None
    may_mark: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """Whose words one side of a comparison are; `replay_id` None: those of the recording."""

    title: str
    replay_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Aligned:
    """Two sides of one recording, turn by turn and word by word."""

    a: Side
    b: Side
    recording_id: str
    recording_title: str
    turns: Sequence[AlignedTurn]

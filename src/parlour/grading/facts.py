"""What happens while a chat is graded: told to the chat, its owner and whoever asked (Glow 6.4.7)."""

from dataclasses import dataclass
from typing import assert_never

from parlour.events.facts import fact
from parlour.grading.entities import (
    Analysis,
    Feedback,
    GradeSource,
    Highlight,
    Improvement,
    Remark,
    Replacement,
    ResourceType,
    Strength,
)
from parlour.kernel.ids import AttemptId, ChatId, GradeId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GradingStarted:
    """A grader has begun; `total_count` feedbacks will follow. Once per grade, also after a crash."""

    chat_id: ChatId
    grade_id: GradeId
    total_count: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackGiven:
    """The level of a criterion is stored; in the order of the rubric."""

    chat_id: ChatId
    grade_id: GradeId
    entry: Feedback
    completed_count: int
    total_count: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class RemarkGiven:
    """A strength, highlight, improvement, replacement or analysis is stored: `entry`, of `resource_type`."""

    chat_id: ChatId
    grade_id: GradeId
    resource_type: ResourceType
    strength: Strength | None = None
    highlight: Highlight | None = None
    improvement: Improvement | None = None
    replacement: Replacement | None = None
    analysis: Analysis | None = None

    @property
    def entry(self) -> Remark:
        """The one row that this fact is about."""
        entry = self.strength or self.highlight or self.improvement or self.replacement or self.analysis
        if entry is None:
            raise ValueError("a remark that is about nothing")
        return entry


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GradeGiven:
    """The grade is done. `percentage` of the points, with two decimals; `feedback` is a summary."""

    chat_id: ChatId
    grade_id: GradeId
    attempt_id: AttemptId
    simulation_id: str | None
    score: int
    passed: bool
    total_points: int
    pass_points: int
    percentage: float
    feedback: str
    source: GradeSource


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GradingFailed:
    """There will be no grade. `code` is `unavailable` (the model) or `internal` (no usable verdict)."""

    chat_id: ChatId
    grade_id: GradeId
    attempt_id: AttemptId
    code: str
    text: str


def remark_given(chat_id: ChatId, grade_id: GradeId, entry: Remark) -> RemarkGiven:
    """The fact that a remark is stored."""
    match entry:
        case Strength():
            return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type="strengths", strength=entry)
        case Highlight():
            return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type="highlights", highlight=entry)
        case Improvement():
            return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type="improvements", improvement=entry)
        case Replacement():
            return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type="replacements", replacement=entry)
        case Analysis():
            return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type="analyses", analysis=entry)
        case _:
            assert_never(entry)

"""What happens while a chat is graded: told to the chat, its owner and whoever asked (Glow 6.4.7).

`branch_message_id` is there only if a branch is graded in place of the active path (an extension).
"""

from collections.abc import Mapping
from typing import assert_never

import msgspec

from parlour.events.facts import fact
from parlour.grading.entities import (
    Analysis,
    Feedback,
    Grade,
    GradeSource,
    Highlight,
    Improvement,
    Remark,
    Replacement,
    ResourceType,
    Strength,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId, GradeId, MessageId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GradingStarted:
    """A grader has begun; `total_count` feedbacks will follow. Once per grade, also after a crash."""

    chat_id: ChatId
    grade_id: GradeId
    total_count: int
    branch_message_id: MessageId | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class FeedbackGiven:
    """The level of a criterion is stored; in the order of the rubric."""

    chat_id: ChatId
    grade_id: GradeId
    entry: Feedback
    completed_count: int
    total_count: int
    branch_message_id: MessageId | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class RemarkGiven:
    """A strength, highlight, improvement, replacement or analysis is stored; `entry` is its row (1.3)."""

    chat_id: ChatId
    grade_id: GradeId
    resource_type: ResourceType
    entry: Mapping[str, str | int | None]
    branch_message_id: MessageId | None = None


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
    branch_message_id: MessageId | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GradingFailed:
    """There will be no grade. `code` is `unavailable` (the model) or `internal` (no usable verdict)."""

    chat_id: ChatId
    grade_id: GradeId
    attempt_id: AttemptId
    code: str
    text: str
    branch_message_id: MessageId | None = None


def remark_given(grade: Grade, remark: Remark) -> RemarkGiven:
    """The fact that a remark of a grade is stored."""
    entry: Mapping[str, str | int | None] = msgspec.to_builtins(remark)
    return RemarkGiven(
        chat_id=grade.chat_id,
        grade_id=grade.id,
        resource_type=kind_of(remark),
        entry=entry,
        branch_message_id=grade.branch_message_id,
    )


def kind_of(remark: Remark) -> ResourceType:
    """How messages name the kind of a remark (6.4.4)."""
    match remark:
        case Strength():
            return "strengths"
        case Highlight():
            return "highlights"
        case Improvement():
            return "improvements"
        case Replacement():
            return "replacements"
        case Analysis():
            return "analyses"
        case _:
            assert_never(remark)

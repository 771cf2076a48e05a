"""What happens while a chat is graded: told to the chat, its owner and whoever asked (Glow 6.4.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import msgspec

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
    """A strength, highlight, improvement, replacement or analysis is stored; `entry` is its row (1.3)."""

    chat_id: ChatId
    grade_id: GradeId
    resource_type: ResourceType
    entry: Mapping[str, str | int | None]


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


def remark_given(chat_id: ChatId, grade_id: GradeId, remark: Remark) -> RemarkGiven:
    """The fact that a remark is stored."""
    entry: Mapping[str, str | int | None] = msgspec.to_builtins(remark)
    return RemarkGiven(chat_id=chat_id, grade_id=grade_id, resource_type=_kind(remark), entry=entry)


def _kind(remark: Remark) -> ResourceType:
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

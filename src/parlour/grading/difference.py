"""What differs between two grades with the same rubric (Glow 6.4.2: an old grade is kept). Pure."""

from collections.abc import Mapping, Sequence

from parlour.catalog.entities import Rubric
from parlour.grading.entities import (
    Analysis,
    Grade,
    Highlight,
    Improvement,
    Items,
    Remark,
    Replacement,
    ResourceType,
    Strength,
)
from parlour.grading.facts import kind_of
from parlour.grading.rules import collapsed
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """A grade with its items."""

    grade: Grade
    items: Items


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelGiven:
    """The standard that a grade picked for a criterion, and why."""

    standard_id: str
    name: str
    points: int
    passed: bool
    feedback: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionDifference:
    """One criterion in both grades. `difference`: points of the right one less those of the left one."""

    standard_group_id: str
    name: str
    left: LevelGiven | None
    right: LevelGiven | None
    difference: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RemarkOnly:
    """A strength, highlight, improvement, replacement or analysis that only one of the grades has."""

    resource_type: ResourceType
    entry: Remark


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Two grades side by side, criteria in the order of the rubric. What is null in a criterion is not graded.

    Remarks are the same if they say the same about the same message, whatever their ids; white space
    does not count. `score_difference` is null unless both grades are done.
    """

    criteria: tuple[CriterionDifference, ...]
    left_only: tuple[RemarkOnly, ...]
    right_only: tuple[RemarkOnly, ...]
    left_score: int | None
    right_score: int | None
    score_difference: int | None


def difference(rubric: Rubric, left: Graded, right: Graded) -> Difference:
    """What changes from the left grade to the right one."""
    levels = _levels(rubric, left.items), _levels(rubric, right.items)
    said = _said(left.items.remarks), _said(right.items.remarks)
    scores = left.grade.score, right.grade.score
    return Difference(
        criteria=tuple(
            _criterion(group.id, group.name, levels[0].get(group.id), levels[1].get(group.id))
            for group in rubric.groups
        ),
        left_only=_only(said[0], said[1]),
        right_only=_only(said[1], said[0]),
        left_score=scores[0],
        right_score=scores[1],
        score_difference=None if scores[0] is None or scores[1] is None else scores[1] - scores[0],
    )


def _levels(rubric: Rubric, items: Items) -> Mapping[str, LevelGiven]:
    names = {standard.id: standard.name for group in rubric.groups for standard in group.standards}
    lines = {group.id: group.pass_points for group in rubric.groups}
    return {
        feedback.standard_group_id: LevelGiven(
            standard_id=feedback.standard_id,
            name=names.get(feedback.standard_id, ""),
            points=feedback.total,
            passed=feedback.total >= lines.get(feedback.standard_group_id, 0),
            feedback=feedback.feedback,
        )
        for feedback in items.feedbacks
    }


def _criterion(group_id: str, name: str, left: LevelGiven | None, right: LevelGiven | None) -> CriterionDifference:
    points = right.points - left.points if left and right else None
    return CriterionDifference(standard_group_id=group_id, name=name, left=left, right=right, difference=points)


def _said(remarks: Sequence[Remark]) -> list[tuple[tuple[str, ...], Remark]]:
    """Every remark with what it says; a child says what its parent says, too."""
    parents: dict[str, tuple[str, ...]] = {}
    found: list[tuple[tuple[str, ...], Remark]] = []
    for remark in remarks:
        match remark:
            case Strength() | Improvement():
                said = (remark.message_id or "", collapsed(remark.name), collapsed(remark.description))
                parents[remark.id] = said
            case Highlight():
                said = (*parents.get(remark.strength_id, ()), collapsed(remark.section))
            case Replacement():
                words = collapsed(remark.section), collapsed(remark.replace)
                said = (*parents.get(remark.improvement_id, ()), *words)
            case Analysis():
                said = (collapsed(remark.content),)
        found.append(((kind_of(remark), *said), remark))
    return found


def _only(
    one: Sequence[tuple[tuple[str, ...], Remark]], other: Sequence[tuple[tuple[str, ...], Remark]]
) -> tuple[RemarkOnly, ...]:
    known = {said for said, _ in other}
    return tuple(RemarkOnly(resource_type=kind_of(remark), entry=remark) for said, remark in one if said not in known)

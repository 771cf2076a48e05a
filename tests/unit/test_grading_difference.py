"""What differs between two grades, and what a copied grade keeps (Glow 6.4 and 6.7): pure rules."""

from itertools import count
from typing import Any

from parlour.grading.copying import References, copied_items
from parlour.grading.difference import Graded, difference
from parlour.grading.entities import (
    Analysis,
    Evidence,
    Feedback,
    Grade,
    Highlight,
    Improvement,
    Items,
    Replacement,
    Strength,
)
from parlour.kernel.ids import AccountId, ChatId, GradeId, MessageId
from tests.unit.grading_hall import GROUPS, RUBRIC

LEFT, RIGHT, NEW = GradeId("left"), GradeId("right"), GradeId("new")
HERE, GONE, THERE = MessageId("here"), MessageId("gone"), MessageId("there")


def grade(grade_id: GradeId, score: int | None) -> Grade:
    return Grade(
        id=grade_id,
        chat_id=ChatId("chat"),
        run_id="run",
        state="pending" if score is None else "done",
        source="model",
        source_grade_id=None,
        requested_by=AccountId("owner"),
        score=score,
        passed=None,
        time_taken=1,
        total_points=15,
        pass_points=10,
        summary=None,
        reason=None,
        created_at=1,
        done_at=2,
    )


def feedback(group: str, points: int, *evidence: Evidence, by: GradeId = LEFT) -> Feedback:
    return Feedback(
        id=f"{by}-{group}",
        grade_id=by,
        standard_group_id=group,
        standard_id=f"{group}-{points}",
        total=points,
        feedback=f"{group} by {by}",
        evidence=evidence,
    )


def strength(key: str, name: str, message_id: MessageId | None = HERE, by: GradeId = LEFT) -> Strength:
    return Strength(id=key, grade_id=by, message_id=message_id, name=name, description="So.")


def graded(grade_id: GradeId, points: list[int] | None, *remarks: Any) -> Graded:
    rows = tuple(feedback(group, each, by=grade_id) for group, each in zip(GROUPS, points or [], strict=False))
    return Graded(grade=grade(grade_id, sum(points) if points else None), items=Items(feedbacks=rows, remarks=remarks))


def test_levels_points_and_texts_stand_side_by_side_in_the_order_of_the_rubric() -> None:
    found = difference(RUBRIC, graded(LEFT, [1, 3, 5]), graded(RIGHT, [4, 3, 0]))
    assert [each.standard_group_id for each in found.criteria] == list(GROUPS)
    assert [each.difference for each in found.criteria] == [3, 0, -5]
    assert (found.left_score, found.right_score, found.score_difference) == (9, 7, -2)
    first = found.criteria[0]
    assert first.left is not None
    assert first.right is not None
    assert (first.left.standard_id, first.left.name, first.left.points) == ("inquiry-1", "Level 1", 1)
    assert (first.left.passed, first.right.passed) == (False, True)
    assert (first.left.feedback, first.right.feedback) == ("inquiry by left", "inquiry by right")


def test_a_grade_that_is_not_done_has_no_levels_and_no_difference() -> None:
    found = difference(RUBRIC, graded(LEFT, None), graded(RIGHT, [4, 3, 0]))
    assert [(each.left, each.difference) for each in found.criteria] == [(None, None)] * 3
    assert (found.left_score, found.right_score, found.score_difference) == (None, 7, None)


def test_remarks_are_the_same_by_what_they_say_not_by_their_ids() -> None:
    left = graded(
        LEFT,
        [1, 1, 1],
        strength("s1", "Open  question"),
        Highlight(id="h1", strength_id="s1", section="What have you tried?", idx=0),
        Highlight(id="h2", strength_id="s1", section="Only left", idx=1),
        Improvement(id="i1", grade_id=LEFT, message_id=None, name="Pace", description="Slower."),
        Replacement(id="r1", improvement_id="i1", section="Now!", replace="When you can.", idx=0),
        Analysis(id="a1", grade_id=LEFT, content="Fine."),
    )
    right = graded(
        RIGHT,
        [1, 1, 1],
        strength("s2", "Open question", by=RIGHT),
        Highlight(id="h3", strength_id="s2", section="What have  you tried?", idx=4),
        strength("s3", "Open question", THERE, by=RIGHT),
        Highlight(id="h4", strength_id="s3", section="What have you tried?", idx=0),
        Analysis(id="a2", grade_id=RIGHT, content="Fine."),
    )
    found = difference(RUBRIC, left, right)
    assert [(each.resource_type, each.entry.id) for each in found.left_only] == [
        ("highlights", "h2"),
        ("improvements", "i1"),
        ("replacements", "r1"),
    ]
    assert [(each.resource_type, each.entry.id) for each in found.right_only] == [
        ("strengths", "s3"),
        ("highlights", "h4"),
    ]
    same = difference(RUBRIC, left, left)
    assert (same.left_only, same.right_only, same.score_difference) == ((), (), 0)


def test_a_copy_leads_to_its_own_messages_and_leaves_out_words_that_were_not_copied() -> None:
    items = Items(
        feedbacks=(
            feedback("inquiry", 2, Evidence(message_id=HERE, quote="a"), Evidence(message_id=GONE, quote="b")),
            feedback("empathy", 2, Evidence(message_id=GONE, quote="b")),
        ),
        remarks=(
            strength("s1", "Here"),
            Highlight(id="h1", strength_id="s1", section="a", idx=0),
            strength("s2", "Gone", GONE),
            Highlight(id="h2", strength_id="s2", section="b", idx=0),
            Improvement(id="i1", grade_id=LEFT, message_id=HERE, name="N", description="D"),
            Replacement(id="r1", improvement_id="i1", section="a", replace="c", idx=0),
            Analysis(id="a1", grade_id=LEFT, content="Fine."),
        ),
    )
    numbers = count()
    references = References(grade_id=NEW, message_ids={HERE: THERE})
    copy = copied_items(items, references, lambda: f"new-{next(numbers)}")
    first, second = copy.feedbacks
    assert (first.evidence, first.unsupported) == ((Evidence(message_id=THERE, quote="a"),), False)
    assert (second.evidence, second.unsupported) == ((), True)
    assert {first.grade_id, second.grade_id} == {NEW}
    good, words, whole, better, instead, analysis = copy.remarks
    assert isinstance(good, Strength)
    assert isinstance(words, Highlight)
    assert isinstance(whole, Strength)
    assert isinstance(better, Improvement)
    assert isinstance(instead, Replacement)
    assert isinstance(analysis, Analysis)
    assert (good.message_id, whole.message_id, better.message_id) == (THERE, None, THERE)
    assert (words.strength_id, instead.improvement_id) == (good.id, better.id)
    assert {good.grade_id, whole.grade_id, better.grade_id, analysis.grade_id} == {NEW}
    ids = [each.id for each in (*copy.feedbacks, *copy.remarks)]
    assert len(set(ids)) == len(ids) == 8
    assert all(each.startswith("new-") for each in ids)

"""Every grade that a chat was given, and two of them side by side (old grades are kept: Glow 6.4.2)."""

from collections.abc import Sequence

from parlour.accounts import actions as accounts
from parlour.attempts import access
from parlour.attempts.access import ChatInAttempt
from parlour.conversations import branches
from parlour.grading import actions as grading
from parlour.grading.difference import Difference, Graded, RemarkOnly, difference
from parlour.grading.entities import Feedback, Grade, GradeRequest, GradeSource, GradeState, ResourceType
from parlour.grading.facts import kind_of
from parlour.grading.rules import latest_done
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.kernel.ids import AccountId, GradeId
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

GRADES_DEFAULT = 50
GRADES_MAX = 100
FAILED_TEXT = "The chat could not be graded."


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was asked of the grader; no types = all. `instructions` of staff are null for the owner."""

    resource_types: Sequence[ResourceType]
    instructions: Sequence[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeHead:
    """A grade without its items. `counts`: it is the grade of the chat (6.4.2).

    `asked_by`: to staff a name, to the owner `You` or `staff`; null if that account is gone.
    `reason`: why it failed; the owner reads a sentence without details. `label` names the branch.
    """

    id: str
    state: GradeState
    source: GradeSource
    source_grade_id: str | None
    counts: bool
    branch_message_id: str | None
    label: str | None
    asked_by: str | None
    request: Asked
    score: int | None
    passed: bool | None
    total_points: int
    pass_points: int
    time_taken: int | None
    description: str | None
    reason: str | None
    created_at: str
    done_at: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeWithItems:
    """A grade with its feedbacks in rubric order, and its other items, parents before children."""

    grade: GradeHead
    feedbacks: Sequence[Feedback]
    remarks: Sequence[RemarkOnly]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class GradePage:
    """Grades, newest first. `next_before` leads to older ones, null at the end."""

    chat_id: str
    items: Sequence[GradeWithItems]
    next_before: str | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class GradeComparison:
    """Two grades of a chat and what changes from the left one to the right one."""

    left: GradeHead
    right: GradeHead
    difference: Difference


class _Reader:
    """The grades of a chat as one person may see them."""

    def __init__(self, tx: Tx, found: ChatInAttempt) -> None:
        self._tx = tx
        self._found = found
        self.grades = grading.grades_of(tx, found.chat.id)
        self._requests = grading.requests_of(tx, found.chat.id)
        self._labels = branches.labels_of(tx, found.chat.id)
        self._counting = latest_done(self.grades)
        self._names: dict[AccountId, str | None] = {}

    def head(self, grade: Grade) -> GradeHead:
        branch = grade.branch_message_id
        return GradeHead(
            id=grade.id,
            state=grade.state,
            source=grade.source,
            source_grade_id=grade.source_grade_id,
            counts=self._counting is not None and grade.id == self._counting.id,
            branch_message_id=branch,
            label=self._labels.get(branch) if branch else None,
            asked_by=self._asked_by(grade.requested_by),
            request=self._asked(grade, self._requests[grade.id]),
            score=grade.score,
            passed=grade.passed,
            total_points=grade.total_points,
            pass_points=grade.pass_points,
            time_taken=grade.time_taken,
            description=grade.summary,
            reason=FAILED_TEXT if grade.state == "failed" and self._found.owned else grade.reason,
            created_at=rfc3339(grade.created_at),
            done_at=None if grade.done_at is None else rfc3339(grade.done_at),
        )

    def whole(self, grade: Grade) -> GradeWithItems:
        items = grading.items_of(self._tx, grade.id)
        return GradeWithItems(
            grade=self.head(grade),
            feedbacks=items.feedbacks,
            remarks=[RemarkOnly(resource_type=kind_of(remark), entry=remark) for remark in items.remarks],
        )

    def named(self, grade_id: str) -> Grade:
        grade = next((each for each in self.grades if each.id == grade_id), None)
        if grade is None:
            raise not_found("Grade")
        return grade

    def _asked_by(self, account_id: AccountId) -> str | None:
        if self._found.owned:
            return "You" if account_id == self._found.attempt.account_id else "staff"
        if account_id not in self._names:
            account = accounts.account_by_id(self._tx, account_id)
            self._names[account_id] = account.name if account else None
        return self._names[account_id]

    def _asked(self, grade: Grade, request: GradeRequest) -> Asked:
        hidden = self._found.owned and grade.requested_by != self._found.attempt.account_id
        return Asked(
            resource_types=request.wanted,
            instructions=None if hidden else (*request.instructions, *request.remarks),
        )


def grades_of_chat(tx: Tx, actor: Actor, chat_id: str, before: str | None, limit: int) -> GradePage:
    """Every grade of a chat and of its branches, newest first, those before a grade.

    Raises `not_found`, also for a `before` that is no grade of the chat.
    """
    found = access.chat_to_read(tx, actor, chat_id)
    reader = _Reader(tx, found)
    newest_first = reader.grades[::-1]
    start = newest_first.index(reader.named(before)) + 1 if before is not None else 0
    shown = newest_first[start : start + limit]
    return GradePage(
        chat_id=found.chat.id,
        items=[reader.whole(grade) for grade in shown],
        next_before=shown[-1].id if len(newest_first) > start + limit else None,
    )


def compare_grades(tx: Tx, actor: Actor, chat_id: str, left: str, right: str) -> GradeComparison:
    """Two grades of a chat; raises `not_found`. One that is not done has no levels and no score."""
    found = access.chat_to_read(tx, actor, chat_id)
    reader = _Reader(tx, found)
    one, other = reader.named(left), reader.named(right)
    rubric = grading.rubric_of(tx, found.chat)
    if rubric is None:
        raise not_found("Grade")
    return GradeComparison(
        left=reader.head(one),
        right=reader.head(other),
        difference=difference(rubric, graded(tx, one), graded(tx, other)),
    )


def graded(tx: Tx, grade: Grade) -> Graded:
    """A grade with its items."""
    return Graded(grade=grade, items=grading.items_of(tx, GradeId(grade.id)))

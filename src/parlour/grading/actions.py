"""Verbs of grading. Rights are checked before, in the capability that owns the chat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parlour.catalog.actions import rubric_version
from parlour.catalog.entities import Rubric
from parlour.conversations.actions import locked_chat, transcript
from parlour.conversations.entities import Chat
from parlour.conversations.rooms import chat_room, person_room
from parlour.grading import rules, store
from parlour.grading.entities import Grade, GradeRequest, Items
from parlour.grading.facts import FeedbackGiven, GradeGiven, GradingFailed, GradingStarted, remark_given
from parlour.kernel.ids import ChatId, GradeId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

GRADE = "grading.grade"


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeOrder:
    """The body of the job that grades."""

    grade_id: GradeId


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A verdict that holds, ready to be stored."""

    items: Items
    summary: str
    simulation_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why there is no grade: `reason` for the record, `code` and `text` for people."""

    reason: str
    code: str
    text: str


def request_grade(tx: Tx, request: GradeRequest) -> GradeId:
    """Have a chat graded; it stays as it is (7.12).

    Raises `not_found`, `nothing_to_grade` (no learner message), `no_rubric`, `grading_running`.
    """
    chat = locked_chat(tx, request.chat_id)
    if chat is None:
        raise not_found("Chat")
    if not any(message.type == "query" for message in transcript(tx, chat.id)):
        raise Refusal("nothing_to_grade", "There is no chat to grade.")
    rubric = rubric_of(tx, chat)
    if rubric is None:
        raise Refusal("no_rubric", "This chat has no rubric.")
    if running_grade(tx, chat.id):
        raise Refusal("grading_running", "This chat is being graded.")
    grade = Grade(
        id=GradeId(tx.new_id()),
        chat_id=chat.id,
        run_id=tx.new_id(),
        state="pending",
        source="model",
        source_grade_id=None,
        requested_by=request.requested_by,
        score=None,
        passed=None,
        time_taken=None,
        total_points=rubric.total_points,
        pass_points=rubric.pass_points,
        summary=None,
        reason=None,
        created_at=tx.now_ms,
        done_at=None,
    )
    store.insert(tx, grade, request)
    tx.enqueue(GRADE, GradeOrder(grade_id=grade.id))
    return grade.id


def rubric_of(tx: Tx, chat: Chat) -> Rubric | None:
    """The rubric that a chat was opened with, in its version of then."""
    pinned = chat.snapshot.rubric
    return rubric_version(tx, pinned.id, pinned.version) if pinned else None


def grade(tx: Tx, grade_id: GradeId) -> Grade | None:
    """A grade in any state."""
    found = store.grade(tx, grade_id)
    return found[0] if found else None


def grades_of(tx: Tx, chat_id: ChatId) -> list[Grade]:
    """Every grade of a chat, oldest first, in any state."""
    return store.grades_of(tx, [chat_id])


def latest_done(tx: Tx, chat_id: ChatId) -> Grade | None:
    """The grade of a chat that counts (6.4.2)."""
    return rules.latest_done(grades_of(tx, chat_id))


def done_grades(tx: Tx, chat_ids: Sequence[ChatId]) -> Mapping[ChatId, Grade]:
    """For every chat that has one, the grade that counts."""
    found: dict[ChatId, Grade] = {}
    for each in store.grades_of(tx, chat_ids) if chat_ids else []:
        if each.state == "done":
            found[each.chat_id] = each
    return found


def running_grade(tx: Tx, chat_id: ChatId) -> Grade | None:
    """The grade of a chat that is being made, if any."""
    return next((each for each in grades_of(tx, chat_id) if each.state == "pending"), None)


def count_by_owner(tx: Tx, chat: Chat) -> int:
    """How often the owner had a chat graded again: without its first grade and without failed ones (6.4.6)."""
    grades = [each for each in grades_of(tx, chat.id) if each.state != "failed"]
    return sum(each.requested_by == chat.account_id for each in grades[1:])


def items_of(tx: Tx, grade_id: GradeId) -> Items:
    """What a grade consists of; empty unless it is done."""
    return store.items_of(tx, grade_id)


def seconds_taken(chat: Chat, pending: Grade) -> int:
    """From the opening of the chat to its completion, or to the request for a grade (6.4.1)."""
    return pending.time_taken or rules.time_taken(chat.created_at, chat.completed_at or pending.created_at)


def begin(tx: Tx, chat: Chat, pending: Grade, total_count: int) -> bool:
    """Say once that grading has begun, and fix its time; False if it was said before."""
    if not store.begin(tx, pending.id, seconds_taken(chat, pending)):
        return False
    started = GradingStarted(chat_id=chat.id, grade_id=pending.id, total_count=total_count)
    tx.announce(audience(chat, pending), started)
    return True


def give(tx: Tx, chat: Chat, pending: Grade, given: Given) -> bool:
    """Store a grade with its items and say everything in the order of 6.4.7; False if it has ended."""
    score = rules.score_of(feedback.total for feedback in given.items.feedbacks)
    passed = rules.is_passed(score, pending.pass_points)
    if not store.finish(tx, pending.id, store.Result(score=score, passed=passed, summary=given.summary)):
        return False
    store.insert_items(tx, pending.id, given.items)
    rooms = audience(chat, pending)
    total = len(given.items.feedbacks)
    for count, feedback in enumerate(given.items.feedbacks, 1):
        told = FeedbackGiven(
            chat_id=chat.id, grade_id=pending.id, entry=feedback, completed_count=count, total_count=total
        )
        tx.announce(rooms, told)
    for remark in given.items.remarks:
        tx.announce(rooms, remark_given(chat.id, pending.id, remark))
    tx.announce(
        rooms,
        GradeGiven(
            chat_id=chat.id,
            grade_id=pending.id,
            attempt_id=chat.attempt_id,
            simulation_id=given.simulation_id,
            score=score,
            passed=passed,
            total_points=pending.total_points,
            pass_points=pending.pass_points,
            percentage=rules.percentage(score, pending.total_points),
            feedback=given.summary,
            source=pending.source,
        ),
    )
    return True


def fail(tx: Tx, chat: Chat, pending: Grade, failure: Failure) -> bool:
    """Give a grade up and say so; False if it has ended. An earlier grade still counts."""
    if not store.fail(tx, pending.id, failure.reason):
        return False
    told = GradingFailed(
        chat_id=chat.id,
        grade_id=pending.id,
        attempt_id=chat.attempt_id,
        code=failure.code,
        text=failure.text,
    )
    tx.announce(audience(chat, pending), told)
    return True


def audience(chat: Chat, grade: Grade) -> list[str]:
    """The chat, its owner, and whoever asked (6.4.7)."""
    return [chat_room(chat.id), person_room(chat.account_id), person_room(grade.requested_by)]


def copied_feedbacks(tx: Tx, chat_id: ChatId, grade_id: GradeId) -> tuple[Items, str] | None:
    """The feedbacks of the grade that counts, as those of a new grade, and its summary; None without one (6.4.4)."""
    latest = latest_done(tx, chat_id)
    if latest is None:
        return None
    feedbacks = tuple(
        replace(feedback, id=tx.new_id(), grade_id=grade_id) for feedback in items_of(tx, latest.id).feedbacks
    )
    return Items(feedbacks=feedbacks), latest.summary or ""

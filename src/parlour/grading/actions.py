"""Verbs of grading. Rights are checked before, in the capability that owns the chat."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from parlour.catalog.actions import rubric_version
from parlour.catalog.entities import Rubric
from parlour.conversations.actions import locked_chat, messages, transcript
from parlour.conversations.entities import Chat, Message
from parlour.conversations.rooms import chat_room, person_room
from parlour.conversations.tree import path_to
from parlour.grading import rules, store
from parlour.grading.entities import Feedback, Grade, GradeRequest, Items
from parlour.grading.facts import FeedbackGiven, GradeGiven, GradingFailed, GradingStarted, remark_given
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, GradeId, MessageId
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
    """Have a chat graded, or a branch of it; it stays as it is (7.12).

    Raises `not_found`, `nothing_to_grade` (no learner message), `no_rubric`, and `grading_running` unless it
    is automatic: the end of a chat is graded even while its middle still is (6.2).
    """
    chat = locked_chat(tx, request.chat_id)
    if chat is None:
        raise not_found("Chat")
    branch = request.branch_message_id
    if not any(message.type == "query" for message in graded_path(tx, chat.id, branch)):
        raise Refusal("nothing_to_grade", "There is no chat to grade.")
    rubric = rubric_of(tx, chat)
    if rubric is None:
        raise Refusal("no_rubric", "This chat has no rubric.")
    if not request.automatic and running_grade(tx, chat.id, branch):
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
        created_at=_time_of_next(tx, chat.id),
        done_at=None,
        branch_message_id=branch,
    )
    store.insert(tx, grade, request)
    tx.enqueue(GRADE, GradeOrder(grade_id=grade.id))
    return grade.id


def _time_of_next(tx: Tx, chat_id: ChatId) -> int:
    """Now, but after every earlier grade of the locked chat: what was asked for last is the newest (6.4.2).

    A transaction's time is of before it waited for the lock, and a machine's clock may be set back.
    """
    return max(tx.now_ms, *(each.created_at + 1 for each in grades_of(tx, chat_id)), 0)


def rubric_of(tx: Tx, chat: Chat) -> Rubric | None:
    """The rubric that a chat was opened with, in its version of then."""
    pinned = chat.snapshot.rubric
    return rubric_version(tx, pinned.id, pinned.version) if pinned else None


def grade(tx: Tx, grade_id: GradeId) -> Grade | None:
    """A grade in any state."""
    found = store.grade(tx, grade_id)
    return found[0] if found else None


def graded_path(tx: Tx, chat_id: ChatId, branch_message_id: MessageId | None) -> list[Message]:
    """What a grade is about: the path to the leaf of a branch, else the active path; completed messages only."""
    if branch_message_id is None:
        return transcript(tx, chat_id)
    return [message for message in path_to(messages(tx, chat_id), branch_message_id) if message.counts]


def grades_of(tx: Tx, chat_id: ChatId) -> list[Grade]:
    """Every grade of a chat and of its branches, oldest first, in any state."""
    return store.grades_of(tx, [chat_id])


def grades_by_chat(tx: Tx, chat_ids: Sequence[ChatId]) -> Mapping[ChatId, Sequence[Grade]]:
    """The same for several chats."""
    found: dict[ChatId, list[Grade]] = {chat_id: [] for chat_id in chat_ids}
    for each in store.grades_of(tx, chat_ids) if chat_ids else []:
        found[each.chat_id].append(each)
    return found


def requests_of(tx: Tx, chat_id: ChatId) -> Mapping[GradeId, GradeRequest]:
    """What was asked for, by grade."""
    return store.requests_of(tx, chat_id)


def latest_done(tx: Tx, chat_id: ChatId, branch_message_id: MessageId | None = None) -> Grade | None:
    """The grade of a chat that counts (6.4.2), or the newest done one of a branch."""
    if branch_message_id is None:
        return rules.latest_done(grades_of(tx, chat_id))
    of_branch = [each for each in grades_of(tx, chat_id) if each.branch_message_id == branch_message_id]
    return next((each for each in reversed(of_branch) if each.state == "done"), None)


def done_grades(tx: Tx, chat_ids: Sequence[ChatId]) -> Mapping[ChatId, Grade]:
    """For every chat that has one, the grade that counts."""
    found: dict[ChatId, Grade] = {}
    for each in store.grades_of(tx, chat_ids) if chat_ids else []:
        if each.state == "done" and each.branch_message_id is None:
            found[each.chat_id] = each
    return found


def running_grade(tx: Tx, chat_id: ChatId, branch_message_id: MessageId | None = None) -> Grade | None:
    """The grade of a chat, or of that branch, that is being made, if any."""
    pending = [each for each in grades_of(tx, chat_id) if each.state == "pending"]
    return next((each for each in pending if each.branch_message_id == branch_message_id), None)


def count_by_owner(tx: Tx, chat: Chat) -> int:
    """How often the owner had a chat graded again: without its first grade and without failed ones (6.4.6).

    A grade of a branch counts like any other; that of the chat's end is nobody's wish.
    """
    grades = [each for each in grades_of(tx, chat.id) if each.state != "failed"]
    asked = requests_of(tx, chat.id)
    return sum(each.requested_by == chat.account_id and not asked[each.id].automatic for each in grades[1:])


def items_of(tx: Tx, grade_id: GradeId) -> Items:
    """What a grade consists of; empty unless it is done."""
    return store.items_of(tx, grade_id)[grade_id]


def items_by_grade(tx: Tx, grade_ids: Sequence[GradeId]) -> Mapping[GradeId, Items]:
    """The same for several grades."""
    return store.items_of(tx, *grade_ids) if grade_ids else {}


def seconds_taken(chat: Chat, pending: Grade) -> int:
    """From the opening of the chat to its completion, or to the request for a grade (6.4.1)."""
    return pending.time_taken or rules.time_taken(chat.created_at, chat.completed_at or pending.created_at)


def begin(tx: Tx, chat: Chat, pending: Grade, total_count: int) -> bool:
    """Say once that grading has begun, and fix its time; False if it was said before."""
    if not store.begin(tx, pending.id, seconds_taken(chat, pending)):
        return False
    branch = pending.branch_message_id
    started = GradingStarted(chat_id=chat.id, grade_id=pending.id, total_count=total_count, branch_message_id=branch)
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
            chat_id=chat.id,
            grade_id=pending.id,
            entry=feedback,
            completed_count=count,
            total_count=total,
            branch_message_id=pending.branch_message_id,
        )
        tx.announce(rooms, told)
    for remark in given.items.remarks:
        tx.announce(rooms, remark_given(pending, remark))
    done = replace(pending, state="done", score=score, passed=passed, summary=given.summary)
    tx.announce(rooms, grade_given(chat, done, given.simulation_id))
    return True


def grade_given(chat: Chat, done: Grade, simulation_id: str | None) -> GradeGiven:
    """The fact that a grade is done."""
    score = done.score or 0
    return GradeGiven(
        chat_id=chat.id,
        grade_id=done.id,
        attempt_id=chat.attempt_id,
        simulation_id=simulation_id,
        score=score,
        passed=done.passed is True,
        total_points=done.total_points,
        pass_points=done.pass_points,
        percentage=rules.percentage(score, done.total_points),
        feedback=done.summary or "",
        source=done.source,
        branch_message_id=done.branch_message_id,
    )


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
        branch_message_id=pending.branch_message_id,
    )
    tx.announce(audience(chat, pending), told)
    return True


def audience(chat: Chat, grade: Grade) -> list[str]:
    """The chat, its owner, and whoever asked (6.4.7)."""
    return [chat_room(chat.id), person_room(chat.account_id), person_room(grade.requested_by)]


def copied_feedbacks(tx: Tx, pending: Grade, path: Sequence[Message]) -> tuple[Items, str] | None:
    """The feedbacks of the grade that counts, as those of a new grade, and its summary; None without one (6.4.4).

    A quote that is not on the path of the new grade any more is left out (6.4.5).
    """
    latest = latest_done(tx, pending.chat_id, pending.branch_message_id)
    if latest is None:
        return None
    said = rules.said_by_learner(path)
    feedbacks: list[Feedback] = []
    for feedback in items_of(tx, latest.id).feedbacks:
        evidence = tuple(each for each in feedback.evidence if rules.occurs(each.quote, each.message_id, said))
        copied = replace(feedback, id=tx.new_id(), grade_id=pending.id, evidence=evidence, unsupported=not evidence)
        feedbacks.append(copied)
    return Items(feedbacks=tuple(feedbacks)), latest.summary or ""

"""Ask, answer, cancel. A pause leaves `open` once, whoever is first, in whichever process (P7)."""

from dataclasses import dataclass
from typing import Literal

from parlour.conversations.rooms import person_room
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal, not_found
from parlour.pauses import store
from parlour.pauses.entities import Answer, Pause, Question, Resumed, check_answer
from parlour.pauses.facts import QuestionAnswered, QuestionAsked, QuestionCancelled, QuestionExpired
from parlour.storage.tx import Tx

EXPIRE = "pauses.expire"


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseDue:
    """The body of the job that watches a deadline."""

    pause_id: PauseId


def ask(tx: Tx, question: Question) -> PauseId:
    """Store a question and tell the person; the step that asks must end in the same transaction."""
    pause_id = PauseId(tx.new_id())
    store.insert(tx, pause_id, question)
    told = QuestionAsked(
        pause_id=pause_id,
        account_id=question.account_id,
        subject=question.subject,
        kind=question.kind,
        text=question.text,
        options=question.options,
        created_at=tx.now_ms,
        deadline_at=question.deadline_at,
    )
    tx.announce([person_room(question.account_id)], told)
    if question.deadline_at is not None:
        wait = max(0.0, (question.deadline_at - tx.now_ms) / 1000)
        tx.enqueue(EXPIRE, PauseDue(pause_id=pause_id), delay_seconds=wait)
    return pause_id


def question(tx: Tx, account_id: AccountId, pause_id: PauseId) -> Pause:
    """A question to this person, in any state; somebody else's is `not_found`."""
    found = store.pause(tx, pause_id)
    if found is None or found.account_id != account_id:
        raise not_found("Question")
    return found


def open_questions(tx: Tx, account_id: AccountId) -> list[Pause]:
    """What a person is being asked, newest first."""
    return store.open_of(tx, account_id)


def is_open(tx: Tx, pause_id: PauseId) -> bool:
    """Whether a question can still be answered."""
    asked = store.pause(tx, pause_id)
    return asked is not None and asked.state == "open"


def answer(tx: Tx, actor_account_id: AccountId, pause_id: PauseId, given: Answer) -> None:
    """Answer a question and let the work go on, in one transaction.

    Raises `not_found`, `answer_invalid` (the question stays open), `already_answered`, or
    `question_closed` for one that expired or was cancelled.
    """
    asked = question(tx, actor_account_id, pause_id)
    if asked.state == "open":
        check_answer(asked, given)
    resume = store.settle(tx, pause_id, "answered", answer=given, by=actor_account_id)
    if resume is None:
        if question(tx, actor_account_id, pause_id).state == "answered":
            raise Refusal("already_answered", "This question has been answered.")
        raise Refusal("question_closed", "This question is closed.")
    told = QuestionAnswered(
        pause_id=pause_id,
        account_id=asked.account_id,
        subject=asked.subject,
        answered_by=actor_account_id,
        answer=given,
    )
    tx.announce([person_room(asked.account_id)], told)
    _go_on(tx, pause_id, resume, "answered", given)


def expire(tx: Tx, pause_id: PauseId) -> bool:
    """Close a question whose deadline has passed and let the work go on without an answer."""
    asked = store.pause(tx, pause_id)
    if asked is None or asked.deadline_at is None or asked.deadline_at > tx.now_ms:
        return False
    resume = store.settle(tx, pause_id, "expired")
    if resume is None:
        return False
    told = QuestionExpired(pause_id=pause_id, account_id=asked.account_id, subject=asked.subject)
    tx.announce([person_room(asked.account_id)], told)
    _go_on(tx, pause_id, resume, "expired", None)
    return True


def cancel(tx: Tx, pause_id: PauseId) -> bool:
    """Close a question because its work was stopped; nothing goes on. False if it is closed already."""
    asked = store.pause(tx, pause_id)
    if asked is None or store.settle(tx, pause_id, "cancelled") is None:
        return False
    told = QuestionCancelled(pause_id=pause_id, account_id=asked.account_id, subject=asked.subject)
    tx.announce([person_room(asked.account_id)], told)
    return True


def _go_on(
    tx: Tx, pause_id: PauseId, resume: store.Resume, outcome: Literal["answered", "expired"], given: Answer | None
) -> None:
    tx.enqueue(resume.kind, Resumed(pause_id=pause_id, outcome=outcome, answer=given, body=resume.body))

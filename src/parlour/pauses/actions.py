"""Ask, answer, expire, cancel, assign. A pause is settled once, whoever is first, in whichever process (P7)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from parlour.conversations.rooms import lab_room
from parlour.events.erasing import actions as erasing
from parlour.events.erasing.actions import Told
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal, not_found
from parlour.pauses import store
from parlour.pauses.entities import Answer, Asking, Body, OnExpiry, Pause, QuestionKind, Resumed, Settling
from parlour.pauses.facts import QuestionAnswered, QuestionAsked, QuestionAssigned, QuestionCancelled, QuestionExpired
from parlour.storage.tx import Tx

EXPIRE = "pauses.expire"
LISTED_MAX = 200
_SILENCE: Mapping[OnExpiry, Answer] = {
    "deny": {"decision": "deny"},
    "abandon": {"abandon": True},
    "continue": {"decision": "continue"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseDue:
    """The body of the job that watches a deadline."""

    pause_id: PauseId


def ask(tx: Tx, asking: Asking, carry: Callable[[PauseId], str] | None = None) -> Pause:
    """Store a question and tell it; the step that asks must end in the same transaction.

    `carry` stores the message that carries the question and returns its id. Raises `RuntimeError`
    if the subject has an unsettled question: its work should not be running.
    """
    pause_id = PauseId(tx.new_id())
    if not store.insert(tx, pause_id, asking):
        raise RuntimeError("this work has a question that is not settled")
    if carry is not None:
        store.set_message(tx, pause_id, carry(pause_id))
    asked = _stored(tx, pause_id)
    tx.announce(_rooms(asked), QuestionAsked(pause=asked))
    if asking.deadline_at is not None:
        wait = max(0.0, (asking.deadline_at - tx.now_ms) / 1000)
        tx.enqueue(asking.deadline_kind, PauseDue(pause_id=pause_id), delay_seconds=wait)
    return asked


def pause(tx: Tx, pause_id: PauseId) -> Pause | None:
    """A question in any state, whoever asks; rights are checked by `question`."""
    return store.pause(tx, pause_id)


def question(tx: Tx, account_id: AccountId, pause_id: PauseId) -> Pause:
    """A question to this person or assigned to them, in any state; any other is `not_found`."""
    found = store.pause(tx, pause_id)
    if found is None or account_id not in (found.account_id, found.assigned_to):
        raise not_found("Question")
    return found


def questions_of(tx: Tx, account_id: AccountId, *, every: bool = False, limit: int = LISTED_MAX) -> list[Pause]:
    """What a person is being asked, newest first; with `every` also what is settled."""
    return store.of_account(tx, account_id, every=every, limit=limit)


def assigned_questions(tx: Tx, account_id: AccountId, *, every: bool = False, limit: int = LISTED_MAX) -> list[Pause]:
    """What others assigned to this person, newest first."""
    return store.of_assignee(tx, account_id, every=every, limit=limit)


def open_of_subject(tx: Tx, subject: str) -> Pause | None:
    """The one question of a piece of work that is open or pending."""
    return store.open_of_subject(tx, subject)


def answer(tx: Tx, asked: Pause, given: Settling) -> Pause | None:
    """Settle a question with an answer and let the work go on; None if it was settled before.

    Whether the answer fits and who may give it is for the caller to check.
    """
    resume = store.settle(tx, asked.id, "answered", given, given.answer)
    if resume is None:
        return None
    settled = _stored(tx, asked.id)
    tx.announce(_rooms(settled), QuestionAnswered(pause=settled))
    if resume.kind:
        body = Resumed(pause_id=asked.id, outcome="answered", answer=given.answer, body=resume.body)
        tx.enqueue(resume.kind, body)
    return settled


def expire(tx: Tx, pause_id: PauseId) -> Pause | None:
    """Close a question whose deadline has passed and let the work go on without an answer; None if not now."""
    asked = store.pause(tx, pause_id)
    if asked is None or asked.deadline_at is None or asked.deadline_at > tx.now_ms:
        return None
    silence = silence_of(asked.kind, asked.on_expiry)
    resume = store.settle(tx, pause_id, "expired", None, silence)
    if resume is None:
        return None
    settled = _stored(tx, pause_id)
    tx.announce(_rooms(settled), QuestionExpired(pause=settled))
    if resume.kind:
        body = Resumed(pause_id=pause_id, outcome="expired", answer=silence, body=resume.body)
        tx.enqueue(resume.kind, body)
    return settled


def is_open(tx: Tx, pause_id: PauseId) -> bool:
    """Whether a question can still be answered: open or pending."""
    asked = store.pause(tx, pause_id)
    return asked is not None and asked.is_open


def cancel(tx: Tx, pause_id: PauseId) -> Pause | None:
    """Close a question because its work was stopped; nothing goes on. None if it is settled already."""
    if store.settle(tx, pause_id, "cancelled", None, None) is None:
        return None
    settled = _stored(tx, pause_id)
    tx.announce(_rooms(settled), QuestionCancelled(pause=settled))
    return settled


def pend(tx: Tx, pause_id: PauseId) -> bool:
    """An answer is on its way but not known yet: `open` becomes `pending`."""
    return store.move(tx, pause_id, "open", "pending", None)


def reopen(tx: Tx, pause_id: PauseId, error: str) -> Pause | None:
    """The awaited answer came to nothing: `pending` becomes `open` and the question is told again."""
    if not store.move(tx, pause_id, "pending", "open", error):
        return None
    asked = _stored(tx, pause_id)
    for room in _rooms(asked):
        tx.announce([room], QuestionAsked(pause=asked))
    return asked


def delivered(tx: Tx, pause_id: PauseId) -> bool:
    """The question has reached somebody who may answer it; True the first time."""
    return store.set_delivered(tx, pause_id)


def assign(tx: Tx, asked: Pause, to: AccountId | None, note: str | None) -> Pause:
    """Let another member answer too, or take that back (None). Raises `question_closed`."""
    if not store.assign(tx, asked, to, note):
        raise Refusal("question_closed", "This question is closed.")
    now = _stored(tx, asked.id)
    for room in _rooms(now):  # one event each, so that the assignee's can be taken back
        tx.announce([room], QuestionAssigned(pause=now))
    if asked.assigned_to not in (None, to, asked.account_id):
        taken_back = QuestionAssigned(pause=_wordless(now))
        _take_back(tx, asked, taken_back)
        tx.announce([lab_room(asked.assigned_to)], taken_back)
    return now


def forget(tx: Tx, subjects: Iterable[str]) -> None:
    """Erase every question of these pieces of work, also from what assignees were told; open ones must have been
    cancelled before."""
    for subject in subjects:
        for asked in store.assigned_of_subject(tx, subject):
            _take_back(tx, asked, QuestionCancelled(pause=replace(_wordless(asked), state="cancelled")))
        store.delete_of_subject(tx, subject)


def silence_of(kind: QuestionKind, on_expiry: OnExpiry) -> Answer:
    """What takes effect when nobody answers; it never allows anything."""
    return {"decision": "abandon"} if kind == "verify" and on_expiry == "abandon" else _SILENCE[on_expiry]


def _stored(tx: Tx, pause_id: PauseId) -> Pause:
    found = store.pause(tx, pause_id)
    if found is None:
        raise not_found("Question")
    return found


def _take_back(tx: Tx, asked: Pause, instead: QuestionAssigned | QuestionCancelled) -> None:
    """Whoever was assigned a question finds it no more in what they were told, however old their cursor is."""
    if asked.assigned_to is not None:
        kinds = (QuestionAssigned.__name__, QuestionAsked.__name__)
        erasing.rewrite(tx, lab_room(asked.assigned_to), Told(kinds=kinds, about=asked.id), instead)


def _wordless(asked: Pause) -> Pause:
    """The question as somebody sees it whom it does not concern any more."""
    return replace(
        asked,
        assigned_to=None,
        assigned_user=None,
        body=Body(text=""),
        answer=None,
        answered_by=None,
        answered_user=None,
    )


def _rooms(asked: Pause) -> list[str]:
    return [lab_room(each) for each in (asked.account_id, asked.assigned_to) if each is not None]

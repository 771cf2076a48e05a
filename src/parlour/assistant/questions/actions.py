"""Ask, answer, assign, expire, cancel: each in one transaction, each audited (lab protocol 6).

A question is a pause whose subject is its turn. Whoever settles one sets its turn running in the same
transaction, so that no answer is ever kept without the work that goes on with it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, field, replace
from typing import cast

import msgspec

from parlour.accounts import actions as accounts
from parlour.assistant.entities import JsonValue, LabMessageId, Language, Turn, TurnId
from parlour.assistant.facts import LabReplyReady
from parlour.assistant.messages import members, reading, replies, turns
from parlour.assistant.messages.replies import NewReply
from parlour.assistant.questions import schemas, wording, words
from parlour.assistant.questions.entities import (
    Assignment,
    Delivery,
    NewQuestion,
    Prompt,
    Question,
    Settled,
    Shown,
    Worded,
    Words,
)
from parlour.assistant.sentences import SENTENCES
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.conversations.rooms import lab_room
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal, not_found
from parlour.pauses import actions as pauses
from parlour.pauses.entities import Asking, Body, Item, OnExpiry, OperationShown, Option, QuestionKind, Settling
from parlour.storage.tx import Tx

EXPIRE = "assistant.question_due"
HOUR_MS = 3_600_000
ASSIGNED_MAX = 10_000
ON_EXPIRY: Mapping[QuestionKind, OnExpiry] = {
    "authorize": "deny",
    "collect": "abandon",
    "select": "abandon",
    "verify": "abandon",
    "instruct": "continue",
    "comment": "continue",
}


def of_prompt(prompt: Prompt, hours_max: float) -> NewQuestion:
    """What a tool wants to know, as a question that can be asked."""
    return NewQuestion(
        kind=prompt.kind,
        text=prompt.text,
        fields=prompt.fields,
        options=prompt.options,
        min=prompt.min,
        max=prompt.max,
        references=prompt.references,
        extra_info=prompt.extra_info,
        hours_max=hours_max,
    )


def operation_digest(operation: Shown) -> str:
    """What makes two operations the same: the tool and every argument, in whatever order (D9)."""
    encoded = msgspec.json.encode([operation.tool, operation.arguments], order="sorted")
    return hashlib.sha256(encoded).hexdigest()


def worded(tx: Tx, turn: Turn, new: NewQuestion) -> Worded:
    """A question in the language of the turn's person, as it stands now; nobody is asked by this."""
    language = members.member(tx, turn.account_id).language
    body = _body(new, wording.full_text(new, language), language)
    return Worded(kind=new.kind, body=body, references=new.references, hours_max=new.hours_max)


def put(tx: Tx, turn: Turn, new: Worded, delivery: Delivery | None = None) -> PauseId:
    """Ask the turn's person: the question, its message and the waiting turn, in this transaction.

    The job of the turn must end in it too. Told: the message, the question, that it can be delivered, the state.
    `delivery` for a question that should be spoken.
    """
    members.lock(tx, turn.account_id)
    language: Language = "zh" if new.body.language == "zh" else "en"
    reply = NewReply(text=new.body.text, references=new.references, extra_info=new.body.extra_info, language=language)
    message_id = None
    if delivery is not None:
        message_id = delivery.message_id
        reply = replace(reply, speech=delivery.speech, extra_info=delivery.extra_info)
        reply = reply if delivery.speech else replies.unspoken(tx, turn, reply)
    with turns.telling_state(tx, turn.account_id):
        asked = pauses.ask(
            tx,
            Asking(
                account_id=turn.account_id,
                subject=turn.id,
                kind=new.kind,
                body=new.body,
                on_expiry=ON_EXPIRY[new.kind],
                deadline_at=tx.now_ms + round(new.hours_max * HOUR_MS),
                deadline_kind=EXPIRE,
            ),
            lambda pause_id: replies.add_question(tx, turn, pause_id, reply, message_id),
        )
        _tell_ready(tx, asked)
        turns.set_waiting(tx, turn)
    _audit(tx, asked, _Deed(what="asked", by=None, route="turn"))
    return asked.id


def question(tx: Tx, question_id: PauseId | str) -> Question | None:
    """A question in any state, whoever's; for showing it to somebody see `question_for`."""
    return pauses.pause(tx, PauseId(question_id))


def question_for(tx: Tx, account_id: AccountId, question_id: str) -> Question:
    """A question of this account or assigned to it; any other is `not_found`."""
    return pauses.question(tx, account_id, PauseId(question_id))


def question_to_change(tx: Tx, account_id: AccountId, question_id: str) -> Question:
    """As `question_for`, for whoever answers or assigns it: nobody else does so before this transaction ends."""
    members.lock(tx, question_for(tx, account_id, question_id).account_id)
    return question_for(tx, account_id, question_id)


def open_of(tx: Tx, account_id: AccountId) -> Question | None:
    """The open or pending question of an account's current turn."""
    current = turns.current(tx, account_id)
    return pauses.open_of_subject(tx, current.id) if current is not None else None


def take_words(tx: Tx, question: Question, said: Words) -> Settled | None:
    """Answer with words, by the rules of 6.4; whatever they are, the question is closed by them.

    None, and nothing changed, if the question was settled before or the message is not newer than it.
    """
    members.lock(tx, question.account_id)
    if said.message_id is not None and not _is_newer(tx, said.message_id, question):
        return None
    answer = words.answer_of(question, said)
    return _settle(tx, question, Settling(answer=answer, by=said.author_id, message_id=said.message_id), said.route)


def take_answer(tx: Tx, question: Question, answer: object, by: AccountId, route: str) -> Settled:
    """Answer with an object of the question's schema; what is no object fits none.

    Raises `question_closed`, or `answer_invalid` with pointers: the question stays open.
    """
    members.lock(tx, question.account_id)
    now = pauses.pause(tx, question.id)
    if now is None or not now.is_open:
        raise closed()
    settled = _settle(tx, now, Settling(answer=schemas.check(now, answer), by=by), route)
    if settled is None:
        raise closed()
    return settled


def pend(tx: Tx, question: Question) -> bool:
    """A spoken answer is being recognised: the turn counts as running. False if it is not open."""
    members.lock(tx, question.account_id)
    turn = turns.turn(tx, TurnId(question.subject))
    if turn is None or not pauses.pend(tx, question.id):
        return False
    turns.set_recognising(tx, turn)
    return True


def reopen(tx: Tx, question: Question, error: str) -> bool:
    """The spoken answer was not understood (`error`: a code of 4.7): the question is open again and told again."""
    members.lock(tx, question.account_id)
    turn = turns.turn(tx, TurnId(question.subject))
    if turn is None:
        return False
    with turns.telling_state(tx, question.account_id):
        asked = pauses.reopen(tx, question.id, error)
        if asked is None:
            return False
        why = SENTENCES["zh" if asked.body.language == "zh" else "en"].get(f"mailbox.{error}", "")
        _set_error(tx, asked, f"{error}: {why}")
        _tell_ready(tx, asked)
        turns.set_waiting(tx, turn)
    return True


def delivered(tx: Tx, question: Question, by: AccountId, route: str = "mailbox") -> bool:
    """The question has reached somebody who may answer it (2.2 rule 4); True, and audited, the first time."""
    if question.delivered_at is not None or not question.is_open or not pauses.delivered(tx, question.id):
        return False
    _audit(tx, question, _Deed(what="delivered", by=by, route=route))
    return True


def assign(tx: Tx, question: Question, assignment: Assignment) -> Question:
    """Let another member answer too, or take that back. Raises `question_closed`, `not_found`, `validation`."""
    members.lock(tx, question.account_id)
    if assignment.to is not None:
        account = accounts.account_by_id(tx, assignment.to)
        if account is None or account.disabled:
            raise not_found("Member")
        if assignment.to == question.account_id:
            raise Refusal("validation", "The question is this member's own.")
    now = pauses.assign(tx, question, assignment.to, assignment.note)
    _audit(tx, now, _Deed(what="assigned", by=assignment.by, route=assignment.route, detail={"to": assignment.to}))
    return now


def expire(tx: Tx, question_id: PauseId) -> Settled | None:
    """Close a question whose deadline has passed; nothing is allowed by it. None if it is not due or settled."""
    asked = pauses.pause(tx, question_id)
    if asked is None:
        return None
    members.lock(tx, asked.account_id)
    with turns.telling_state(tx, asked.account_id):
        expired = pauses.expire(tx, question_id)
        if expired is None:
            return None
        _go_on(tx, expired)
    _set_error(tx, asked, None)
    _audit(tx, expired, _Deed(what="expired", by=None, route="deadline"))
    return _settled(expired)


def cancel(tx: Tx, question: Question, by: AccountId | None = None, route: str = "turn") -> bool:
    """Close a question because its turn ends; the turn is not changed. False if it was settled before."""
    members.lock(tx, question.account_id)
    cancelled = pauses.cancel(tx, question.id)
    if cancelled is None:
        return False
    _audit(tx, cancelled, _Deed(what="cancelled", by=by, route=route))
    return True


def outcome(tx: Tx, question_id: PauseId) -> Settled | None:
    """What came of a question; None while it is open or pending."""
    asked = pauses.pause(tx, question_id)
    return None if asked is None or asked.is_open else _settled(asked)


def may_read(tx: Tx, account_id: AccountId, handle: str) -> bool:
    """Whether an open question that is assigned to this account refers to the file (6.7)."""
    assigned = pauses.assigned_questions(tx, account_id, limit=ASSIGNED_MAX)
    return any(reference.get("file") == handle for each in assigned for reference in each.body.references)


def closed() -> Refusal:
    """The answer to whoever answers too late."""
    return Refusal("question_closed", "This question is closed.")


def _settle(tx: Tx, asked: Question, given: Settling, route: str) -> Settled | None:
    with turns.telling_state(tx, asked.account_id):
        answered = pauses.answer(tx, asked, given)
        if answered is None:
            return None
        _go_on(tx, answered)
    _set_error(tx, asked, None)
    digest = hashlib.sha256(msgspec.json.encode(given.answer, order="sorted")).hexdigest()
    _audit(
        tx,
        answered,
        _Deed(what="answered", by=given.by, route=route, detail={"answer": digest, "message": given.message_id}),
    )
    return _settled(answered)


def _go_on(tx: Tx, settled: Question) -> None:
    turn = turns.turn(tx, TurnId(settled.subject))
    if turn is not None:
        turns.set_running(tx, turn)


def _is_newer(tx: Tx, message_id: LabMessageId, asked: Question) -> bool:
    """2.2 rule 2: what was accepted before the question was stored never answers it."""
    said = reading.message(tx, message_id)
    carrying = reading.message(tx, LabMessageId(asked.message_id)) if asked.message_id is not None else None
    return said is not None and carrying is not None and said.ordinal > carrying.ordinal


def _set_error(tx: Tx, asked: Question, error: str | None) -> None:
    """The reply that carries the question says why it is open again, and no longer once it is settled."""
    if asked.message_id is not None and asked.answer_error is not None:
        replies.set_error(tx, LabMessageId(asked.message_id), error)


def _tell_ready(tx: Tx, asked: Question) -> None:
    carrying = reading.message(tx, LabMessageId(asked.message_id or ""))
    if carrying is not None:
        tx.announce([lab_room(asked.account_id)], LabReplyReady(message=carrying, question=asked))


def _body(new: NewQuestion, text: str, language: str) -> Body:
    return Body(
        text=text,
        language=language,
        items=tuple(Item(**asdict(each)) for each in new.fields),
        options=tuple(
            Option(index=index, id=option.id, title=option.title, detail=option.detail)
            for index, option in enumerate(new.options, start=1)
        ),
        min=new.min,
        max=new.max,
        operation=_shown(new.operation) if new.operation is not None else None,
        proposal=new.proposal,
        references=tuple(asdict(reference) for reference in new.references),
        extra_info=new.extra_info,
    )


def _shown(operation: Shown) -> OperationShown:
    return OperationShown(
        tool=operation.tool,
        title=operation.title,
        arguments=operation.arguments,
        digest=operation_digest(operation),
    )


def _settled(asked: Question) -> Settled:
    answer = cast("Mapping[str, JsonValue] | None", asked.answer)
    lapsed = asked.state == "expired" and asked.on_expiry != "continue"
    return Settled(
        pause_id=asked.id,
        turn_id=TurnId(asked.subject),
        kind=asked.kind,
        state=asked.state,
        answer=answer,
        error="question_expired" if lapsed else None,
        operation_digest=asked.body.operation.digest if asked.body.operation else None,
        asked_at=asked.created_at,
        answered_at=asked.settled_at,
        answered_by_account=asked.answered_by,
        assigned_to=asked.assigned_to,
        answer_message_id=LabMessageId(asked.answer_message_id) if asked.answer_message_id else None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Deed:
    """For the audit: what happened to a question, by whom (None: the server), by which way."""

    what: str
    by: AccountId | None
    route: str
    detail: Mapping[str, object] = field(default_factory=dict[str, object])


def _audit(tx: Tx, asked: Question, deed: _Deed) -> None:
    audit.record(
        tx,
        Entry(
            actor=deed.by,
            acted_for=asked.account_id if deed.by not in (None, asked.account_id) else None,
            action=f"question.{deed.what}",
            subject=asked.id,
            route=deed.route,
            detail={"turn": asked.subject, "kind": asked.kind, **deed.detail},
        ),
    )

"""What commands of sockets do, each in one transaction (lab protocol 12.2): the same as the routes do."""

from collections.abc import Mapping

import msgspec

from parlour.assistant.accepting import stopping
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Cancelling, Said
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Words
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import Refusal
from parlour.settings.lab import LabLimits
from parlour.storage.requests import RequestKey
from parlour.storage.tx import Tx
from parlour.wire.lab.callers import LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, once
from parlour.wire.lab.socket_payloads import PersonSay, QuestionAnswer, TurnCancel


def say(tx: Tx, caller: LabCaller, payload: PersonSay, limits: LabLimits) -> Mapping[str, object]:
    """Take a message, once for each `client_message_id`."""
    said = Said(
        account_id=caller.account_id,
        author_id=caller.author_id,
        route="person_say",
        kind="text",
        inner=False,
        text=payload.text,
        flags=payload.flags(),
        question_id=payload.question_id,
    )

    def act() -> Answered:
        done = accept(tx, said, limits)
        ack = {"ok": True, "message_id": done.message_id, "turn_id": done.turn_id, "effect": done.effect}
        return Answered(body=msgspec.json.encode(ack).decode())

    return decode(once(tx, _key(caller, payload, limits), act).body, dict[str, object])


def answer(tx: Tx, caller: LabCaller, payload: QuestionAnswer, limits: LabLimits) -> Mapping[str, object]:
    """Close a question that was asked of the caller or assigned to them (6.8)."""
    asked = questions.question_to_change(tx, caller.account_id, payload.question_id)
    if payload.answer is not None:
        settled = questions.take_answer(tx, asked, payload.answer, caller.author_id, "question_answer")
    else:
        text = payload.text or ""
        if len(text) > limits.text_chars_max:
            raise Refusal("text_too_long", f"An answer has at most {limits.text_chars_max} characters.")
        words = Words(text=text, message_id=None, author_id=caller.author_id, route="question_answer")
        taken = questions.take_words(tx, asked, words)
        if taken is None:
            raise questions.closed()
        settled = taken
    return {"ok": True, "question_id": asked.id, "state": settled.state, "answer": settled.answer}


def cancel(tx: Tx, caller: LabCaller, payload: TurnCancel) -> Mapping[str, object]:
    """Stop turns (5.1)."""
    wish = Cancelling(
        account_id=caller.account_id,
        by=caller.author_id,
        route="turn_cancel",
        turn_id=payload.turn_id,
        queue=payload.queue,
    )
    done = stopping.cancel(tx, wish)
    return {"ok": True, "cancelled": list(done.turn_ids), "state": done.state}


def _key(caller: LabCaller, payload: PersonSay, limits: LabLimits) -> RequestKey | None:
    if payload.client_message_id is None:
        return None
    members = payload.model_dump(exclude={"client_message_id"})
    return RequestKey(
        account_id=caller.account_id,
        request_id=f"person_say {payload.client_message_id}",
        operation="person_say",
        digest=body_digest(members),
        keep_ms=limits.idempotency_ms,
    )

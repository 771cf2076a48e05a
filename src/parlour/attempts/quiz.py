"""Answering quiz questions (Glow 6.5 and 7.13). How answers are read: `detail_quiz.py`."""

from collections.abc import Sequence

from parlour.attempts import access
from parlour.attempts.facts import ResponseGiven
from parlour.catalog.entities import Question
from parlour.conversations.entities import Chat, Response
from parlour.conversations.responses import Choice, add_response
from parlour.conversations.rooms import chat_room
from parlour.conversations.scenes import material_of
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden
from parlour.storage.tx import Tx

SAVED_TEXT = "Answer saved."
STRANGE_TEXT = "This question or one of the options does not belong to this chat."


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """What somebody answers."""

    chat_id: str
    question_id: str
    option_ids: Sequence[str]


def submit(tx: Tx, actor: Actor, answering: Answering) -> Response:
    """Store an answer and tell the room; the checks are in the order that the specification gives."""
    found = access.chat_to_read(tx, actor, answering.chat_id)
    if not found.owned:
        raise forbidden()
    chat = access.chat_of(tx, found.attempt, answering.chat_id)
    access.check_takes_input(tx, chat)
    response = add_response(tx, chat, _choice(_question(tx, chat, answering.question_id), answering.option_ids))
    given = ResponseGiven(
        chat_id=chat.id,
        question_id=response.question_id,
        response_id=response.id,
        is_correct=response.is_correct,
        message=SAVED_TEXT,
        option_ids=tuple(response.option_ids),
        scored=response.scored,
        created_at=response.created_at,
    )
    tx.announce([chat_room(chat.id)], given)
    return response


def _question(tx: Tx, chat: Chat, question_id: str) -> Question:
    material = material_of(tx, chat) if chat.snapshot.template.questions_enabled else None
    for question in material.scenario.questions if material else ():
        if question.id == question_id:
            return question
    raise Refusal("invalid_answer", STRANGE_TEXT)


def _choice(question: Question, option_ids: Sequence[str]) -> Choice:
    chosen = frozenset(option_ids)
    if not chosen:
        raise Refusal("invalid_answer", "Choose at least one option.")
    if not chosen <= {option.id for option in question.options}:
        raise Refusal("invalid_answer", STRANGE_TEXT)
    if not question.allow_multiple and len(option_ids) != 1:
        raise Refusal("invalid_answer", "Choose exactly one option.")
    if len(chosen) < len(option_ids):  # a repeat stands where an option of the question should
        raise Refusal("invalid_answer", STRANGE_TEXT)
    correct = frozenset(option.id for option in question.options if option.is_correct)
    return Choice(question_id=question.id, option_ids=tuple(option_ids), is_correct=chosen == correct)

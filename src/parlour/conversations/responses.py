"""Answers to the quiz questions of a chat (Glow 6.5). The first one to a question is scored, every one is kept."""

from dataclasses import replace

from parlour.conversations import store
from parlour.conversations.entities import Chat, Response
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The options that somebody chose, and whether these are all and only the correct ones."""

    question_id: str
    option_ids: tuple[str, ...]
    is_correct: bool


def add_response(tx: Tx, chat: Chat, choice: Choice) -> Response:
    """Store an answer in a locked chat."""
    answered = {response.question_id for response in store.responses_of(tx, chat.id)}
    response = Response(
        id=tx.new_id(),
        chat_id=chat.id,
        question_id=choice.question_id,
        option_ids=choice.option_ids,
        is_correct=choice.is_correct,
        scored=choice.question_id not in answered,
        created_at=tx.now_ms,
    )
    store.insert_responses(tx, [response])
    return response


def copy_responses(tx: Tx, source: Chat, target: Chat) -> None:
    """Copy the answers of a chat into another one of the same scenario version (Glow 6.7).

    Their times keep their distance to the begin of the chat.
    """
    later_ms = target.created_at - source.created_at
    copies = [
        replace(each, id=tx.new_id(), chat_id=target.id, created_at=each.created_at + later_ms)
        for each in store.responses_of(tx, source.id)
    ]
    store.insert_responses(tx, copies)

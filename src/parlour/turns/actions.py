"""Begin and stop a turn. The turn itself is a job (`work.py`)."""

from dataclasses import dataclass

from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner
from parlour.conversations.entities import Chat
from parlour.jobs import queue
from parlour.kernel.ids import ChatId, JobId, MessageId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

ANSWER = "turns.answer"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerTurn:
    """The job of one reply."""

    chat_id: ChatId
    message_id: MessageId


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """The messages of a turn that has begun."""

    query_id: MessageId
    reply_id: MessageId


def begin_turn(tx: Tx, chat: Chat, said: Learner) -> Begun:
    """Store what the learner said and the place of the reply, and have it answered.

    Refuses with `not_found` (parent), then `turn_in_progress`.
    """
    personas = chat.snapshot.persona_ids
    persona_id = personas[0] if len(personas) == 1 else None
    query, reply = conversations.add_exchange(tx, chat.id, said, replier_id=persona_id)
    if conversations.running_reply(tx, chat.id):
        raise Refusal("turn_in_progress", "The previous answer is still being written.")
    job_id = tx.enqueue(ANSWER, AnswerTurn(chat_id=chat.id, message_id=reply.id))
    conversations.store_exchange(tx, query, reply, conversations.fence_of(str(job_id), 1))
    return Begun(query_id=query.id, reply_id=reply.id)


def stop_turn(tx: Tx, chat_id: ChatId) -> bool:
    """End the running reply with what was said so far; False if nothing is running.

    Its worker hears of it through the room's log and cancels the model's request.
    """
    stopped = conversations.stop_reply(tx, chat_id)
    if stopped is None:
        return False
    _, fence = stopped
    queue.cancel(tx, JobId(fence.partition("#")[0]))
    return True

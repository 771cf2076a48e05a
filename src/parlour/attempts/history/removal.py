"""Deleting an attempt for good. Copies that were made of its chats (Glow 6.7) are not touched (case 84)."""

from parlour.attempts import access
from parlour.attempts.entities import Attempt
from parlour.attempts.history import store
from parlour.attempts.history.work import FORGET, ForgetRooms
from parlour.attempts.preparing import give_up_preparing
from parlour.conversations import actions as conversations
from parlour.conversations.rooms import chat_room, presence_room, voice_room
from parlour.conversations.spoken.reading.keeping import forget_speech
from parlour.drafts import actions as drafts
from parlour.drafts.forgetting import forget_sources
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import forbidden
from parlour.storage.tx import Tx


def delete_attempt(tx: Tx, actor: Actor, attempt_id: str) -> None:
    """Delete an attempt, its chats with everything in them and what was generated for them, and, right
    after, the logs of their rooms.

    Superadmins may, and admins who are staff of it; an owner may delete practice only, because
    assigned training is a record that others rely on. Others with read right get `forbidden`.
    Recordings of speech go with it, and what authors attached or quote of it. What person rooms were told
    stays there until it is old, and so does what models cost. A reply or a grade that is being made ends at
    its next step, without a word.
    """
    attempt = access.attempt_to_change(tx, actor, attempt_id)
    if not _may_delete(actor, attempt):
        raise forbidden()
    give_up_preparing(tx, attempt)
    chats = conversations.chats_of(tx, attempt.id)
    for chat in chats:
        conversations.locked_chat(tx, chat.id)
        forget_speech(tx, chat.id)
    store.remove(tx, attempt.id)
    drafts.forget_attempt(tx, attempt.id)
    forget_sources(tx, (chat.id for chat in chats))
    if chats:
        rooms = tuple(room(chat.id) for chat in chats for room in (chat_room, presence_room, voice_room))
        tx.enqueue(FORGET, ForgetRooms(rooms=rooms))


def _may_delete(actor: Actor, attempt: Attempt) -> bool:
    """Whether one who may read it may delete it."""
    if attempt.account_id == actor.account_id:
        return attempt.practice or actor.role == "superadmin"
    return actor.role in ("superadmin", "admin")

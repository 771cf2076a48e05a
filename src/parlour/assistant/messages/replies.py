"""What the assistant says: questions, and the one final reply of every turn (lab protocol 4, 7.6)."""

from dataclasses import replace
from typing import Literal

from parlour.assistant.entities import LabMessage, LabMessageId, Language, Reference, Turn
from parlour.assistant.facts import LabMessageUpdated, LabReplyReady
from parlour.assistant.messages import folding, members, saying, store, turns
from parlour.assistant.messages.said import store as rows
from parlour.assistant.messages.said.store import NewMessage
from parlour.assistant.messages.store import Ended
from parlour.assistant.messages.turns import NewTurn
from parlour.assistant.sentences import sentence
from parlour.conversations.rooms import lab_room
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class NewReply:
    """What the assistant says. `error` is `<code>: <sentence>` of 4.7, or None.

    `speech` is the id of the file that says it, and `language` that of the words if it was settled before.
    """

    text: str
    references: tuple[Reference, ...] = ()
    extra_info: str | None = None
    error: str | None = None
    speech: str | None = None
    language: Language | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a turn ends. `message_id` is the id under which its text was streamed, if it was."""

    state: Literal["done", "failed", "cancelled"]
    reply: NewReply
    message_id: LabMessageId | None = None


def add_question(
    tx: Tx, turn: Turn, pause_id: PauseId, reply: NewReply, message_id: LabMessageId | None = None
) -> LabMessageId:
    """Store and tell the message that carries a question. Who asks says `LabReplyReady`; the turn is not changed."""
    members.lock(tx, turn.account_id)
    return _add(tx, turn, reply, pause_id, message_id).id


def finish(tx: Tx, turn: Turn, ending: Ending, *, then_next: bool = True) -> bool:
    """End a turn with its one final reply and start the next queued one; False if it had ended.

    Texts that were folded into the turn go with its first reply (4.6). An open question of the
    turn must have been closed before. Told in this order: the message, that it is ready, the end
    of the turn, the start of the next (not without `then_next`), the state.
    """
    members.lock(tx, turn.account_id)
    now = store.turn(tx, turn.id)
    if now is None or now.ended_at is not None:
        return False
    with turns.telling_state(tx, turn.account_id):
        stored = _add(tx, now, ending.reply, None, ending.message_id)
        tx.announce([lab_room(turn.account_id)], LabReplyReady(message=stored))
        ended = Ended(state=ending.state, reply_message_id=stored.id, error=ending.reply.error)
        turns.end(tx, now, ended, then_next=then_next)
    return True


def end_silently(tx: Tx, turn: Turn) -> bool:
    """End a turn without a reply, because the history is cleared (5.2); starts no other. False if it had ended."""
    members.lock(tx, turn.account_id)
    return turns.end(tx, turn, Ended(state="cancelled"), then_next=False)


def refuse(tx: Tx, new: NewTurn, reply: NewReply) -> None:
    """A final reply to a message that was not accepted, as that of a turn that never ran (2.4).

    `new.started_by` becomes the id of the reply itself, for there is no message.
    """
    members.lock(tx, new.account_id)
    store.insert_turn(tx, new)
    store.end_turn(tx, new.id, Ended(state="failed", reply_message_id=new.started_by, error=reply.error))
    turn = store.turn(tx, new.id)
    if turn is not None:
        stored = _add(tx, turn, reply, None, new.started_by)
        tx.announce([lab_room(new.account_id)], LabReplyReady(message=stored))


def set_error(tx: Tx, message_id: LabMessageId, error: str | None) -> None:
    """A question that is open again says why (10.2), and its next delivery is as its first."""
    rows.set_error(tx, message_id, error)
    _tell_update(tx, message_id)


def file_gone(tx: Tx, account_id: AccountId, file_id: str) -> None:
    """Tell every message of the account that named a file which was deleted just now, without it (4.3)."""
    for message_id in rows.naming_file(tx, account_id, file_id):
        _tell_update(tx, message_id)


def unspoken(tx: Tx, turn: Turn, reply: NewReply) -> NewReply:
    """A reply that should have been spoken and is not: it says so, unless it has worse to say (10.3)."""
    if reply.error is not None:
        return reply
    language = reply.language or members.member(tx, turn.account_id).language
    return replace(reply, error=f"speech_unavailable: {sentence(language, 'replies.speech_unavailable')}")


def _add(tx: Tx, turn: Turn, reply: NewReply, pause_id: PauseId | None, message_id: LabMessageId | None) -> LabMessage:
    """Store a reply of the turn; its first one takes along what was folded into the turn."""
    member = members.member(tx, turn.account_id)
    folded = [] if rows.has_reply(tx, turn.id) else rows.folded_into(tx, turn.id)
    return saying.say(
        tx,
        NewMessage(
            id=message_id or LabMessageId(tx.new_id()),
            account_id=turn.account_id,
            conversation_id=turn.conversation_id,
            author_id=None,
            role="assistant",
            kind="final" if pause_id is None else "question",
            text=reply.text,
            language=reply.language or member.language,
            turn_id=turn.id,
            pause_id=pause_id,
            reply_in_speech=turn.flags.reply_in_speech,
            route="",
            speech_upload_id=reply.speech,
            references=folding.references_of(folded, reply.references),
            extra_info=folding.extra_of(folded, reply.extra_info, member),
            error=reply.error,
        ),
    )


def _tell_update(tx: Tx, message_id: LabMessageId) -> None:
    stored = rows.message(tx, message_id)
    if stored is not None:
        tx.announce([lab_room(stored.account_id)], LabMessageUpdated(message=stored))

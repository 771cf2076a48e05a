"""What happens to chats and messages. Rights are checked before, in the capability that owns the chat."""

from collections.abc import Mapping, Sequence

from parlour.conversations import store, tree
from parlour.conversations.entities import BLANK_LINE, Chat, Completion, Hint, Mark, Message, MessageState, Spoken
from parlour.conversations.facts import (
    ContentGiven,
    HintGiven,
    HintsAdded,
    LearnerMessageAdded,
    ReplyCompleted,
    ReplyFailed,
    ReplyStarted,
    ReplyStopped,
    TextAdded,
    TextReset,
)
from parlour.conversations.rooms import chat_room
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Learner:
    """What a learner says: text as sent, the message it answers or replaces, the persona played.

    `item_id` and `message_id`: the utterance that it was, and the id that was given to its message then.
    """

    text: str
    parent_id: MessageId | None = None
    persona_id: str | None = None
    message_id: MessageId | None = None
    item_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Writing:
    """A reply being written: only the holder of its `fence` may add to it."""

    chat_id: ChatId
    message_id: MessageId
    fence: str
    persona_id: str | None


def open_chat(tx: Tx, chat: Chat) -> None:
    """Store a new chat."""
    store.insert_chat(tx, chat)


def chat(tx: Tx, chat_id: ChatId) -> Chat | None:
    """A chat, without asking who wants it."""
    return store.chat(tx, chat_id, lock=False)


def locked_chat(tx: Tx, chat_id: ChatId) -> Chat | None:
    """A chat that nobody else changes before this transaction ends (Glow 4.6)."""
    return store.chat(tx, chat_id, lock=True)


def chats_of(tx: Tx, attempt_id: AttemptId) -> list[Chat]:
    """The chats of an attempt, in the order in which they came to it: a copy counts from when it was made."""
    return store.chats_of(tx, attempt_id)


def complete_chat(tx: Tx, chat_id: ChatId, completion: Completion) -> bool:
    """Close an open chat; False if it is closed already."""
    return store.complete_chat(tx, chat_id, completion) > 0


def messages(tx: Tx, chat_id: ChatId) -> list[Message]:
    """Every message of a chat, by creation."""
    return store.messages(tx, chat_id)


def transcript(tx: Tx, chat_id: ChatId) -> list[Message]:
    """The active path, completed messages only (6.3.4): what is graded and what a model reads."""
    return [message for message in tree.active_path(store.messages(tx, chat_id)) if message.counts]


def path_to(tx: Tx, message: Message) -> list[Message]:
    """From the root to a message."""
    return tree.path_to(store.messages(tx, message.chat_id), message.id)


def hints_of(tx: Tx, chat_id: ChatId) -> Mapping[MessageId, Sequence[Hint]]:
    """The hints of every reply of a chat."""
    found: dict[MessageId, list[Hint]] = {}
    for hint in store.hints_of(tx, chat_id):
        found.setdefault(hint.message_id, []).append(hint)
    return found


def message(tx: Tx, message_id: MessageId) -> Message | None:
    """A message."""
    return store.message(tx, message_id)


def running_reply(tx: Tx, chat_id: ChatId) -> Message | None:
    """The reply that is being written in a chat, if any."""
    found = store.streaming(tx, chat_id)
    return found[0] if found else None


def fence_of(job_id: str, claims: int) -> str:
    """The right to write a reply: that of one claim of one job (P9)."""
    return f"{job_id}#{claims}"


def fence(tx: Tx, message_id: MessageId) -> str | None:
    """Who may write a reply now; None if it has ended."""
    return store.fence(tx, message_id)


def hand_on(tx: Tx, message_id: MessageId, fence: str) -> bool:
    """Somebody else may write a reply from now on, where it stands; False if it has ended."""
    return store.set_fence(tx, message_id, fence)


def add_exchange(tx: Tx, chat_id: ChatId, said: Learner, *, replier_id: str | None) -> tuple[Message, Message]:
    """Store a learner's message and the place of its reply, and tell the room.

    Raises `not_found` for a parent that is not of this chat. The caller gives the reply its fence.
    """
    known = store.messages(tx, chat_id)
    parent = tree.parent_for(known, said.parent_id)
    number = known[-1].number if known else 0
    query = Message(
        id=said.message_id or MessageId(tx.new_id()),
        chat_id=chat_id,
        type="query",
        parent_id=parent,
        number=number + 1,
        content=said.text,
        persona_id=said.persona_id,
        state="complete",
        created_at=tx.now_ms,
        completed_at=tx.now_ms,
        item_id=said.item_id,
    )
    reply = Message(
        id=MessageId(tx.new_id()),
        chat_id=chat_id,
        type="response",
        parent_id=query.id,
        number=number + 2,
        content="",
        persona_id=replier_id,
        state="streaming",
        created_at=tx.now_ms,
        completed_at=None,
    )
    return query, reply


def store_exchange(tx: Tx, query: Message, reply: Message, fence: str) -> None:
    """Store both messages and announce them, in the order of Glow 6.3."""
    store.insert_message(tx, query, None)
    store.insert_message(tx, reply, fence)
    room = [chat_room(query.chat_id)]
    tx.announce(
        room,
        LearnerMessageAdded(
            chat_id=query.chat_id,
            message_id=query.id,
            content=query.content,
            created_at=query.created_at,
            item_id=query.item_id,
            persona_id=query.persona_id,
            parent_message_id=query.parent_id,
        ),
    )
    tx.announce(
        room,
        ReplyStarted(
            chat_id=reply.chat_id,
            message_id=reply.id,
            created_at=reply.created_at,
            persona_id=reply.persona_id,
            parent_message_id=reply.parent_id,
        ),
    )


def take_over(tx: Tx, writing: Writing) -> bool:
    """Begin a reply again after a crash: what was streamed is void. False if it has ended."""
    if not store.take_over(tx, writing.message_id, writing.fence):
        return False
    tx.announce([chat_room(writing.chat_id)], TextReset(chat_id=writing.chat_id, message_id=writing.message_id))
    return True


def add_text(tx: Tx, writing: Writing, text: str) -> bool:
    """Add new text to a reply; False, and nothing said, if it has ended or belongs to another worker."""
    if not store.append_text(tx, writing.message_id, writing.fence, text):
        return False
    tx.announce(
        [chat_room(writing.chat_id)],
        TextAdded(
            chat_id=writing.chat_id,
            message_id=writing.message_id,
            text=text,
            persona_id=writing.persona_id,
            content_idx=0,
        ),
    )
    return True


def add_spoken(tx: Tx, writing: Writing, pieces: Sequence[Spoken], marks: Sequence[Mark]) -> bool:
    """The same for a reply of several personas; `marks` are all its contents, with those that begin here."""
    text = "".join(piece.text for piece in pieces)
    if any(piece.begins for piece in pieces):
        stored = store.append_contents(tx, writing.message_id, writing.fence, text, marks)
    else:
        stored = store.append_text(tx, writing.message_id, writing.fence, text)
    for piece in pieces if stored else ():
        tx.announce(
            [chat_room(writing.chat_id)],
            TextAdded(
                chat_id=writing.chat_id,
                message_id=writing.message_id,
                text=piece.text,
                persona_id=piece.persona_id,
                content_idx=piece.idx,
            ),
        )
    return stored


def add_hints(tx: Tx, writing: Writing, hints: Sequence[str]) -> None:
    """Store hints of a reply and tell them."""
    rows = [Hint(id=tx.new_id(), message_id=writing.message_id, idx=i, hint=text) for i, text in enumerate(hints)]
    store.insert_hints(tx, rows)
    given = tuple(HintGiven(id=row.id, hint=row.hint, idx=row.idx) for row in rows)
    tx.announce(
        [chat_room(writing.chat_id)],
        HintsAdded(chat_id=writing.chat_id, message_id=writing.message_id, hints=given),
    )


def complete_reply(tx: Tx, message_id: MessageId, status: MessageState, completion: Completion | None = None) -> bool:
    """End a reply and say so, once; False if it has ended. `status` is not `streaming`."""
    if status == "streaming" or not store.complete_message(tx, message_id, status, completion):
        return False
    reply = store.message(tx, message_id)
    if reply is None:
        return False
    tx.announce(
        [chat_room(reply.chat_id)],
        ReplyCompleted(
            chat_id=reply.chat_id,
            message_id=reply.id,
            content=reply.content,
            created_at=reply.created_at,
            persona_id=reply.persona_id,
            status=status,
            contents=tuple(
                ContentGiven(id=each.id, idx=each.idx, content=each.content, persona_id=each.persona_id)
                for each in reply.contents
            ),
        ),
    )
    return True


def stop_reply(tx: Tx, chat_id: ChatId, *, keep: int | None = None) -> tuple[MessageId, str] | None:
    """Stop the running reply of a chat; its partial text stays, or the first `keep` characters of it.

    The message and its fence, or None.
    """
    found = store.streaming(tx, chat_id)
    if found is None:
        return None
    reply, fence = found
    if keep is not None and keep < len(reply.content):
        _cut(tx, reply, keep)
    complete_reply(tx, reply.id, "stopped", Completion(stop=True))
    tx.announce([chat_room(chat_id)], ReplyStopped(chat_id=chat_id, message_id=reply.id))
    return reply.id, fence


def _cut(tx: Tx, reply: Message, keep: int) -> None:
    """Only the beginning of a reply stays; what was told is told again, so that deltas add up to the content."""
    marks = tuple(mark for mark in reply.marks if mark.at < keep)
    text = reply.content[:keep]
    store.cut_text(tx, reply.id, text, marks)
    room = [chat_room(reply.chat_id)]
    tx.announce(room, TextReset(chat_id=reply.chat_id, message_id=reply.id))
    starts = [0, *(mark.at - len(BLANK_LINE) for mark in marks[1:]), keep]
    speakers = [mark.persona_id for mark in marks] or [reply.persona_id]
    for idx, persona_id in enumerate(speakers):
        piece = text[starts[idx] : starts[idx + 1]]
        if piece:
            tx.announce(
                room,
                TextAdded(
                    chat_id=reply.chat_id, message_id=reply.id, text=piece, persona_id=persona_id, content_idx=idx
                ),
            )


def fail_reply(tx: Tx, chat: Chat, message_id: MessageId, code: str, text: str) -> bool:
    """End a reply that cannot be made: the error is said, then the reply completed (6.3.5)."""
    reply = store.message(tx, message_id)
    if reply is None or reply.state != "streaming":
        return False
    tx.announce(
        [chat_room(chat.id)],
        ReplyFailed(chat_id=chat.id, attempt_id=chat.attempt_id, message_id=message_id, code=code, text=text),
    )
    return complete_reply(tx, message_id, "failed", Completion(error=True, message=text))

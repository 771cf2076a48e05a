"""A completed chat copied into another attempt (Glow 6.7): the active path, with new ids throughout."""

from collections.abc import Mapping
from dataclasses import replace

from parlour.conversations import actions, store
from parlour.conversations.entities import Chat
from parlour.conversations.spoken.reading.keeping import copy_speech
from parlour.conversations.store import MessageCopy
from parlour.kernel.ids import MessageId
from parlour.storage.tx import Tx


def copy_transcript(tx: Tx, source: Chat, target: Chat) -> Mapping[MessageId, MessageId]:
    """Copy the transcript of a chat, with its hints and what was spoken, into an empty one: new message ids by
    old ones.

    What is on no active path, or does not count, is left behind; the copy is one line of messages.
    Their times keep their distance to the begin of the chat. What the messages cost stays with the source.
    """
    new_ids: dict[MessageId, MessageId] = {}
    parent: MessageId | None = None
    for number, message in enumerate(actions.transcript(tx, source.id), 1):
        copied = MessageId(tx.new_id())
        new_ids[message.id] = copied
        place = MessageCopy(
            source_id=message.id,
            id=copied,
            chat_id=target.id,
            parent_id=parent,
            number=number,
            later_ms=target.created_at - source.created_at,
        )
        store.copy_message(tx, place)
        parent = copied
    hints = [hint for hint in store.hints_of(tx, source.id) if hint.message_id in new_ids]
    store.insert_hints(tx, [replace(hint, id=tx.new_id(), message_id=new_ids[hint.message_id]) for hint in hints])
    copy_speech(tx, source.id, target.id, new_ids)
    return new_ids

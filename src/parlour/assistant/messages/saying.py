"""Storing what was said: a number, the row, the index of talk, the event (lab protocol 0, 2.4)."""

from parlour.assistant.entities import ConversationId, LabMessage, LabMessageId
from parlour.assistant.facts import LabMessageAdded, LabMessageUpdated
from parlour.assistant.language import language_of
from parlour.assistant.messages import store
from parlour.assistant.messages.said import store as rows
from parlour.assistant.messages.said.store import NewMessage
from parlour.assistant.sentences import SENTENCES
from parlour.conversations.rooms import lab_room
from parlour.files.search import index as indexes
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

SOURCE_KIND = "message"
_SOURCES = tuple(f"\n\n{texts['endings.sources']}\n" for texts in SENTENCES.values())


def say(tx: Tx, new: NewMessage) -> LabMessage:
    """Store a message under the account's next number and tell it; the account is locked (`members.lock`)."""
    rows.insert(tx, new, store.next_ordinal(tx, new.account_id))
    index(tx, new.account_id, new.id, without_sources(new.text) if new.kind == "final" else new.text)
    stored = rows.message(tx, new.id)
    if stored is None:
        raise LookupError("a message that was just stored is gone")
    tx.announce([lab_room(new.account_id)], LabMessageAdded(message=stored))
    return stored


def heard(tx: Tx, message_id: LabMessageId, text: str) -> LabMessage | None:
    """The words of a spoken message are known: they are its text, told and found from now on (10.2)."""
    rows.set_text(tx, message_id, text, language_of(text))
    stored = rows.message(tx, message_id)
    if stored is not None:
        index(tx, stored.account_id, message_id, text)
        tx.announce([lab_room(stored.account_id)], LabMessageUpdated(message=stored))
    return stored


def index(tx: Tx, account_id: AccountId, message_id: LabMessageId, text: str) -> None:
    """Let its owner, and nobody else, find a message by its words (`chat_history_search`)."""
    chunks = [NewChunk(page=1, position=0, text=text)] if text.strip() else []
    indexes.put(tx, Source(kind=SOURCE_KIND, id=message_id, account_id=account_id), chunks)


def without_sources(text: str) -> str:
    """A final's words without the list of sources that the server writes below them (4.3)."""
    for heading in _SOURCES:
        words, found, _ = text.rpartition(heading)
        if found:
            return words
    return text


def forget(tx: Tx, conversation_id: ConversationId) -> list[str]:
    """Erase what was said in a conversation, and its turns; the ids of the files that its messages carried."""
    for message_id in rows.ids_of_conversation(tx, conversation_id):
        indexes.remove(tx, SOURCE_KIND, message_id)
    uploads = rows.uploads_of_conversation(tx, conversation_id)
    rows.delete_of_conversation(tx, conversation_id)
    store.delete_turns(tx, conversation_id)
    return uploads

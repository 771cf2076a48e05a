"""What was said, for those who show it or answer it (lab protocol 5.3, 5.4, 7.3). Files and references as of now."""

from dataclasses import replace

from parlour.assistant.entities import ConversationId, LabMessage, LabMessageId, Turn, TurnId
from parlour.assistant.messages import store
from parlour.assistant.messages.said import store as rows
from parlour.assistant.messages.said.store import SpokenRow
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

HISTORY_MESSAGES_MAX = 40
HISTORY_CHARS_MAX = 24_000


def message(tx: Tx, message_id: LabMessageId) -> LabMessage | None:
    """A message, whoever's it is."""
    return rows.message(tx, message_id)


def message_of(tx: Tx, account_id: AccountId, message_id: str) -> LabMessage | None:
    """A message of this account; None for any other."""
    found = rows.message(tx, LabMessageId(message_id))
    return found if found is not None and found.account_id == account_id else None


def spoken(tx: Tx, message_id: LabMessageId) -> SpokenRow | None:
    """Whose spoken message this is, by which way it came, and its recording; None for any other message."""
    return rows.spoken(tx, message_id)


def messages_of(tx: Tx, conversation_id: ConversationId, after_ordinal: int, limit: int) -> list[LabMessage]:
    """The messages of a conversation above that number, oldest first, at most `limit`."""
    return rows.of_conversation(tx, conversation_id, after_ordinal, limit)


def newest(tx: Tx, conversation_id: ConversationId, limit: int) -> list[LabMessage]:
    """The last messages of a conversation, oldest first."""
    return rows.newest(tx, conversation_id, limit)


def history(tx: Tx, turn: Turn, limit: int = HISTORY_MESSAGES_MAX, chars: int = HISTORY_CHARS_MAX) -> list[LabMessage]:
    """What was said in the conversation before this turn: the newest that fit, oldest first.

    Turn by turn, so a message that was queued stands where its own turn begins. Of the oldest
    message that fits only in part the beginning is kept.
    """
    kept: list[LabMessage] = []
    room = chars
    for found in reversed(rows.before_turn(tx, turn, limit)):
        if room <= 0:
            break
        kept.append(found if len(found.text) <= room else replace(found, text=found.text[:room]))
        room -= len(found.text)
    return kept[::-1]


def turns_in(tx: Tx, conversation_id: ConversationId) -> list[TurnId]:
    """The turns of a conversation, in order."""
    return store.turns_of_conversation(tx, conversation_id)


def files_of_turn(tx: Tx, turn_id: TurnId) -> list[str]:
    """The handles of the files that the person sent in a turn, in order; recordings of speech are none."""
    sent = [said for said in rows.of_turn(tx, turn_id) if said.role == "person"]
    return [handle for said in sent for handle in said.files if handle != said.speech]

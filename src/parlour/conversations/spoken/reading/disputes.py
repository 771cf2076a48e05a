"""A learner says that they were misheard; staff decide. The engine's words stay in the utterance either way."""

from parlour.conversations import actions as conversations
from parlour.conversations.facts import LearnerMessageAdded
from parlour.conversations.rooms import chat_room
from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.entities import Utterance
from parlour.conversations.spoken.reading import store
from parlour.kernel.ids import AccountId, ChatId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx


def utterance_of(tx: Tx, chat_id: ChatId, item_id: str) -> Utterance:
    """An utterance of a chat, locked; raises `not_found`, and `not_spoken` if no message came of it."""
    utterance = utterances.held(tx, item_id)
    if utterance is None or utterance.chat_id != chat_id:
        raise not_found("Utterance")
    if utterance.state != "said":
        raise Refusal("not_spoken", "No message came of this utterance.")
    return utterance


def dispute(tx: Tx, utterance: Utterance, text: str) -> None:
    """The learner says what they really said; once more, until it is decided, replaces it.

    Raises `dispute_decided`.
    """
    if utterance.dispute in ("accepted", "declined"):
        raise _decided()
    store.set_dispute(tx, utterance.id, text)


def decide(tx: Tx, utterance: Utterance, by: AccountId, *, accept: bool) -> None:
    """Accepted: the message says what the learner says it said, and everybody in the room reads it anew.

    Raises `no_dispute` and `dispute_decided`.
    """
    if utterance.dispute is None or utterance.disputed_text is None:
        raise Refusal("no_dispute", "Nobody disputes this utterance.")
    if utterance.dispute != "open":
        raise _decided()
    store.set_decision(tx, utterance.id, by, utterance.disputed_text if accept else None)
    message = conversations.message(tx, utterance.message_id)
    if not accept or message is None:
        return
    store.set_words(tx, message.id, utterance.disputed_text)
    again = LearnerMessageAdded(
        chat_id=message.chat_id,
        message_id=message.id,
        content=utterance.disputed_text,
        created_at=message.created_at,
        item_id=utterance.id,
        persona_id=message.persona_id,
        parent_message_id=message.parent_id,
    )
    tx.announce([chat_room(message.chat_id)], again)


def _decided() -> Refusal:
    return Refusal("dispute_decided", "This dispute has been decided.")

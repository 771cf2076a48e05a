"""Names of branches (Glow 6.3.4 has branches; their names are an extension).

A name is kept at the message that was the leaf when it was given. A message stands for the branch
that leads through it to its newest leaf, so a name stays with a conversation that goes on.
"""

from collections.abc import Mapping, Sequence

from parlour.conversations import store, tree
from parlour.conversations.entities import Message
from parlour.conversations.facts import BranchLabelled
from parlour.conversations.rooms import chat_room
from parlour.kernel.ids import AccountId, ChatId, MessageId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

LABEL_CHARACTERS_MAX = 80


def labels_of(tx: Tx, chat_id: ChatId) -> Mapping[MessageId, str]:
    """Every name in a chat, by the message at which it is kept."""
    return store.labels_of(tx, chat_id)


def labels_by_leaf(messages: Sequence[Message], labels: Mapping[MessageId, str]) -> Mapping[MessageId, str]:
    """The names of branches by their leaf: of several that stand for a branch, the one nearest to its leaf."""
    leaf_of = tree.leaf_by_message(messages) if labels else {}
    return {leaf_of[message.id].id: labels[message.id] for message in messages if message.id in labels}


def branch_through(messages: Sequence[Message], message_id: str) -> Message:
    """The leaf of the branch that a message stands for; raises `not_found` for one that is not of the chat."""
    leaf = tree.leaf_by_message(messages).get(MessageId(message_id))
    if leaf is None:
        raise not_found("Message")
    return leaf


def label_branch(tx: Tx, leaf: Message, label: str | None, account_id: AccountId) -> None:
    """Name a branch, or take its name away, and tell the chat what has changed. White space is collapsed.

    Raises `invalid_request` for a name of more than 80 characters.
    """
    name = " ".join((label or "").replace("\x00", " ").split())
    if len(name) > LABEL_CHARACTERS_MAX:
        raise Refusal("invalid_request", f"Invalid request: a label has at most {LABEL_CHARACTERS_MAX} characters.")
    labels, leaf_of = store.labels_of(tx, leaf.chat_id), tree.leaf_by_message(store.messages(tx, leaf.chat_id))
    standing = [at for at in labels if leaf_of[at].id == leaf.id]
    for at in standing:
        if at != leaf.id or not name:
            store.remove_label(tx, at)
            _tell(tx, leaf.chat_id, at, None)
    if name and labels.get(leaf.id) != name:
        store.set_label(tx, leaf, name, account_id)
        _tell(tx, leaf.chat_id, leaf.id, name)


def _tell(tx: Tx, chat_id: ChatId, message_id: MessageId, label: str | None) -> None:
    tx.announce([chat_room(chat_id)], BranchLabelled(chat_id=chat_id, message_id=message_id, label=label))

"""Messages form a tree (Glow 6.3.4). Pure rules over the messages of one chat."""

from collections import Counter
from collections.abc import Sequence

from parlour.conversations.entities import Message
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import not_found


def newest_leaf(messages: Sequence[Message]) -> Message | None:
    """The message without children that was created last."""
    parents = {message.parent_id for message in messages}
    leaves = [message for message in messages if message.id not in parents]
    return max(leaves, key=lambda message: message.number, default=None)


def active_path(messages: Sequence[Message]) -> list[Message]:
    """From the root to the newest leaf, in order."""
    return path_to(messages, leaf.id) if (leaf := newest_leaf(messages)) else []


def path_to(messages: Sequence[Message], message_id: MessageId) -> list[Message]:
    """From the root to a message, in order."""
    by_id = {message.id: message for message in messages}
    path: list[Message] = []
    at: MessageId | None = message_id
    while at is not None:
        message = by_id[at]
        path.append(message)
        at = message.parent_id
    return path[::-1]


def parent_for(messages: Sequence[Message], named: MessageId | None) -> MessageId | None:
    """The parent of a new learner message.

    Nothing named: the newest leaf. A persona's message: that message. A learner's message: its
    parent, so that the new one replaces it (decision D15). Raises `not_found` for any other id.
    """
    if named is None:
        leaf = newest_leaf(messages)
        return leaf.id if leaf else None
    for message in messages:
        if message.id == named:
            return message.id if message.type == "response" else message.parent_id
    raise not_found("Parent message")


def siblings(messages: Sequence[Message]) -> dict[MessageId, tuple[int, int]]:
    """For every message its index among its siblings (from 0, by creation) and their number."""
    groups: dict[tuple[MessageId | None, str], list[Message]] = {}
    for message in sorted(messages, key=lambda message: message.number):
        groups.setdefault((message.parent_id, message.type), []).append(message)
    return {message.id: (index, len(group)) for group in groups.values() for index, message in enumerate(group)}


def leaves(messages: Sequence[Message]) -> list[Message]:
    """The ends of all branches: messages without children, by creation."""
    parents = {message.parent_id for message in messages}
    return sorted((message for message in messages if message.id not in parents), key=lambda message: message.number)


def leaf_by_message(messages: Sequence[Message]) -> dict[MessageId, Message]:
    """For every message the newest leaf whose path leads through it: the branch that the message stands for."""
    found: dict[MessageId, Message] = {}
    for message in sorted(messages, key=lambda message: message.number, reverse=True):
        leaf = found.setdefault(message.id, message)
        if message.parent_id is not None:
            known = found.get(message.parent_id, leaf)
            found[message.parent_id] = max(known, leaf, key=lambda each: each.number)
    return found


def own_part(messages: Sequence[Message], leaf_id: MessageId) -> list[Message]:
    """What only this branch has: its path from behind the last fork on; the whole path if it never forked."""
    path = path_to(messages, leaf_id)
    children = Counter(message.parent_id for message in messages)
    start = max((index for index, message in enumerate(path) if children[message.parent_id] > 1), default=0)
    return path[start:]


def shared(left: Sequence[Message], right: Sequence[Message]) -> int:
    """How many messages two paths have in common, from the root on."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (one, other) in pairs if one.id != other.id), min(len(left), len(right)))

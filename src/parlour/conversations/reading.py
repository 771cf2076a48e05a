"""What several chats hold, read with one statement a kind: for whoever shows a whole attempt."""

from collections.abc import Mapping, Sequence

from parlour.conversations import store
from parlour.conversations.entities import Hint, Message, Response
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What was said, suggested, answered and named in chats, all in the order in which it came."""

    messages: Mapping[ChatId, Sequence[Message]]
    hints: Mapping[MessageId, Sequence[Hint]]
    responses: Mapping[ChatId, Sequence[Response]]
    labels: Mapping[MessageId, str]


def held_by(tx: Tx, chat_ids: Sequence[ChatId]) -> Held:
    """What these chats hold; the number of statements does not depend on theirs."""
    messages: dict[ChatId, list[Message]] = {chat_id: [] for chat_id in chat_ids}
    hints: dict[MessageId, list[Hint]] = {}
    responses: dict[ChatId, list[Response]] = {chat_id: [] for chat_id in chat_ids}
    if not chat_ids:
        return Held(messages=messages, hints=hints, responses=responses, labels={})
    for message in store.messages(tx, *chat_ids):
        messages[message.chat_id].append(message)
    for hint in store.hints_of(tx, *chat_ids):
        hints.setdefault(hint.message_id, []).append(hint)
    for response in store.responses_of(tx, *chat_ids):
        responses[ChatId(response.chat_id)].append(response)
    return Held(messages=messages, hints=hints, responses=responses, labels=store.labels_of(tx, *chat_ids))

"""What was spoken in chats, for whoever reads them, and which of it is unclear, for whoever judges it."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from parlour.conversations.entities import Message
from parlour.conversations.spoken import ledger, utterances
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.conversations.spoken.reading import store
from parlour.conversations.spoken.unclear import Span, unclear_spans
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """The utterances and the spoken replies of chats, each by their beginning; nothing for chats without speech."""

    utterances: Mapping[str, Sequence[Utterance]] = field(default_factory=dict[str, Sequence[Utterance]])
    replies: Mapping[str, Sequence[Heard]] = field(default_factory=dict[str, Sequence[Heard]])


def spoken_in(tx: Tx, chat_ids: Sequence[ChatId]) -> Spoken:
    """What was spoken in these chats; one statement if nobody spoke."""
    chats = store.spoken_in(tx, chat_ids) if chat_ids else []
    return Spoken(
        utterances={chat_id: utterances.of_chat(tx, chat_id) for chat_id in chats},
        replies={chat_id: ledger.of_chat(tx, chat_id) for chat_id in chats},
    )


def spoken_ms(tx: Tx, attempt_id: AttemptId) -> tuple[int, int]:
    """Milliseconds that a learner spoke in an attempt, and that personas were heard; copied chats are not counted."""
    return store.spoken_ms(tx, attempt_id)


def unclear_of(tx: Tx, chat_id: ChatId, path: Sequence[Message], below: float) -> Mapping[MessageId, Sequence[Span]]:
    """The unclear parts of the spoken messages of a path, for those that have some."""
    spoken = {utterance.message_id: utterance for utterance in utterances.of_chat(tx, chat_id)}
    found = {
        message.id: unclear_spans(message.content, spoken[message.id], below)
        for message in path
        if message.id in spoken
    }
    return {message_id: spans for message_id, spans in found.items() if spans}

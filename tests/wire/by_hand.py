"""A turn written into the store directly: exactly these pieces, whatever the machine has to do."""

from collections.abc import Sequence

from parlour.conversations import actions as conversations
from parlour.conversations.actions import Learner, Writing
from parlour.kernel.ids import ChatId
from parlour.storage.tx import Tx
from tests.harness.site import Site


def reply(site: Site, chat: str, pieces: Sequence[str | None], between: str | None = None) -> str:
    """A whole turn: its pieces, None for a reset; the reply's id. `between` is a hint told after the second piece."""

    def write(tx: Tx) -> str:
        query, answer = conversations.add_exchange(tx, ChatId(chat), Learner(text="Hello"), replier_id=None)
        conversations.store_exchange(tx, query, answer, "fence")
        writing = Writing(chat_id=ChatId(chat), message_id=answer.id, fence="fence", persona_id=None)
        for number, piece in enumerate(pieces):
            if piece is None:
                assert conversations.take_over(tx, writing)
            else:
                assert conversations.add_text(tx, writing, piece)
            if between is not None and number == 1:
                conversations.add_hints(tx, writing, [between])
        assert conversations.complete_reply(tx, answer.id, "complete")
        return answer.id

    return site.write(write)

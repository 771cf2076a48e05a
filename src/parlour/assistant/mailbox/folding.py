"""Stale finals (lab protocol 4.6): an old answer must not pass for the answer to the next message."""

from parlour.assistant.entities import TurnId
from parlour.assistant.facts import LabReplyRead
from parlour.assistant.mailbox import store
from parlour.conversations.rooms import lab_room
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

STALE_SECONDS = 120.0


def fold_stale(tx: Tx, account_id: AccountId, turn_id: TurnId, stale_seconds: float = STALE_SECONDS) -> int:
    """Fold each unread final that has been ready for longer into the turn that a message starts now; how many.

    They are marked read, and told so; the turn's first reply puts their text before its own
    (`messages.replies`). One that is being given to a client at this moment is left to it.
    """
    folded = store.fold(tx, account_id, turn_id, tx.now_ms - round(stale_seconds * 1000))
    for message_id in folded:
        tx.announce([lab_room(account_id)], LabReplyRead(account_id=account_id, message_id=message_id))
    return len(folded)

"""What the mailbox tells: pieces of text in one when the log is shortened, and servers that a claim lapsed."""

from parlour.assistant.entities import LabMessageId, TurnId
from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabTextCompacted:
    """Pieces of an answer in one: keep the first `start` characters, then append `text`.

    Stands for the entries of the room from `from_seq` to its own (12).
    """

    account_id: AccountId
    turn_id: TurnId
    message_id: LabMessageId
    start: int
    text: str
    from_seq: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabClaimLapsed:
    """A final was not handed over and can be given to somebody else. Told in `account_room`, for servers only."""

    account_id: AccountId
    message_id: LabMessageId

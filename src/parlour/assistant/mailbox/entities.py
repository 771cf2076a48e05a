"""What the mailbox holds, as values. Times in milliseconds."""

from typing import NewType

from parlour.assistant.entities import LabMessage, LabMessageId, Language, TurnId
from parlour.kernel.dataclass import dataclass
from parlour.pauses.entities import Pause

ClaimToken = NewType("ClaimToken", str)

CLAIM_MS = 15_000
AHEAD_MS = 2 * CLAIM_MS
"""A claim that ends later than this was made before the clock was set back; clocks of servers differ by less."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A question or a final as it is delivered (4.1).

    Its references and files are those that the account can read now. `pending`: how many further
    replies are ready behind it.
    """

    message: LabMessage
    question: Pause | None = None
    pending: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What a placeholder says: the turn that is current, and the person's language if it is known."""

    turn_id: TurnId | None
    language: Language | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a request would get now; no `reply`: there is nothing to deliver.

    `fresh`: a first delivery, which is never held (4.5 rule 4). `again_at`: when a claim that now
    hides a final lapses, so that whoever waits looks again.
    """

    reply: Reply | None
    fresh: bool
    standing: Standing
    again_at: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A final that was not read, as much as is needed to choose one."""

    id: LabMessageId
    ordinal: int
    ready_at: int
    claimed_until: int | None

    def is_claimed(self, now_ms: int) -> bool:
        """Whether somebody is being given it."""
        return self.claimed_until is not None and now_ms < self.claimed_until <= now_ms + AHEAD_MS


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a message that is used as a cursor stands; `unread` only of a reply."""

    ordinal: int
    is_reply: bool
    unread: bool

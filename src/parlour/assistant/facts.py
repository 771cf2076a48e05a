"""What happens in a person's conversation with the assistant (lab protocol 12). Told in `lab_room(account)`.

Questions are told by `parlour.pauses.facts`, in the same room.
"""

from parlour.assistant.entities import ConversationId, LabMessage, LabMessageId, LabState, StepKind, TurnId, TurnState
from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.pauses.entities import Pause


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabMessageAdded:
    """A message of the person or of the assistant was stored."""

    message: LabMessage


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabMessageUpdated:
    """Its words or references changed: a transcript is known, a text was reset, its files were deleted."""

    message: LabMessage


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabTurnStarted:
    """A turn runs now, also one that was queued."""

    account_id: AccountId
    turn_id: TurnId
    state: TurnState


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabTurnFinished:
    """A turn has ended; `error` is a code of 4.7."""

    account_id: AccountId
    turn_id: TurnId
    state: TurnState
    error: str | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabStepStarted:
    """A think or tool step has begun."""

    account_id: AccountId
    turn_id: TurnId
    n: int
    kind: StepKind
    title: str
    tool: str | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabStepFinished:
    """A think or tool step has ended."""

    account_id: AccountId
    turn_id: TurnId
    n: int
    kind: StepKind
    title: str
    tool: str | None
    outcome: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabTextAdded:
    """Streamed text of the answer: keep the first `start` characters, then append `text`."""

    account_id: AccountId
    turn_id: TurnId
    message_id: LabMessageId
    start: int
    text: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabReplyReady:
    """A question or a final can be delivered; it is the message of this id, added just before."""

    message: LabMessage
    question: Pause | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabReplyRead:
    """A reply was consumed, acknowledged or folded."""

    account_id: AccountId
    message_id: LabMessageId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabHistoryCleared:
    """A new conversation has begun."""

    account_id: AccountId
    conversation_id: ConversationId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class LabStateChanged:
    """The account's state (2.1), and how many turns are queued."""

    account_id: AccountId
    state: LabState
    queued: int

"""What happens to questions. Told in the room of the person who is asked."""

from dataclasses import dataclass

from parlour.events.facts import fact
from parlour.kernel.ids import AccountId, PauseId
from parlour.pauses.entities import Answer, Option, QuestionKind


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAsked:
    """Work has paused until this is answered. Times in milliseconds."""

    pause_id: PauseId
    account_id: AccountId
    subject: str
    kind: QuestionKind
    text: str
    options: tuple[Option, ...]
    created_at: int
    deadline_at: int | None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionAnswered:
    """The one answer that counts; the work goes on."""

    pause_id: PauseId
    account_id: AccountId
    subject: str
    answered_by: AccountId
    answer: Answer


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionExpired:
    """Nobody answered in time; the work goes on without permission for anything."""

    pause_id: PauseId
    account_id: AccountId
    subject: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class QuestionCancelled:
    """The question no longer matters; the work does not go on."""

    pause_id: PauseId
    account_id: AccountId
    subject: str

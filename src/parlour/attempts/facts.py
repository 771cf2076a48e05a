"""What happens to an attempt. Told to its owner, to whoever acted, and in the chat concerned."""

from dataclasses import dataclass

from parlour.events.facts import fact
from parlour.kernel.ids import AttemptId, ChatId, TemplateId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptStarted:
    """An attempt was created, or its next template waits in the lobby."""

    attempt_id: AttemptId
    chat_entry_id: TemplateId


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ChatStarted:
    """A chat is open and its clock runs."""

    attempt_id: AttemptId
    chat_id: ChatId
    chat_entry_id: TemplateId
    position: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ChatEnded:
    """A chat is completed; `grade_id` is there if it will be graded."""

    attempt_id: AttemptId
    chat_id: ChatId
    is_attempt_finished: bool
    grade_id: str | None
    expired: bool


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptEnded:
    """Nothing is left, the window closed, or everything was ended."""

    attempt_id: AttemptId
    success: bool
    all_scenarios_complete: bool
    message: str

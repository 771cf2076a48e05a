"""What happens to an attempt. Told to its owner, to whoever acted, and in the chat concerned."""

from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
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


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseGiven:
    """A quiz question was answered. Told only where the question has been answered, so it may say the result."""

    chat_id: ChatId
    question_id: str
    response_id: str
    is_correct: bool
    message: str
    option_ids: tuple[str, ...]
    scored: bool
    created_at: int


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class PreparationFailed:
    """The next chat could not be generated; the attempt is in the lobby. `type`: of the operation that led to it."""

    attempt_id: AttemptId
    type: str
    text: str
    code: str

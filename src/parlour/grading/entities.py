"""Grades and what they consist of, as values (Glow 1.3)."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, ChatId, GradeId, MessageId

GradeState = Literal["pending", "done", "failed"]
GradeSource = Literal["model", "previous", "human"]
JudgedOn = Literal["all_words", "clear_words"]
ResourceType = Literal["feedbacks", "strengths", "highlights", "improvements", "replacements", "analyses"]

# In the order in which messages name them (6.4.4).
RESOURCE_TYPES: tuple[ResourceType, ...] = (
    "feedbacks",
    "strengths",
    "highlights",
    "improvements",
    "replacements",
    "analyses",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeRequest:
    """That a chat is to be graded. `wanted` empty = every kind the chat allows.

    `instructions` come from staff and instruct the grader; `remarks` come from the owner and are
    quoted to it, without influence on levels (decision D16). `simulation_id` is told with the grade.
    `branch_message_id`: the branch to that leaf is graded, in place of the active path (an extension).
    `automatic`: the end of the chat asked for it, and nobody else (6.2).
    """

    chat_id: ChatId
    requested_by: AccountId
    simulation_id: str | None = None
    wanted: tuple[ResourceType, ...] = ()
    instructions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    branch_message_id: MessageId | None = None
    automatic: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """A grade of a chat. `score`, `passed` and `done_at` are set when it is `done`, `reason` when it `failed`.

    `time_taken` in whole seconds, fixed when grading begins; `created_at` and `done_at` in milliseconds.
    With a `branch_message_id` it is about that branch and never counts as the grade of the chat.
    """

    id: GradeId
    chat_id: ChatId
    run_id: str
    state: GradeState
    source: GradeSource
    source_grade_id: GradeId | None
    requested_by: AccountId
    score: int | None
    passed: bool | None
    time_taken: int | None
    total_points: int
    pass_points: int
    summary: str | None
    reason: str | None
    created_at: int
    done_at: int | None
    branch_message_id: MessageId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Words of the learner, verbatim in the named message. `unclear`: some of them were perhaps not said like that."""

    message_id: MessageId
    quote: str
    unclear: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Feedback:
    """The level of one criterion. `unsupported`: the grader found no words that show it.

    `judged_on` `clear_words`: unclear words of speech would have lowered it, so they were left out.
    """

    id: str
    grade_id: GradeId
    standard_group_id: str
    standard_id: str
    total: int
    feedback: str
    evidence: tuple[Evidence, ...]
    unsupported: bool = False
    judged_on: JudgedOn = "all_words"


@dataclass(frozen=True, kw_only=True, slots=True)
class Strength:
    """What went well, in a message or in the whole."""

    id: str
    grade_id: GradeId
    message_id: MessageId | None
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Improvement:
    """What could go better, in a message or in the whole."""

    id: str
    grade_id: GradeId
    message_id: MessageId | None
    name: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Highlight:
    """The words of a strength's message that show it."""

    id: str
    strength_id: str
    section: str
    idx: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Replacement:
    """Words of an improvement's message, and what would have been better."""

    id: str
    improvement_id: str
    section: str
    replace: str
    idx: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """A remark on the conversation as a whole."""

    id: str
    grade_id: GradeId
    content: str


Remark = Strength | Highlight | Improvement | Replacement | Analysis


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """Everything that a grade consists of. `remarks` have parents before their children (6.4.7)."""

    feedbacks: tuple[Feedback, ...] = ()
    remarks: tuple[Remark, ...] = ()

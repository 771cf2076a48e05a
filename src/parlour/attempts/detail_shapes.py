"""The attempt detail as it is read (Glow 10.2): every member is there, with its type or null.

Times are RFC 3339 in UTC, durations whole seconds, maps are keyed by id. Members that the
specification calls extra are part of the promise too.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from parlour.attempts.detail_quiz import QuizResponse, QuizSummary
from parlour.conversations.entities import MessageState, MessageType
from parlour.grading.entities import Evidence, GradeSource, GradeState, JudgedOn
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """Whose attempt it is. `department_id` is the first of its departments."""

    id: str
    created_at: str
    infinite_mode: bool
    profile_id: str
    profile_name: str | None
    department_id: str | None
    cohort_id: str | None
    is_archived: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """What is trained; flags and rubric are those of the current chat, in the lobby of the next one."""

    id: str
    name: str
    description: str
    time_limit: int | None
    hints_enabled: bool | None
    objectives_enabled: bool | None
    image_input_active: bool
    copy_paste_allowed: bool | None
    practice_simulation: bool
    rubric_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Timer:
    """The time used of the time there is (10.3). `negative`: the current chat allows overtime."""

    elapsed: int
    limit: int | None
    exceeded: bool
    formatted: str
    negative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """What the attempt comes to so far (10.3)."""

    total_score: int
    total_possible_points: int
    percentage: float
    passed: bool
    chats_completed: int
    total_chats: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviousChat:
    """An earlier chat that can stand for one of this attempt (6.7)."""

    chat_entry_id: str
    scenario_name: str | None
    attempt_chat_id: str
    score: int
    percentage: float
    time_taken: int
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContinuationOption:
    """Earlier chats that can be reused together."""

    scenarios: Sequence[PreviousChat]
    total_score: int
    total_percentage: float
    total_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ContinuationOptions:
    """The ways to go on with earlier chats."""

    options: Sequence[ContinuationOption]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupMapping:
    """A criterion."""

    name: str
    description: str
    points: int
    pass_points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardMapping:
    """A level of a criterion."""

    name: str
    description: str
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricStructure:
    """The rubrics of the attempt. `standard_groups`: the standards of every group, best last as authored."""

    standard_groups: Mapping[str, Sequence[str]]
    standard_groups_mapping: Mapping[str, GroupMapping]
    standards_mapping: Mapping[str, StandardMapping]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptEntry:
    """The attempt as a record; `chat_entry_id` and `attempt_chat_id` are those of the current chat."""

    attempt_id: str
    simulation_id: str
    profile_id: str
    user_persona_id: str | None
    personas_id: str | None
    cohort_id: str | None
    department_id: str | None
    practice: bool
    attempt_created_at: str
    infinite_mode: bool
    num_chats: int
    is_archived: bool
    scenario_ids: Sequence[str]
    chat_entry_id: str | None
    attempt_chat_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """The grade that counts; without one the newest, with its `state` and no score."""

    id: str
    score: int | None
    passed: bool | None
    description: str | None
    time_taken: int | None
    total_points: int
    pass_points: int
    source: GradeSource
    state: GradeState


@dataclass(frozen=True, kw_only=True, slots=True)
class Feedback:
    """The level of one criterion, with the words that show it."""

    id: str
    standard_id: str
    standard_group_id: str
    total: int
    feedback: str
    evidence: Sequence[Evidence]
    unsupported: bool
    judged_on: JudgedOn


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """A remark on the conversation as a whole."""

    id: str
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GradingState:
    """Which levels were reached, by standard (10.3)."""

    achieved_standards: Mapping[str, bool]
    passed_standards: Mapping[str, bool]
    feedback_by_standard_id: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillScore:
    """The points of one criterion."""

    skill_name: str
    score: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SkillFeedback:
    """The text of one criterion."""

    skill_name: str
    feedback: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicRubric:
    """The grade by the names of its criteria."""

    chat_id: str
    score: int
    passed: bool
    time_taken: int | None
    skill_scores: Sequence[SkillScore]
    skill_feedbacks: Sequence[SkillFeedback]
    total_possible_points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Highlight:
    """Words of the message that show a strength."""

    id: str
    section: str
    idx: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Replace:
    """Words of the message, and what would have been better."""

    id: str
    section: str
    replace: str
    idx: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageFeedback:
    """A strength or an improvement."""

    id: str
    name: str
    description: str
    type: Literal["strength", "improvement"]
    highlights: Sequence[Highlight]
    replaces: Sequence[Replace]


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """Where the log of the chat stands: joining with `since` = `seq` continues without a gap."""

    epoch: str
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """How a chat ended (Glow 1.3); `message` is for people, as "Time is up."."""

    stop: bool
    error: bool
    message: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """One chat. `general_feedbacks` are the strengths and improvements that name no message.

    `grades_count` counts the done grades, those of branches too. `time_limit` in seconds; with
    `negative_time` the chat goes on beyond it and `expires_at` is null.
    """

    id: str
    title: str
    created_at: str
    completed_at: str | None
    completed: bool
    completion: Completion | None
    is_current: bool
    position: int
    grade: Grade | None
    grades_count: int
    feedbacks: Sequence[Feedback]
    analyses: Sequence[Analysis]
    general_feedbacks: Sequence[MessageFeedback]
    show_problem_statement: bool
    show_objectives: bool
    show_images: bool
    copy_paste_allowed: bool
    text_enabled: bool
    audio_enabled: bool
    hints_enabled: bool
    grading_state: GradingState | None
    dynamic_rubric: DynamicRubric | None
    scenario_id: str
    problem_statement_id: str | None
    objective_ids: Sequence[str]
    persona_ids: Sequence[str]
    image_ids: Sequence[str]
    video_ids: Sequence[str]
    question_ids: Sequence[str]
    option_ids: Sequence[str]
    responses: Sequence[QuizResponse]
    quiz: QuizSummary | None
    document_ids: Sequence[str]
    rubric_id: str | None
    standard_group_ids: Sequence[str]
    standard_ids: Sequence[str]
    group_id: str
    chat_entry_id: str
    source_chat_id: str | None
    time_limit: int | None
    negative_time: bool
    expires_at: str | None
    room: Room


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What one speaker said. `persona_id` of a learner's message is the persona played."""

    id: str
    idx: int
    content: str
    name: str | None
    color: str | None
    icon: str | None
    created_at: str
    persona_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A suggestion after a reply."""

    id: str
    hint: str
    idx: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageUsage:
    """What the requests for one message came to. Without `cost` not every one of them had a price."""

    input_tokens: int
    output_tokens: int
    seconds: float
    cost: float | None
    currency: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message in the tree of its chat. `number` is the order of creation.

    `branch_label` is the name kept at this message: that of the branch which leads through it to its newest leaf.
    `usage` is what models used for it; null where none was asked. `item_id`: the utterance that it was, for speech.
    """

    id: str
    chat_id: str
    type: MessageType
    created_at: str
    completed: bool
    contents: Sequence[Content]
    feedbacks: Sequence[MessageFeedback]
    hints: Sequence[Hint]
    parent_message_id: str | None
    sibling_index: int
    sibling_count: int
    on_active_path: bool
    status: MessageState
    number: int
    branch_label: str | None
    usage: MessageUsage | None
    item_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entries:
    """The records of the attempt. `runs` is reserved by the protocol and null."""

    attempt: Sequence[AttemptEntry]
    attempt_chat: Sequence[Chat]
    attempt_message: Sequence[Message]
    runs: Mapping[str, str] | None

"""Which earlier chats may stand for chats of an attempt, and why not (Glow 6.7 and 7.14). Pure rules.

The same rule refuses a command and offers the options of the detail, so what is offered is accepted.
"""

from collections.abc import Sequence
from dataclasses import fields

from parlour.attempts.entities import Attempt
from parlour.catalog.entities import ChatTemplate
from parlour.conversations.entities import Chat
from parlour.kernel.dataclass import dataclass

_GENERATES = tuple(each.name for each in fields(ChatTemplate) if each.name.startswith("generate_"))


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierGrade:
    """What the grade that counts comes to; `time_taken` in seconds."""

    score: int
    total_points: int
    time_taken: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """A chat that is to be used again. `practice` is that of its attempt, `grade` the done one that counts."""

    chat: Chat
    practice: bool
    grade: EarlierGrade | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a pair is not valid: a row of the table of 7.14."""

    code: str
    text: str


PREVIOUS_NOT_FOUND = Reason(code="not_found", text="Previous chat not found.")
NOT_IN_LOBBY = Reason(code="not_in_lobby", text="Earlier results can only be used between chats.")
PRACTICE = Reason(code="practice_attempt", text="Practice results cannot be reused.")
TEMPLATE = Reason(
    code="template_mismatch",
    text="This scenario does not belong to the training, is done, or does not allow reuse.",
)
NOT_COMPLETED = Reason(code="previous_not_completed", text="The earlier chat was not completed.")
NOT_GRADED = Reason(code="previous_not_graded", text="The earlier chat has no grade.")
VERSION = Reason(code="version_mismatch", text="The scenario or rubric has changed since the earlier chat.")


def attempt_fault(attempt: Attempt, chats: Sequence[Chat], *, prepares: bool) -> Reason | None:
    """Why nothing may be reused in an attempt now. `prepares`: its next chat is being generated."""
    if attempt.state != "active" or prepares or any(chat.state == "open" for chat in chats):
        return NOT_IN_LOBBY
    return PRACTICE if attempt.practice else None


def open_templates(templates: Sequence[ChatTemplate], chats: Sequence[Chat]) -> list[ChatTemplate]:
    """The templates that have no chat in the attempt."""
    used = {chat.chat_entry_id for chat in chats}
    return [template for template in templates if template.id not in used]


def named_template(key: str, free: Sequence[ChatTemplate]) -> ChatTemplate | None:
    """The open template that a key names: by its id, or as the only one with that scenario (7.14)."""
    by_id = [template for template in free if template.id == key]
    found = by_id or [template for template in free if template.scenario_id == key]
    return found[0] if len(found) == 1 else None


def pair_fault(attempt: Attempt, template: ChatTemplate | None, earlier: Earlier | None) -> Reason | None:
    """Why an earlier chat cannot stand for an open template of an attempt; None if it can (6.7).

    A chat that played material of its own fits only a template that lets learners or models make some.
    """
    if earlier is None or earlier.chat.account_id != attempt.account_id or earlier.chat.attempt_id == attempt.id:
        return PREVIOUS_NOT_FOUND
    if earlier.practice:
        return PRACTICE
    if template is None or not template.use_previous:
        return TEMPLATE
    if earlier.chat.state != "completed":
        return NOT_COMPLETED
    if earlier.grade is None:
        return NOT_GRADED
    return None if _same_versions(template, earlier.chat) else VERSION


def _same_versions(template: ChatTemplate, chat: Chat) -> bool:
    scenario, rubric = chat.snapshot.scenario, chat.snapshot.rubric
    return (
        (scenario.id, scenario.version) == (template.scenario_id, template.scenario_version)
        and rubric is not None
        and (rubric.id, rubric.version) == (template.rubric_id, template.rubric_version)
        and (chat.snapshot.material is None or _makes_material(template))
    )


def _makes_material(template: ChatTemplate) -> bool:
    return template.use_custom or any(getattr(template, flag) for flag in _GENERATES)

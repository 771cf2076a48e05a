"""What comes next in an attempt: the decision of ADVANCE (Glow 6.1), as a pure rule."""

from collections.abc import Sequence

from parlour.attempts.entities import Attempt
from parlour.catalog.entities import ChatTemplate, Entry
from parlour.conversations.entities import Chat
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """Nothing is left. `all_complete`: every template has a completed chat."""

    all_complete: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Lobby:
    """The template waits for the learner."""

    template: ChatTemplate


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """A chat of this template opens, in this pass."""

    template: ChatTemplate
    pass_number: int


Step = Finished | Lobby | Open


def templates_of(entry: Entry) -> list[ChatTemplate]:
    """The templates in the order in which they are worked through."""
    return sorted(entry.templates, key=lambda template: template.position)


def next_step(entry: Entry, attempt: Attempt, chats: Sequence[Chat], *, now_ms: int, force: bool) -> Step:
    """What ADVANCE does. `chats` are as they will be: the one being closed counts as completed."""
    templates = templates_of(entry)
    passing = attempt.pass_number
    used = {chat.chat_entry_id for chat in chats if chat.pass_number == passing}
    left = [template for template in templates if template.id not in used]
    if attempt.infinite_mode and (passing > 1 or not left):  # the first pass may always be finished (6.6.6)
        if not window_open(entry, attempt, chats, now_ms):
            left = []
        elif not left:
            passing, left = passing + 1, templates
    if not left:
        return Finished(all_complete=all_complete(templates, chats))
    first = left[0]
    waits = first.use_custom or (first.use_previous and not attempt.practice)
    if not force and waits and passing == 1:
        return Lobby(template=first)
    return Open(template=first, pass_number=passing)


def all_complete(templates: Sequence[ChatTemplate], chats: Sequence[Chat]) -> bool:
    """Whether every template has a completed chat."""
    completed = {chat.chat_entry_id for chat in chats if chat.state == "completed"}
    return all(template.id in completed for template in templates)


def window_open(entry: Entry, attempt: Attempt, chats: Sequence[Chat], now_ms: int) -> bool:
    """Whether an infinite attempt may begin another pass (6.6.5)."""
    limits = [template.time_limit for template in entry.templates if template.time_limit is not None]
    if limits and now_ms >= attempt.created_at + sum(limits) * 1000:
        return False
    if entry.end_time is not None and now_ms >= entry.end_time:
        return False
    return len(chats) < attempt.infinite_chats_max

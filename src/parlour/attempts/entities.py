"""Attempts as values (Glow 1.3)."""

from typing import Literal

from parlour.catalog.entities import EntryKind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, EntryId, TemplateId

INFINITE_CHATS_MAX = 100

AttemptState = Literal["active", "ended"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """The chat that is being generated: its run, its template and pass, and who hears of the end.

    `error_type`: that of the operation that led to it. `draft_id`: the person's draft that it uses.
    """

    run_id: str
    template_id: TemplateId
    pass_number: int
    error_type: str
    rooms: tuple[str, ...]
    draft_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One go at a training. Times in milliseconds; `num_chats` is the number of its templates.

    `infinite_chats_max`: how many chats an infinite one may have, as it was when it was started (6.6.5).
    """

    id: AttemptId
    account_id: AccountId
    entry_id: EntryId
    practice: bool
    infinite_mode: bool
    num_chats: int
    infinite_chats_max: int = INFINITE_CHATS_MAX
    pass_number: int
    user_persona_id: str | None
    simulation_id: str
    cohort_id: str | None
    department_ids: tuple[str, ...]
    name: str
    description: str
    state: AttemptState
    archived: bool
    created_at: int
    ended_at: int | None

    @property
    def entry_kind(self) -> EntryKind:
        """Which kind of entry it came from."""
        return "practice" if self.practice else "home"

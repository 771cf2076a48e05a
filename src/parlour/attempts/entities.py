"""Attempts as values (Glow 1.3)."""

from dataclasses import dataclass
from typing import Literal

from parlour.catalog.entities import EntryKind
from parlour.kernel.ids import AccountId, AttemptId, EntryId

AttemptState = Literal["active", "ended"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One go at a training. Times in milliseconds; `num_chats` is the number of its templates."""

    id: AttemptId
    account_id: AccountId
    entry_id: EntryId
    practice: bool
    infinite_mode: bool
    num_chats: int
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

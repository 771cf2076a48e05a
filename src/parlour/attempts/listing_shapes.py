"""The list of attempts as it is asked for and as it is read (Glow 10.1)."""

from collections.abc import Sequence

from parlour.attempts.entities import Attempt, AttemptState
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """What is wanted of the list; None and empty = all.

    `search` is part of the name of the attempt or of its owner, in any case. `created_from` and
    `created_until` are milliseconds, both included.
    """

    search: str | None = None
    simulation_ids: tuple[str, ...] = ()
    department_ids: tuple[str, ...] = ()
    practice: bool | None = None
    is_archived: bool | None = None
    infinite_mode: bool | None = None
    created_from: int | None = None
    created_until: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """The last attempt of a page: the next page begins after it."""

    created_at: int
    attempt_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Owned:
    """An attempt with the name of its owner."""

    attempt: Attempt
    owner_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptItem:
    """An attempt in the list. `score` is null while nothing is graded; one of the entry ids is null."""

    id: str
    name: str
    created_at: str
    state: AttemptState
    practice: bool
    infinite_mode: bool
    profile_id: str
    profile_name: str | None
    is_archived: bool
    num_chats: int
    chats_completed: int
    score: int | None
    passed: bool
    home_id: str | None
    practice_id: str | None
    simulation_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptPage:
    """A page, newest first. `next_cursor` is opaque, null on the last page."""

    items: Sequence[AttemptItem]
    next_cursor: str | None

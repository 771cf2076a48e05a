"""Cursors as values."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

CursorKind = Literal["socket", "http"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursor:
    """A durable reader. Positions are of the whole log; times in milliseconds."""

    id: str
    kind: CursorKind
    account_id: AccountId
    session_digest: str | None
    dialect: str | None
    ticket_digest: str | None
    opened_pos: int
    acked_pos: int
    seen_at: int
    closed_at: int | None

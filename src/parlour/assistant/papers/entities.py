"""Papers as values. Times in milliseconds."""

from typing import Literal, NewType

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

PaperId = NewType("PaperId", str)
Scope = Literal["recent", "shared"]


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What is known of a paper; only a title is always there."""

    title: str
    doi: str | None = None
    arxiv_id: str | None = None
    authors: tuple[str, ...] = ()
    year: int | None = None
    abstract: str | None = None
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """A paper. `account_id` is None for a shared one, `possessor` None for a recent one."""

    id: PaperId
    scope: Scope
    account_id: AccountId | None
    possessor: str | None
    file_id: str
    digest: str
    about: About
    summary: str | None
    summary_at: int | None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Added:
    """A paper, and whether it is new; otherwise the same content was there already."""

    paper: Paper
    is_new: bool

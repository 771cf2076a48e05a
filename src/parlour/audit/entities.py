"""Rows of the audit as values."""

from collections.abc import Mapping
from dataclasses import field

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something that was done. Accounts and subjects by id; `actor` `None` for the server itself.

    `acted_for`: in whose place, if not the actor's own. `route`: by which way, such as `POST /users/{id}/cancel`.
    `detail` holds ids, codes and digests only.
    """

    actor: str | None
    action: str
    subject: str
    route: str
    acted_for: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An entry as it is kept: numbered from 1, `at` in milliseconds, `detail` as JSON text."""

    n: int
    at: int
    actor: str | None
    acted_for: str | None
    action: str
    subject: str
    route: str
    detail: str
    previous_digest: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The end of the chain: the number of rows and the digest of the last one (empty without rows)."""

    n: int
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which rows to list: those after the number `after`; `None` for any."""

    after: int = 0
    limit: int = 100
    subject: str | None = None
    actor: str | None = None
    action: str | None = None

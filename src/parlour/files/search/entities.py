"""What is indexed and what is found, as values."""

from collections.abc import Mapping, Sequence

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

QUERY_CHARS_MAX = 2_000
QUOTE_CHARS_MAX = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where text comes from: a `file`, `note`, `entry`, `message`, `instrument` ... and its id.

    Only the account with `account_id` finds it; None: every member.
    """

    kind: str
    id: str
    account_id: AccountId | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewChunk:
    """A page or section to index; `page` counts from 1, `position` from 0."""

    page: int
    position: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared(NewChunk):
    """A passage with the SHA-256 of its text and its words as a store is given them, in order."""

    digest: str
    terms: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkText:
    """An indexed page, section or part of one. `digest` is the SHA-256 of its text."""

    chunk_id: str
    page: int
    position: int
    text: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector:
    """An embedding and the model that made it."""

    model: str
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What is looked for, by whom, among which sources.

    `kinds` empty: all kinds; `source_ids` None: all sources. Instants in milliseconds bound when the text
    was stored: from inclusive, until exclusive. `vector` is the embedding of `text`, if there is one.
    """

    text: str
    account_id: AccountId | None
    kinds: Sequence[str] = ()
    source_ids: Sequence[str] | None = None
    limit: int = 5
    created_from: int | None = None
    created_until: int | None = None
    vector: Vector | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A passage that has words of the query: where each of them stands in it, counted in words."""

    chunk_id: str
    source_kind: str
    source_id: str
    page: int
    places: Mapping[str, Sequence[int]]
    embedding: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A found passage. `quote` (at most 500 characters) stands in `text` word for word; `score` is from 0 to 1."""

    chunk_id: str
    source_kind: str
    source_id: str
    page: int
    text: str
    quote: str
    score: float

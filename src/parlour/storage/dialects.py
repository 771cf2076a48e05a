"""The two stores: how each is opened, spoken to, and how its log is appended.

The append is hand-written because it is the hottest statement of the server (measured in
`bench/`). Both give every event of a batch a position `pos` in commit order without holes, and
every room entry a `seq` without holes, under a lock that is held until the commit.
"""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Announced, Cursor

READS = ("SELECT", "WITH")


@dataclass(slots=True)
class Logged:
    """An event of the log. `body` is the fact as JSON; `fact` is there if this process made it.

    `audience` lists `(room, seq)` in audience order (Glow 5.2). `encoded` and `frames` are places
    where a wire keeps what it encoded, so that each form is made once; `frames` holds the two
    forms of an event with a single room, which is most of the traffic.
    """

    pos: int
    at: int
    kind: str
    body: bytes
    audience: tuple[tuple[str, int], ...]
    fact: object | None = None
    encoded: dict[object, object] = field(default_factory=dict[object, object])
    frames: list[bytes | None] = field(default_factory=lambda: [None, None])


class Connection(Protocol):
    """The part of a DBAPI connection that is used."""

    def cursor(self) -> Any: ...
    def close(self) -> None: ...


class Dialect(Protocol):
    """What differs between the stores."""

    name: str
    shared: bool
    jobs_notice: str
    url: str
    lost: tuple[type[Exception], ...]
    conflict: tuple[type[Exception], ...]
    errors: tuple[type[Exception], ...]
    next_savepoint: tuple[str, ...]

    def open(self, *, reading: bool) -> Connection: ...
    def prepare(self, sql: str) -> tuple[str, bool]: ...
    def begin(self, cursor: Cursor, *, reading: bool) -> None: ...
    def append(self, cursor: Cursor, announced: Sequence[Announced], now_ms: int) -> list[Logged]: ...
    def forget_heads(self) -> None: ...
    def waker(self) -> "Waker | None": ...


class Waker(Protocol):
    """Tells of commits of other processes. Losing a wake costs a poll interval, never an event."""

    async def wait(self) -> bool:
        """Return when there may be something new: whether there may be a job for whichever process has time."""
        ...

    async def aclose(self) -> None:
        """Stop listening."""
        ...


def dialect_for(url: str) -> Dialect:
    """The dialect of `sqlite:///path` or `postgresql://...`."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from parlour.storage.sqlite import SQLite  # noqa: PLC0415 (each store only where it is used)

        return SQLite(url, Path(url.removeprefix("sqlite:///")))
    if scheme in ("postgresql", "postgres"):
        from parlour.storage.postgresql import PostgreSQL  # noqa: PLC0415 (psycopg costs 9 MiB)

        return PostgreSQL(url)
    raise ValueError("the database URL must start with sqlite:/// or postgresql://")


def numbered(announced: Sequence[Announced], heads: dict[str, int], pos: int, now_ms: int) -> list[Logged]:
    """Number a batch: positions after `pos`, sequence numbers after `heads`."""
    batch: list[Logged] = []
    for said in announced:
        pos += 1
        audience: list[tuple[str, int]] = []
        for room in said.rooms:
            seq = heads[room] = heads[room] + 1
            audience.append((room, seq))
        kind, body = type(said.fact).__name__, msgspec.json.encode(said.fact)
        batch.append(Logged(pos, now_ms, kind, body, tuple(audience), said.fact))
    return batch

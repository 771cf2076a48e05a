"""The two stores: how each is opened, spoken to, and how its log is appended.

The append is hand-written because it is the hottest statement of the server (measured in
`bench/`). Both give every event of a batch a position `pos` in commit order without holes, and
every room entry a `seq` without holes, under a lock that is held until the commit.
"""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import msgspec
import psycopg
from psycopg.rows import dict_row

from parlour.storage.tx import Announced, Cursor

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")
_READS = ("SELECT", "WITH")


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
    url: str
    lost: tuple[type[Exception], ...]
    conflict: tuple[type[Exception], ...]
    errors: tuple[type[Exception], ...]

    def open(self, *, reading: bool) -> Connection: ...
    def prepare(self, sql: str) -> tuple[str, bool]: ...
    def begin(self, cursor: Cursor, *, reading: bool) -> None: ...
    def append(self, cursor: Cursor, announced: Sequence[Announced], now_ms: int) -> list[Logged]: ...


def dialect_for(url: str) -> Dialect:
    """The dialect of `sqlite:///path` or `postgresql://...`."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SQLite(url, Path(url.removeprefix("sqlite:///")))
    if scheme in ("postgresql", "postgres"):
        return PostgreSQL(url)
    raise ValueError("the database URL must start with sqlite:/// or postgresql://")


def _logged(announced: Sequence[Announced], heads: dict[str, int], pos: int, now_ms: int) -> list[Logged]:
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


class SQLite:
    """One file, WAL, `synchronous=FULL`: a commit is on the disk when it returns."""

    name = "sqlite"
    shared = False
    lost: tuple[type[Exception], ...] = ()
    conflict: tuple[type[Exception], ...] = ()
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.path = path

    def open(self, *, reading: bool) -> Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-8000")
        if reading:
            connection.execute("PRAGMA query_only=ON")
        return connection

    @staticmethod
    @lru_cache(maxsize=1024)
    def _prepared(sql: str) -> tuple[str, bool]:
        return sql.replace(" FOR UPDATE", "").replace(" SKIP LOCKED", ""), not sql.startswith(_READS)

    def prepare(self, sql: str) -> tuple[str, bool]:
        return self._prepared(sql)

    def begin(self, cursor: Cursor, *, reading: bool) -> None:
        cursor.execute("BEGIN" if reading else "BEGIN IMMEDIATE")

    def append(self, cursor: Cursor, announced: Sequence[Announced], now_ms: int) -> list[Logged]:
        cursor.execute("SELECT max(pos) FROM events")
        pos = cursor.fetchone()[0] or 0
        heads: dict[str, int] = {}
        for room in {room for said in announced for room in said.rooms}:
            cursor.execute("SELECT seq FROM entries WHERE room = :room ORDER BY pos DESC LIMIT 1", {"room": room})
            row = cursor.fetchone()
            heads[room] = row[0] if row else 0
        batch = _logged(announced, heads, pos, now_ms)
        events = [(e.pos, e.at, e.kind, e.body.decode(), msgspec.json.encode(e.audience).decode()) for e in batch]
        many = cast("Any", cursor).executemany
        many("INSERT INTO events (pos, at, kind, body, audience) VALUES (?, ?, ?, ?, ?)", events)
        rows = [(room, e.pos, seq) for e in batch for room, seq in e.audience]
        many("INSERT INTO entries (room, pos, seq) VALUES (?, ?, ?)", rows)
        return batch


class PostgreSQL:
    """PostgreSQL >= 15 through psycopg 3; several processes may share it.

    `log_head` is one row: whoever appends holds its lock until the commit, which makes the
    order of positions the order of commits. Batches keep the lock for one commit only.
    """

    name = "postgresql"
    shared = True
    lost: tuple[type[Exception], ...] = (psycopg.OperationalError, psycopg.InterfaceError)
    conflict: tuple[type[Exception], ...] = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    errors: tuple[type[Exception], ...] = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, *, reading: bool) -> Connection:
        connection = psycopg.connect(self.url, autocommit=True, row_factory=cast("Any", dict_row))
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET deadlock_timeout = '100ms'" if _may_tune(connection) else "SELECT 1")
        connection.execute("SET lock_timeout = '10s'")
        if reading:
            connection.execute("SET default_transaction_read_only = on")
        return cast("Connection", connection)

    @staticmethod
    @lru_cache(maxsize=1024)
    def _prepared(sql: str) -> tuple[str, bool]:
        changes = not sql.startswith(_READS) or sql.endswith("FOR UPDATE")
        return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")), changes

    def prepare(self, sql: str) -> tuple[str, bool]:
        return self._prepared(sql)

    def begin(self, cursor: Cursor, *, reading: bool) -> None:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if reading else "BEGIN")

    def append(self, cursor: Cursor, announced: Sequence[Announced], now_ms: int) -> list[Logged]:
        cursor.execute(
            "UPDATE log_head SET pos = pos + %(n)s WHERE id = 1 RETURNING pos - %(n)s AS pos", {"n": len(announced)}
        )
        pos = cursor.fetchone()["pos"]
        rooms = list({room for said in announced for room in said.rooms})
        cursor.execute(
            "SELECT r.room, (SELECT e.seq FROM entries e WHERE e.room = r.room ORDER BY e.pos DESC LIMIT 1) AS seq"
            " FROM unnest(%(rooms)s::text[]) AS r(room)",
            {"rooms": rooms},
        )
        heads = {row["room"]: row["seq"] or 0 for row in cursor.fetchall()}
        batch = _logged(announced, heads, pos, now_ms)
        pairs = [(room, e.pos, seq) for e in batch for room, seq in e.audience]
        cursor.execute(
            "WITH added AS (INSERT INTO events (pos, at, kind, body, audience)"
            " SELECT * FROM unnest(%(pos)s::bigint[], %(at)s::bigint[], %(kind)s::text[], %(body)s::text[], %(aud)s::text[]))"
            " INSERT INTO entries (room, pos, seq)"
            " SELECT * FROM unnest(%(rooms)s::text[], %(at_pos)s::bigint[], %(seqs)s::bigint[])",
            {
                "pos": [e.pos for e in batch],
                "at": [e.at for e in batch],
                "kind": [e.kind for e in batch],
                "body": [e.body.decode() for e in batch],
                "aud": [msgspec.json.encode(e.audience).decode() for e in batch],
                "rooms": [room for room, _, _ in pairs],
                "at_pos": [at for _, at, _ in pairs],
                "seqs": [seq for _, _, seq in pairs],
            },
        )
        cursor.execute("SELECT pg_notify('parlour', %(pos)s)", {"pos": str(batch[-1].pos)})
        return batch


def _may_tune(connection: psycopg.Connection[Any]) -> bool:
    """Only a superuser may shorten the deadlock check; without it a deadlock costs a second."""
    row = connection.execute("SELECT current_setting('is_superuser') AS yes").fetchone()
    return bool(row and row["yes"] == "on")

"""SQLite: one file, nothing to install."""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import msgspec

from parlour.storage.dialects import READS, Connection, Logged, numbered
from parlour.storage.tx import Announced, Cursor

HEADS_MAX = 20_000


class SQLite:
    """One file, WAL, `synchronous=FULL`: a commit is on the disk when it returns."""

    name = "sqlite"
    shared = False
    jobs_notice = ""
    lost: tuple[type[Exception], ...] = ()
    conflict: tuple[type[Exception], ...] = ()
    errors: tuple[type[Exception], ...] = (sqlite3.Error,)
    next_savepoint: tuple[str, ...] = ("RELEASE SAVEPOINT work", "SAVEPOINT work")

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self.path = path
        self._heads: dict[str, int] = {}
        self._pos: int | None = None
        self._version = -1

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
        return sql.replace(" FOR UPDATE", "").replace(" SKIP LOCKED", ""), not sql.startswith(READS)

    def prepare(self, sql: str) -> tuple[str, bool]:
        return self._prepared(sql)

    def begin(self, cursor: Cursor, *, reading: bool) -> None:
        cursor.execute("BEGIN" if reading else "BEGIN IMMEDIATE")

    def append(self, cursor: Cursor, announced: Sequence[Announced], now_ms: int) -> list[Logged]:
        heads, pos = self._known(cursor, {room for said in announced for room in said.rooms})
        batch = numbered(announced, heads, pos, now_ms)
        events = [(e.pos, e.at, e.kind, e.body.decode(), msgspec.json.encode(e.audience).decode()) for e in batch]
        many = cast("Any", cursor).executemany
        many("INSERT INTO events (pos, at, kind, body, audience) VALUES (?, ?, ?, ?, ?)", events)
        rows = [(room, e.pos, seq) for e in batch for room, seq in e.audience]
        many("INSERT INTO entries (room, pos, seq) VALUES (?, ?, ?)", rows)
        self._pos = batch[-1].pos
        return batch

    def _known(self, cursor: Cursor, rooms: set[str]) -> tuple[dict[str, int], int]:
        """The heads of rooms and of the log: remembered while no other process has written."""
        cursor.execute("PRAGMA data_version")
        version = cursor.fetchone()[0]
        pos = self._pos
        if version != self._version or pos is None or len(self._heads) > HEADS_MAX:
            self.forget_heads()
            self._version = version
            cursor.execute("SELECT max(pos) FROM events")
            pos = cursor.fetchone()[0] or 0
        for room in rooms:
            if room not in self._heads:
                cursor.execute("SELECT seq FROM entries WHERE room = :room ORDER BY pos DESC LIMIT 1", {"room": room})
                row = cursor.fetchone()
                self._heads[room] = row[0] if row else 0
        return self._heads, pos

    def forget_heads(self) -> None:
        """What was appended may not have been committed."""
        self._heads.clear()
        self._pos = None

    def waker(self) -> None:
        """One process writes, and hears of its own commits."""

"""PostgreSQL through psycopg 3, for deployments of several processes."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import msgspec
import psycopg
from psycopg.rows import dict_row

from parlour.storage.dialects import READS, Connection, Logged, numbered
from parlour.storage.tx import Announced, Cursor
from parlour.storage.wakers.postgresql import JOBS, PostgreSQLWaker

CONNECT_SECONDS = 5
FROZEN_SECONDS = 60
"""After so long a server that stopped in the middle of a transaction (a frozen machine) loses its locks."""
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class PostgreSQL:
    """PostgreSQL >= 15 through psycopg 3; several processes may share it.

    `log_head` is one row: whoever appends holds its lock until the commit, which makes the
    order of positions the order of commits. Batches keep the lock for one commit only.
    """

    name = "postgresql"
    shared = True
    jobs_notice = f"SELECT pg_notify('parlour', '{JOBS}')"
    lost: tuple[type[Exception], ...] = (psycopg.OperationalError, psycopg.InterfaceError)
    conflict: tuple[type[Exception], ...] = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
    errors: tuple[type[Exception], ...] = (psycopg.Error,)
    next_savepoint: tuple[str, ...] = ("RELEASE SAVEPOINT work; SAVEPOINT work",)  # in one round trip

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, *, reading: bool) -> Connection:
        connection = psycopg.connect(
            self.url, autocommit=True, connect_timeout=CONNECT_SECONDS, row_factory=cast("Any", dict_row)
        )
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET deadlock_timeout = '100ms'" if _may_tune(connection) else "SELECT 1")
        connection.execute("SET lock_timeout = '10s'")
        if reading:
            connection.execute("SET default_transaction_read_only = on")
        else:
            frozen = str(FROZEN_SECONDS * 1000)
            connection.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", (frozen,))
        return cast("Connection", connection)

    @staticmethod
    @lru_cache(maxsize=1024)
    def _prepared(sql: str) -> tuple[str, bool]:
        changes = not sql.startswith(READS) or sql.endswith("FOR UPDATE")
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
        batch = numbered(announced, heads, pos, now_ms)
        pairs = [(room, e.pos, seq) for e in batch for room, seq in e.audience]
        cursor.execute(
            "WITH added AS (INSERT INTO events (pos, at, kind, body, audience)"
            " SELECT * FROM unnest(%(pos)s::bigint[], %(at)s::bigint[], %(kind)s::text[], %(body)s::text[],"
            " %(aud)s::text[]))"
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

    def forget_heads(self) -> None:
        """Nothing is remembered: other processes append too."""

    def waker(self) -> PostgreSQLWaker:
        """Hears of the commits of every process; call it on the event loop."""
        return PostgreSQLWaker(self.url)


def _may_tune(connection: psycopg.Connection[Any]) -> bool:
    """Only a superuser may shorten the deadlock check; without it a deadlock costs a second."""
    row = connection.execute("SELECT current_setting('is_superuser') AS yes").fetchone()
    return bool(row and row["yes"] == "on")

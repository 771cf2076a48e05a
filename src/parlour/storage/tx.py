"""One transaction, as an action sees it: rows, announcements, jobs. Actions never commit.

An action is a plain function `fn(tx, ...)`. It runs in the writer's thread (or in a reading
thread, where writing raises), so it must not wait for anything but the database.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import Ids, JobId

JOB_LEASE_MS = 15_000


class Row(Protocol):
    """A row by column name. Stores turn it into entities; it does not leave them."""

    def __getitem__(self, key: str, /) -> Any: ...


class Cursor(Protocol):
    """The part of a DBAPI cursor that is used, the same for both drivers."""

    rowcount: int

    def execute(self, sql: str, params: Mapping[str, object] = ..., /) -> object: ...
    def executemany(self, sql: str, params: Sequence[Mapping[str, object]], /) -> object: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Statements(Protocol):
    """How a dialect writes a statement: its text, and whether it may change rows. `jobs_notice` tells other
    processes of a job for whichever has time; "" where there is one process."""

    @property
    def name(self) -> str: ...
    @property
    def jobs_notice(self) -> str: ...
    def prepare(self, sql: str) -> tuple[str, bool]: ...


@dataclass(frozen=True, slots=True)
class Announced:
    """A fact that goes to the log when the transaction commits."""

    rooms: tuple[str, ...]
    fact: object


@dataclass(frozen=True, slots=True)
class StartedJob:
    """A job whose lease this process took in the transaction that enqueued it."""

    job_id: JobId
    kind: str
    body: bytes
    claims: int


class Tx:
    """An open transaction. `now_ms` is fixed when the transaction begins.

    `guard` are the statements that set the savepoint before the first change: none if the batch is
    this one transaction, `None` for reading.
    """

    __slots__ = (
        "_cursor",
        "_guard",
        "_ids",
        "_marked",
        "_statements",
        "announced",
        "hooks",
        "lease_owner",
        "now_ms",
        "started_jobs",
        "wakes_jobs",
        "writable",
    )

    def __init__(
        self, cursor: Cursor, statements: Statements, ids: Ids, now_ms: int, *, guard: Sequence[str] | None
    ) -> None:
        self._cursor = cursor
        self._statements = statements
        self._ids = ids
        self._marked = False
        self.now_ms = now_ms
        self.writable = guard is not None
        self._guard = guard or ()
        self.lease_owner: str | None = None
        self.announced: list[Announced] = []
        self.started_jobs: list[StartedJob] = []
        self.wakes_jobs = False
        self.hooks: list[Callable[[], object]] = []

    @property
    def store_name(self) -> str:
        """`sqlite` or `postgresql`: for the few statements that must differ (full-text search)."""
        return self._statements.name

    def one(self, sql: str, **params: object) -> Row | None:
        """The first row, or None."""
        self._execute(sql, params)
        return self._cursor.fetchone()

    def all(self, sql: str, **params: object) -> list[Row]:
        """Every row."""
        self._execute(sql, params)
        return self._cursor.fetchall()

    def run(self, sql: str, **params: object) -> int:
        """Change rows; how many were touched."""
        self._execute(sql, params)
        return self._cursor.rowcount

    def many(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        """The same statement for every row of parameters."""
        if rows:
            text, _ = self._statements.prepare(sql)
            self._mark()
            self._cursor.executemany(text, rows)

    def new_id(self) -> str:
        """A new identifier."""
        return self._ids.new()

    def announce(self, rooms: Sequence[str], fact: object) -> None:
        """Say in every room of `rooms` (in audience order, repeats ignored) what happened."""
        if not self.writable:
            raise RuntimeError("a reading transaction cannot announce")
        self.announced.append(Announced(tuple(dict.fromkeys(rooms)), fact))

    def enqueue(
        self, kind: str, body: object, *, unique: str | None = None, delay_seconds: float = 0, shared: bool = False
    ) -> JobId | None:
        """Have work done after the commit; None if a job with this `unique` key is waiting.

        When this process has a free worker it takes the lease at once, which saves a claim. `shared`: it does not
        where other processes may have more time for it.
        """
        job_id = JobId(self.new_id())
        owner = self.lease_owner if delay_seconds == 0 and not (shared and self.store_name == "postgresql") else None
        encoded = msgspec.json.encode(body)
        added = self.run(
            "INSERT INTO jobs (id, kind, body, state, run_at, created_at, claims, lease_owner, lease_until, unique_key)"
            " VALUES (:id, :kind, :body, :state, :run_at, :now, :claims, :owner, :until, :unique)"
            " ON CONFLICT DO NOTHING",
            id=job_id,
            kind=kind,
            body=encoded.decode(),
            state="running" if owner else "ready",
            run_at=self.now_ms + round(delay_seconds * 1000),
            now=self.now_ms,
            claims=1 if owner else 0,
            owner=owner,
            until=self.now_ms + JOB_LEASE_MS if owner else None,
            unique=unique,
        )
        if added and owner:
            self.started_jobs.append(StartedJob(job_id, kind, encoded, 1))
        elif added:
            self.wakes_jobs = True
            notice = self._statements.jobs_notice
            if notice and delay_seconds == 0:
                self.run(notice)
        return job_id if added else None

    def on_commit(self, hook: Callable[[], object]) -> None:
        """Call `hook` on the event loop after the commit, before readers see what it announced."""
        self.hooks.append(hook)

    @contextmanager
    def savepoint(self) -> Generator[None, None, None]:
        """What happens inside is undone if it raises; the exception goes on."""
        announced, started, hooks = len(self.announced), len(self.started_jobs), len(self.hooks)
        self._mark()
        self._cursor.execute("SAVEPOINT inner_work")
        try:
            yield
        except BaseException:
            self._cursor.execute("ROLLBACK TO SAVEPOINT inner_work")
            self._cursor.execute("RELEASE SAVEPOINT inner_work")
            del self.announced[announced:], self.started_jobs[started:], self.hooks[hooks:]
            raise
        self._cursor.execute("RELEASE SAVEPOINT inner_work")

    @property
    def changed(self) -> bool:
        """For the writer: whether there is something to take back."""
        return self._marked

    def undo(self) -> None:
        """For the writer: take back what this transaction did, and nothing else of the batch."""
        self.announced, self.started_jobs, self.hooks, self.wakes_jobs = [], [], [], False
        if self._marked and self._guard:
            self._cursor.execute("ROLLBACK TO SAVEPOINT work")

    def _execute(self, sql: str, params: Mapping[str, object]) -> None:
        text, changes = self._statements.prepare(sql)
        if changes:
            self._mark()
        self._cursor.execute(text, params)

    def _mark(self) -> None:
        """A savepoint before the first change, so that a refusal undoes only its own."""
        if not self._marked:
            if not self.writable:
                raise RuntimeError("a reading transaction cannot write")
            for statement in self._guard:
                self._cursor.execute(statement)
            self._marked = True

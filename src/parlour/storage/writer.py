"""The one writer of a process: a thread that commits whatever gathered during the last commit.

A batch is one transaction of the store; each piece of work in it has a savepoint of its own, so
a refusal undoes only its own work. After the commit, on the event loop and in this order: the
hooks, the answers (acknowledgements), the events (readers), the jobs.
Measured against a commit each in `bench/`; see `docs/decisions/0003`.
"""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import Ids
from parlour.kernel.refusals import Refusal
from parlour.storage.dialects import Connection, Dialect, Logged
from parlour.storage.tx import StartedJob, Tx

log = logging.getLogger("parlour.storage")

TOLD_SECONDS_MAX = 1.0
BATCH_MAX = 512
CONFLICTS_MAX = 10
"""How often an action gives way to another server before it fails."""


@dataclass(slots=True)
class Work:
    """One action waiting for its commit, and what came of it."""

    action: Callable[[Tx], Any]
    single: bool = False
    future: asyncio.Future[Any] | None = None
    result: object = None
    error: BaseException | None = None
    tx: Tx | None = None


class _UndoneError(Exception):
    """A piece of work without a savepoint failed after its change: its batch is run one by one."""


@dataclass(slots=True)
class Listeners:
    """Who hears of commits, on the event loop."""

    events: Callable[[Sequence[Logged]], None] = field(default=lambda _: None)
    started: Callable[[Sequence[StartedJob]], None] = field(default=lambda _: None)
    wake_jobs: Callable[[], None] = field(default=lambda: None)
    committed: Callable[[int, float], None] = field(default=lambda _count, _seconds: None)


class Writer:
    """Runs actions in batches. `start` it on the loop that gets the answers."""

    def __init__(self, dialect: Dialect, clock: Clock, ids: Ids) -> None:
        self._dialect = dialect
        self._clock = clock
        self._ids = ids
        self._connection: Connection | None = None
        self._committing = False
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._untold: list[int] = []
        self._told = asyncio.Event()
        self.listeners = Listeners()
        self.lease_owner: Callable[[], str | None] = lambda: None

    def start(self) -> None:
        """Begin to write; call it on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="parlour-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Commit what is waiting, then end."""
        self._queue.put(None)
        if self._thread:
            await asyncio.to_thread(self._thread.join)

    def submit(self, action: Callable[[Tx], Any], *, single: bool = False) -> asyncio.Future[Any]:
        """Have `action` run and committed; the future gives its result or its exception.

        `single`: the action changes one row at most and raises only before, so it needs no savepoint.
        """
        if self._loop is None:
            raise RuntimeError("the writer has not been started")
        future = self._loop.create_future()
        self._queue.put(Work(action, single, future))
        return future

    def run_here(self, action: Callable[[Tx], Any]) -> Any:
        """Run one action in the calling thread: for the command line, without an event loop."""
        work = Work(action)
        self._commit([work])
        if work.error:
            raise work.error
        return work.result

    async def told(self, pos: int) -> None:
        """Return when the hooks of what this process committed up to position `pos` have been called.

        For who reads the log, where a commit can be seen before the event loop hears of it. Waits a second at
        most: whoever reads must go on even if a commit hangs.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TOLD_SECONDS_MAX):
                while any(first <= pos for first in self._untold[:1]):
                    self._told.clear()
                    await self._told.wait()

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            if work is None:
                break
            batch = [work]
            last = False
            while len(batch) < BATCH_MAX and not last:
                try:
                    more = self._queue.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                else:
                    batch.append(more)
            self._commit(batch)
            if last:
                break
        if self._connection:
            self._connection.close()

    def _commit(self, batch: list[Work], *, conflicts: int = 0) -> None:
        """Commit a batch; after a conflict its actions one by one, each alone until it has met too many.

        Locks of one batch are taken in the order of its actions, so two busy servers do meet in deadlocks.
        """
        started = self._clock.monotonic()
        try:
            logged = self._transaction(batch)
        except (*self._dialect.errors, _UndoneError) as error:
            self._close()
            apart = len(batch) > 1 and not isinstance(error, self._dialect.lost)
            anew = isinstance(error, self._dialect.conflict) and conflicts < CONFLICTS_MAX
            if (apart or anew) and not self._committing:
                log.info("batch_conflict", extra={"size": len(batch)})
                for work in batch:
                    work.result, work.error, work.tx = None, None, None
                    self._commit([work], conflicts=conflicts if apart else conflicts + 1)
                return
            logged = self._failed(batch, error)
        except Exception as error:  # noqa: BLE001 (every writer of the batch gets an answer, and it is logged)
            self._close()
            logged = self._failed(batch, error)
        if self._loop:
            seconds = self._clock.monotonic() - started
            self._loop.call_soon_threadsafe(self._deliver, batch, logged, seconds)

    def _failed(self, batch: list[Work], error: Exception) -> list[Logged]:
        log.error("commit_failed", extra={"size": len(batch)}, exc_info=error)
        for work in batch:
            work.error = Refusal("unavailable", "The storage service is not available.")
            work.tx = None
        return []

    def _transaction(self, batch: Sequence[Work]) -> list[Logged]:
        """Run a batch and commit it. Once the commit was sent, nobody knows what became of a lost
        connection: then nothing is run again here, and retried requests find their answers (4.5)."""
        self._committing, logged = False, list[Logged]()
        if self._connection is None:
            self._connection = self._dialect.open(reading=False)
        cursor = self._connection.cursor()
        self._dialect.begin(cursor, reading=False)
        try:
            now_ms = self._clock.now_ms()
            guard = () if len(batch) == 1 else ("SAVEPOINT work",)
            for work in batch:
                if work.single and len(batch) > 1:
                    self._do(work, cursor, now_ms, None)
                elif self._do(work, cursor, now_ms, guard) and guard:
                    guard = self._dialect.next_savepoint
            if len(batch) == 1 and batch[0].error is not None:
                cursor.execute("ROLLBACK")
                return []
            announced = [said for work in batch if work.tx for said in work.tx.announced]
            logged = self._dialect.append(cursor, announced, now_ms) if announced else []
            self._committing = True
            if logged and self._loop:
                self._untold.append(logged[0].pos)
            cursor.execute("COMMIT")
        except BaseException:
            if self._committing and logged and self._loop:
                self._untold.pop()
                self._loop.call_soon_threadsafe(self._told.set)
            self._dialect.forget_heads()
            if self._connection and not self._dialect.shared:
                cursor.execute("ROLLBACK")
            raise
        return logged

    def _do(self, work: Work, cursor: Any, now_ms: int, guard: Sequence[str] | None) -> bool:
        """Run one action; whether it set a savepoint, which the next one replaces. Without a guard (None) what it
        changed cannot be taken back by itself."""
        tx = Tx(cursor, self._dialect, self._ids, now_ms, guard=guard or ())
        tx.lease_owner = self.lease_owner()
        try:
            work.result = work.action(tx)
            work.tx = tx
        except (*self._dialect.lost, *self._dialect.conflict):
            raise
        except Exception as error:
            if isinstance(error, self._dialect.errors) and self._dialect.shared and not tx.changed:
                raise
            if guard is None and tx.changed:
                raise _UndoneError from error
            tx.undo()
            work.error = error
        return tx.changed

    def _close(self) -> None:
        if self._connection is not None and self._dialect.shared:
            self._connection.close()
            self._connection = None

    def _deliver(self, batch: Sequence[Work], logged: Sequence[Logged], seconds: float) -> None:
        if logged:
            self._untold.pop(0)
        self._told.set()
        started: list[StartedJob] = []
        wake = False
        for work in batch:
            if work.tx:
                for hook in work.tx.hooks:
                    hook()
                started += work.tx.started_jobs
                wake = wake or work.tx.wakes_jobs
            if work.future and not work.future.done():
                if work.error:
                    work.future.set_exception(work.error)
                else:
                    work.future.set_result(work.result)
        self.listeners.committed(len(batch), seconds)
        if logged:
            self.listeners.events(logged)
        if started:
            self.listeners.started(started)
        if wake:
            self.listeners.wake_jobs()

"""The worker of a process: claims due jobs, does them, keeps their leases, retries or gives up."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from parlour.jobs import store
from parlour.jobs.queue import CLAIMS_MAX, Job, Kind, LeaseLostError, Outcome, job_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.dice import Dice
from parlour.kernel.ids import JobId
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import JOB_LEASE_MS, StartedJob, Tx

logger = logging.getLogger("parlour.jobs")

EARLIEST_SECONDS = 0.005
SHARED_CLAIMS_MAX = 8
SHARED_SECONDS_PER_JOB = 0.001
SHARED_SECONDS_MAX = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerLimits:
    """How much a worker does at once, and how it waits. Seconds."""

    parallel_max: int = 256
    poll_seconds: float = 1.0
    backoff_seconds: float = 0.5
    backoff_seconds_max: float = 30.0
    stop_seconds: float = 5.0


class Worker:
    """Does the jobs of `kinds`; several workers on one PostgreSQL share them."""

    def __init__(self, database: Database, dice: Dice, owner: str, limits: WorkerLimits) -> None:
        self._database = database
        self._dice = dice
        self._limits = limits
        self._kinds: dict[str, Kind] = {}
        self._running: dict[asyncio.Task[None], JobId] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._open = False
        self.owner = owner
        self.done: Callable[[str, Outcome], None] = lambda _kind, _outcome: None

    def add(self, kind: Kind) -> None:
        """Teach the worker a kind of job; before `start`."""
        self._kinds[kind.name] = kind

    async def start(self) -> None:
        """Begin to claim. On a store of one process, leases of a dead server are freed at once."""
        if not self._database.dialect.shared:
            await self._database.write(lambda tx: store.release(tx, None))
        self._open = True
        writer = self._database.writer
        writer.listeners.started = self._take
        writer.listeners.wake_jobs = self._wake.set
        writer.lease_owner = lambda: (
            self.owner if self._open and len(self._running) < self._limits.parallel_max else None
        )
        self._tasks = [asyncio.create_task(self._claims()), asyncio.create_task(self._heartbeat())]

    def wake(self) -> None:
        """There may be something to do that another process left."""
        self._wake.set()

    async def stop(self) -> None:
        """Let running steps end for a moment, then put the rest back for another worker."""
        self._open = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=self._limits.stop_seconds)
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*tuple(self._running), return_exceptions=True)
        await self._database.write(lambda tx: store.release(tx, self.owner))

    def _take(self, started: Sequence[StartedJob]) -> None:
        for job in started:
            if self._open:
                task = asyncio.create_task(self._do(job_of(job, self.owner)), name=f"job-{job.kind}")
                self._running[task] = job.job_id
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A job whose outcome could not be stored is nobody's any more: it is claimed when its lease lapses."""
        self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("job_left_to_its_lease", exc_info=error)

    async def _claims(self) -> None:
        while True:
            free = self._limits.parallel_max - len(self._running)
            claimed: list[StartedJob] = []
            pause = self._limits.poll_seconds
            self._wake.clear()
            if self._database.dialect.shared:
                free = min(free, SHARED_CLAIMS_MAX)
                await self._give_way()
            if free > 0:
                try:
                    claimed, pause = await self._database.write(lambda tx, n=free: self._claim(tx, n))
                except Exception:
                    logger.exception("claim_failed")
                self._take(claimed)
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):  # `wait_for` forgets a cancellation that comes with a wake
                        await self._wake.wait()

    async def _give_way(self) -> None:
        """Where several processes share the jobs, those that have less to do come first."""
        await asyncio.sleep(min(EARLIEST_SECONDS + len(self._running) * SHARED_SECONDS_PER_JOB, SHARED_SECONDS_MAX))

    def _claim(self, tx: Tx, limit: int) -> tuple[list[StartedJob], float]:
        """Due jobs, and how long to wait when there are none: until the next one is due, or to look again."""
        claimed = store.claim(tx, self.owner, limit)
        next_at = None if claimed else store.next_run_at(tx)
        if next_at is None:
            return claimed, self._limits.poll_seconds
        return claimed, min(max((next_at - tx.now_ms) / 1000, EARLIEST_SECONDS), self._limits.poll_seconds)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(JOB_LEASE_MS / 3000)
            if self._running:
                try:
                    held = tuple(self._running.values())
                    await self._database.write(lambda tx, ids=held: store.extend(tx, self.owner, ids))
                except Exception:
                    logger.exception("lease_extension_failed")

    async def _do(self, job: Job) -> None:
        kind = self._kinds.get(job.kind)
        if kind is None or job.claims > CLAIMS_MAX:
            await self._give_up(
                job, "no worker knows this kind of job" if kind is None else "it ended every worker that tried"
            )
            return
        try:
            await kind.step(job)
            self.done(job.kind, "done")
        except asyncio.CancelledError:
            self.done(job.kind, "cancelled")
            raise
        except LeaseLostError:
            logger.info("lease_lost", extra={"job": job.job_id})
            self.done(job.kind, "lost")
        except Exception as error:  # noqa: BLE001 (a step may fail in any way: it is retried or given up)
            await self._failed(job, error)

    async def _failed(self, job: Job, error: Exception) -> None:
        fault = isinstance(error, ProviderFault)
        reason = error.text if isinstance(error, ProviderFault) else type(error).__name__
        final = job.claims >= CLAIMS_MAX or (isinstance(error, ProviderFault) and not error.retryable)
        logger.log(
            logging.WARNING if fault else logging.ERROR,
            "job_failed",
            extra={"job": job.job_id, "kind": job.kind, "claims": job.claims, "reason": reason},
            exc_info=None if fault else error,
        )
        if final:
            await self._give_up(job, reason)
            return
        self.done(job.kind, "retried")
        longest = min(self._limits.backoff_seconds_max, self._limits.backoff_seconds * 2 ** (job.claims - 1))
        delay = self._dice.between(longest / 2, longest)

        def put_back(tx: Tx) -> bool:
            tx.wakes_jobs = True
            return store.put_back(tx, job.job_id, self.owner, tx.now_ms + round(delay * 1000), reason)

        await self._database.write(put_back)

    async def _give_up(self, job: Job, reason: str) -> None:
        self.done(job.kind, "stuck")
        kind = self._kinds.get(job.kind)

        def stick(tx: Tx) -> None:
            if store.stick(tx, job.job_id, self.owner, reason) and kind:
                kind.stuck(tx, job.body, reason)

        await self._database.write(stick)

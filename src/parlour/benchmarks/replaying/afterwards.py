"""What follows when a replay has ended: its test goes on, under the lock of the test.

The end itself is stored without that lock, so that several processes that replay one test do not wait for each other
with every batch. The job of the replay stays until what follows is stored: whoever claims it after a crash does it. Of
one process all that have ended meanwhile go together, and they give way while another process has the test.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import field

from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Replay, ReplayId, TestId
from parlour.benchmarks.replaying.telling import Hooks
from parlour.jobs.queue import Job, LeaseLostError
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.tx import Tx

log = logging.getLogger("parlour.benchmarks")

GIVING_WAY_SECONDS = 0.01
GIVING_WAY_MAX = 20


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Ended:
    """A replay that has ended, and its job, which is still there."""

    job: Job
    replay_id: ReplayId
    over: asyncio.Future[None]


@dataclass(slots=True)
class _Waiting:
    """Those of one test that wait, and whose turn it is."""

    ended: list[_Ended] = field(default_factory=list[_Ended])
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def settle(tx: Tx, replay_id: ReplayId, hooks: Hooks) -> Replay | None:
    """What follows for one replay of a locked test, before the test goes on; None if it has not ended by itself."""
    replay = tests.replay(tx, replay_id)
    if replay is None or replay.state not in ("completed", "failed"):
        return None
    (hooks.completed if replay.state == "completed" else hooks.failed)(tx, replay_id)
    return replay


class Afterwards:
    """Lets tests go on after their replays."""

    def __init__(self, database: Database, hooks: Hooks) -> None:
        self._database = database
        self._hooks = hooks
        self._tests: dict[TestId, _Waiting] = {}

    async def follow(self, job: Job, test_id: TestId, replay_id: ReplayId) -> None:
        """Return when what follows is stored and the job is gone. Raises what storing it raised."""
        ended = _Ended(job=job, replay_id=replay_id, over=asyncio.get_running_loop().create_future())
        waiting = self._tests.setdefault(test_id, _Waiting())
        waiting.ended.append(ended)
        async with waiting.turn:
            if not ended.over.done():
                await self._store(test_id, waiting)
        if not waiting.ended and self._tests.get(test_id) is waiting:
            del self._tests[test_id]
        await ended.over

    async def _store(self, test_id: TestId, waiting: _Waiting) -> None:
        for _ in range(GIVING_WAY_MAX):
            group = tuple(waiting.ended)
            if await self._went(test_id, group, waits=False):
                break
            await asyncio.sleep(GIVING_WAY_SECONDS)
        else:
            group = tuple(waiting.ended)
            await self._went(test_id, group, waits=True)
        del waiting.ended[: len(group)]

    async def _went(self, test_id: TestId, group: Sequence[_Ended], *, waits: bool) -> bool:
        """Have a group stored; if that fails, one by one: each has its own outcome. False: another process has the
        test."""
        try:
            if not await self._database.write(lambda tx: self._after(tx, test_id, group, waits=waits)):
                return False
        except Exception as error:
            if len(group) == 1:
                group[0].over.set_exception(error)
                return True
            log.warning("replays_settled_apart", extra={"test": test_id, "size": len(group)}, exc_info=error)
            for each in group:
                await self._went(test_id, (each,), waits=True)
            return True
        for each in group:
            each.over.set_result(None)
        return True

    def _after(self, tx: Tx, test_id: TestId, group: Sequence[_Ended], *, waits: bool) -> bool:
        if waits:
            if tests.test(tx, test_id, lock=True) is None:
                raise LookupError("the test of a replay is gone")
        elif not tests.lock_if_free(tx, test_id):
            return False
        last: Replay | None = None
        for each in group:
            try:
                each.job.finish(tx)
            except LeaseLostError:
                continue  # its new holder sees to it
            last = settle(tx, each.replay_id, self._hooks) or last
        if last is not None:
            self._hooks.advance(tx, test_id, last.requested_by)
        return True

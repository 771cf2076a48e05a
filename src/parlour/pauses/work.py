"""The job that watches a deadline: due at the deadline, it closes the question if it is not settled."""

from collections.abc import Callable

from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.kernel.ids import PauseId
from parlour.pauses import actions
from parlour.pauses.actions import EXPIRE, PauseDue
from parlour.storage.database import Database
from parlour.storage.tx import Tx

LATER_SECONDS = 1.0

Expire = Callable[[Tx, PauseId], object]


class Deadlines:
    """Expires questions nobody answered, also those whose deadline passed while no server ran.

    `expire` closes one question if its time has come; an asker that does more than that in the same
    transaction gives its own, under its own kind of job (`Asking.deadline_kind`).
    """

    def __init__(self, database: Database, name: str = EXPIRE, expire: Expire = actions.expire) -> None:
        self._database = database
        self._name = name
        self._expire = expire

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=self._name, step=self._step, stuck=self._stuck)

    async def _step(self, job: Job) -> None:
        due = job.read(PauseDue)

        def close(tx: Tx) -> None:
            job.finish(tx)
            self._close(tx, due)

        await self._database.write(close)

    def _stuck(self, tx: Tx, body: bytes, _reason: str) -> None:
        """Even when its job was given up, the question does not stay open."""
        self._close(tx, decode(body, PauseDue))

    def _close(self, tx: Tx, due: PauseDue) -> None:
        """Expire the question; if the clock was set back meanwhile, look again later (P31)."""
        self._expire(tx, due.pause_id)
        if actions.is_open(tx, due.pause_id):
            tx.enqueue(self._name, due, delay_seconds=LATER_SECONDS)

"""The job that watches a deadline: due at the deadline, it closes the question if it is still open."""

from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.pauses import actions
from parlour.pauses.actions import EXPIRE, PauseDue
from parlour.storage.database import Database
from parlour.storage.tx import Tx

LATER_SECONDS = 1.0


class Deadlines:
    """Expires questions nobody answered, also those whose deadline passed while no server ran."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=EXPIRE, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        due = job.read(PauseDue)

        def close(tx: Tx) -> None:
            job.finish(tx)
            _close(tx, due)

        await self._database.write(close)


def stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Even when its job was given up, the question does not stay open."""
    _close(tx, decode(body, PauseDue))


def _close(tx: Tx, due: PauseDue) -> None:
    """Expire the question; if the clock was set back meanwhile, look again later (P31)."""
    if not actions.expire(tx, due.pause_id) and actions.is_open(tx, due.pause_id):
        tx.enqueue(EXPIRE, due, delay_seconds=LATER_SECONDS)

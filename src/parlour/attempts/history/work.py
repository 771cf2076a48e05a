"""The background work of a deletion: forgetting the logs of its rooms once nothing can be added to them.

What was announced just before the deletion may be stored by the same commit, too late for it to see.
"""

from parlour.events import log
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.storage.database import Database
from parlour.storage.tx import Tx

FORGET = "attempts.forget_rooms"


@dataclass(frozen=True, kw_only=True, slots=True)
class ForgetRooms:
    """The body of the job."""

    rooms: tuple[str, ...]


class Forgetter:
    """Deletes what is left of rooms that are gone; once more does no harm."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kind(self) -> Kind:
        """The job that this does."""
        return Kind(name=FORGET, step=self._step, stuck=_forget)

    async def _step(self, job: Job) -> None:
        def forget(tx: Tx) -> None:
            _forget(tx, job.body, "")
            job.finish(tx)

        await self._database.write(forget)


def _forget(tx: Tx, body: bytes, _reason: str) -> None:
    for room in decode(body, ForgetRooms).rooms:
        log.forget_room(tx, room)

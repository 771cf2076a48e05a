"""A job of a turn ends when the turn does: cancelled or cleared by its person, in whichever process."""

import asyncio
from collections.abc import Awaitable, Generator, Sequence
from contextlib import contextmanager

from parlour.assistant.entities import Turn, TurnId
from parlour.assistant.facts import LabTurnFinished
from parlour.assistant.loop.standing import Held, StoppedError
from parlour.conversations.rooms import lab_room
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.jobs.queue import LeaseLostError
from parlour.storage.dialects import Logged


class StopWatch:
    """Reads the account's room and cancels the task when the turn was cancelled."""

    def __init__(self, task: "asyncio.Task[object] | None", turn_id: TurnId) -> None:
        self._task = task
        self._turn_id = turn_id
        self.seen = False

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """The next event of the room."""
        if event.kind != LabTurnFinished.__name__ or self._task is None:
            return
        ended = fact_of(event)
        if isinstance(ended, LabTurnFinished) and ended.turn_id == self._turn_id and ended.state == "cancelled":
            self.seen = True
            self._task.cancel()


@contextmanager
def watching(pump: Pump, turn: Turn) -> Generator[StopWatch, None, None]:
    """What happens inside is cancelled when the turn is."""
    watch = StopWatch(asyncio.current_task(), turn.id)
    room = lab_room(turn.account_id)
    pump.join(room, watch)
    try:
        yield watch
    finally:
        pump.leave(room, watch)


async def while_it_runs(held: Held, watch: StopWatch, work: Awaitable[None]) -> None:
    """Do the work of a job; if the turn ends meanwhile, only what the work cost is kept."""
    try:
        await work
    except StoppedError:
        await held.drop()
    except LeaseLostError:
        await held.drop()
        raise
    except asyncio.CancelledError:
        if not watch.seen:
            raise
        await held.drop()

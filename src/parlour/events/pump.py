"""The pump: wakes the readers of this process when a transaction committed, here or elsewhere.

What this process committed is passed on from memory when it follows what was passed on before;
otherwise the pump reads the log. Either way readers get events in the order of positions, with
no hole and no repetition, after the hooks of the transactions of this process that said them.
Everything here runs on the event loop.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from parlour.events import log
from parlour.events.ports import Reader
from parlour.storage.database import Database
from parlour.storage.dialects import Logged, Waker

logger = logging.getLogger("parlour.events")

READ_MAX = 500
RETRY_SECONDS = 0.1


class Pump:
    """The cursor of a process, and the rooms its readers are in. `left_jobs` is called when a process left some."""

    def __init__(self, database: Database, waker: Waker | None, *, poll_seconds: float = 1.0) -> None:
        self._database = database
        self._waker = waker
        self._poll_seconds = poll_seconds
        self._rooms: dict[str, dict[Reader, None]] = {}
        self._target = 0
        self._reading: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.left_jobs: Callable[[], None] = lambda: None
        self.pos = 0
        self.epoch = ""

    async def start(self) -> None:
        """Start at the head of the log; readers that want the past read it themselves."""
        self.epoch = await self._database.write(log.ensure_epoch)
        self._database.writer.listeners.events = self.committed
        self.pos = self._target = await self._database.read(log.head)
        self._tasks.append(asyncio.create_task(self._poll(), name="pump-poll"))
        if self._waker:
            self._tasks.append(asyncio.create_task(self._wakes(self._waker), name="pump-wakes"))

    async def stop(self) -> None:
        """Stop waking anyone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._waker:
            await self._waker.aclose()

    def join(self, room: str, reader: Reader) -> None:
        """From now on `reader` is offered the events of `room` after `pos`."""
        self._rooms.setdefault(room, {})[reader] = None

    def leave(self, room: str, reader: Reader) -> None:
        """No event of `room` is offered to `reader` any more."""
        readers = self._rooms.get(room)
        if readers is not None:
            readers.pop(reader, None)
            if not readers:
                del self._rooms[room]

    def readers(self, room: str) -> Sequence[Reader]:
        """Who is in a room, in this process."""
        return tuple(self._rooms.get(room, ()))

    def committed(self, events: Sequence[Logged]) -> None:
        """What this process has just committed."""
        last = events[-1].pos
        if self._reading is None and events[0].pos == self.pos + 1:
            self._pass_on(events)
            self._target = max(self._target, last)
        else:
            self._read_up_to(last)

    async def reach(self, pos: int) -> None:
        """Return when everything up to `pos` has been passed on: a commit may be read before it is."""
        while self.pos < pos:
            self._read_up_to(pos)
            if self._reading is None:
                return
            before = self.pos
            await asyncio.wait([self._reading])
            if self.pos == before:
                await asyncio.sleep(RETRY_SECONDS)

    def _read_up_to(self, pos: int) -> None:
        self._target = max(self._target, pos)
        if self._reading is None and self._target > self.pos:
            self._reading = asyncio.create_task(self._read(), name="pump-read")

    async def _read(self) -> None:
        try:
            while self.pos < self._target:
                after, upto = self.pos, self._target
                events = await self._database.read(lambda tx, a=after, u=upto: log.between(tx, a, u, READ_MAX))
                if events:
                    await self._database.writer.told(events[-1].pos)
                self._pass_on(events)
                if not events:  # they were removed before anyone here had read them
                    self.pos = upto
        except Exception:
            logger.exception("pump_read_failed")
        finally:
            self._reading = None

    def _pass_on(self, events: Sequence[Logged]) -> None:
        rooms = self._rooms
        for event in events:
            self.pos = event.pos
            audience = event.audience
            if len(audience) == 1:
                readers = rooms.get(audience[0][0])
                if readers:
                    for reader in tuple(readers):
                        reader.offer(event, audience)
                continue
            found: dict[Reader, list[tuple[str, int]]] = {}
            for place in audience:
                for reader in rooms.get(place[0], ()):
                    found.setdefault(reader, []).append(place)
            for reader, places in found.items():
                reader.offer(event, places)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            try:
                self._read_up_to(await self._database.read(log.head))
            except Exception:
                logger.exception("pump_poll_failed")

    async def _wakes(self, waker: Waker) -> None:
        while True:
            if await waker.wait():
                self.left_jobs()
            try:
                self._read_up_to(await self._database.read(log.head))
            except Exception:
                logger.exception("pump_wake_failed")

"""Who waits for something to happen in an account's conversation: long polls and streams (lab protocol 4.5, 12).

A bell holds no events: it only says that there is something new to read, that a message of the
person was accepted, or that the session behind it has ended.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from parlour.accounts.facts import AccountDisabled, RightsChanged, SessionRevoked
from parlour.assistant.facts import LabMessageAdded
from parlour.conversations.rooms import lab_room
from parlour.events.cursors import account_room
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.storage.dialects import Logged
from parlour.wire.lab.callers import LabCaller


class Bell:
    """One waiting request. `accepted` counts messages of a person; `revoked`: its session has ended;
    `doubtful`: rights changed, ask again who this is (so at first, since what was withdrawn before the bell
    hung was not heard); `stopping`: the server stops."""

    def __init__(self, pump: Pump, caller: LabCaller) -> None:
        self._pump = pump
        self._digest = caller.session_digest
        self._rung = asyncio.Event()
        self._rooms = {lab_room(caller.account_id), account_room(caller.account_id), account_room(caller.author_id)}
        self.accepted = 0
        self.revoked = False
        self.doubtful = True
        self.stopping = False
        for room in self._rooms:
            pump.join(room, self)

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """Something happened in one of the rooms."""
        match fact_of(event):
            case SessionRevoked() as revoked:
                self.revoked = self.revoked or revoked.digest == self._digest
            case AccountDisabled():
                self.revoked = True
            case RightsChanged():
                self.doubtful = True
            case LabMessageAdded() as added:
                self.accepted += added.message.role == "person"
            case _:
                pass
        self._rung.set()

    def clear(self) -> None:
        """What comes from now on is new."""
        self._rung.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait for something new; False if the time is up."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._rung.wait()
        except TimeoutError:
            return False
        return True

    def stop(self) -> None:
        """The server stops: whoever waits here ends."""
        self.stopping = True
        self._rung.set()

    def close(self) -> None:
        """Hear nothing any more."""
        for room in self._rooms:
            self._pump.leave(room, self)


class Bells:
    """The bells of a process. Each account's waiting requests are counted in `polls`, those that are only held
    back in `holds`, its streams and sockets in `lines`."""

    def __init__(self, pump: Callable[[], Pump]) -> None:
        self._pump = pump
        self._bells: set[Bell] = set()
        self._stopped = False
        self.polls: Counter[str] = Counter()
        self.holds: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()

    @property
    def pump(self) -> Pump:
        """Where bells hang; there once the server has started."""
        return self._pump()

    def hang(self, caller: LabCaller) -> Bell:
        """A bell for one request; take it down again."""
        bell = Bell(self._pump(), caller)
        self._bells.add(bell)
        if self._stopped:
            bell.stop()
        return bell

    def take_down(self, bell: Bell) -> None:
        """The request has ended."""
        bell.close()
        self._bells.discard(bell)

    def stop(self) -> None:
        """End everything that waits; clients come back."""
        self._stopped = True
        for bell in self._bells:
            bell.stop()


def leave(counter: Counter[str], account_id: str) -> None:
    """One less; nothing is kept of an account that has none."""
    counter[account_id] -= 1
    if counter[account_id] <= 0:
        del counter[account_id]

"""Two servers' stores on one database, and actions that meet in the middle of each other."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Accepted, GivenFlags, Said
from parlour.assistant.entities import Turn, TurnId
from parlour.assistant.messages import turns
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.tx import Tx

BLOCKED_SECONDS = 0.4
LATE_MS = 2_000
Action = Callable[[Tx], Any]


@dataclass
class Meeting:
    """`pause` in the middle of the first action lets the second begin: until it has ended, or waits for a lock."""

    paused: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def pause(self) -> None:
        """Let the other go on, once."""
        if not self.paused.is_set():
            self.paused.set()
            self.over.wait(BLOCKED_SECONDS)


class LateClock(SystemClock):
    """The clock of the second server is a little slow, as clocks are."""

    def now_ms(self) -> int:
        return super().now_ms() - LATE_MS


class Pair:
    """Two servers on one store; on SQLite, which is for one process, both are the same."""

    def __init__(self, url: str) -> None:
        clock, late = SystemClock(), LateClock()
        self.first = Database(url, clock, TimeOrderedIds(clock))
        self.second = Database(url, late, TimeOrderedIds(late)) if self.first.dialect.shared else self.first
        self._numbers = iter(range(1, 1_000))

    @property
    def both(self) -> list[Database]:
        return list(dict.fromkeys([self.first, self.second]))

    def open_tables(self) -> None:
        self.first.migrate()

    def start(self) -> None:
        for each in self.both:
            each.start()

    async def close(self) -> None:
        for each in self.both:
            await each.stop()

    async def account(self) -> AccountId:
        """A new member."""
        name = f"member{next(self._numbers)}"
        new = NewAccount(user_id=name, name=name, role="member")
        made = await self.first.write(lambda tx: accounts.create_account(tx, new))
        return made.account_id

    async def user_ids(self, account_ids: list[AccountId]) -> list[str]:
        """The names of members."""
        found = [await self.first.read(lambda tx, each=each: accounts.account_by_id(tx, each)) for each in account_ids]
        return [each.user_id for each in found if each is not None]

    async def say(self, account_id: AccountId, text: str = "Hello", **given: Any) -> Accepted:
        """Accept a message."""
        said = words(account_id, text, **given)
        return await self.first.write(lambda tx: accept(tx, said, LabLimits()))

    async def turn(self, turn_id: TurnId) -> Turn:
        """A turn as it is."""
        found = await self.first.read(lambda tx: turns.turn(tx, turn_id))
        assert found is not None
        return found

    async def meet(self, meeting: Meeting, one: Action, two: Action) -> list[Any]:
        """`one` on the first server, which pauses inside; `two` on the second meanwhile. What came of both."""
        beginning = asyncio.ensure_future(self.first.write(one))
        if self.first is not self.second:
            assert await asyncio.to_thread(meeting.paused.wait, 5.0)
        other = asyncio.ensure_future(self.second.write(two))
        other.add_done_callback(lambda _: meeting.over.set())
        return list(await asyncio.gather(beginning, other, return_exceptions=True))


def words(account_id: AccountId, text: str, **given: Any) -> Said:
    """A message in words."""
    members: dict[str, Any] = {"inner": False, **given}
    return Said(
        account_id=account_id,
        author_id=account_id,
        route="test",
        kind="text",
        text=text,
        flags=GivenFlags(),
        **members,
    )

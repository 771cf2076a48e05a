"""The sockets of this process as rows that every process can read: who is here, and where.

Rows are written in the transaction that opens a connection or joins a room, and removed when it
ends. What slips between (a command that was on its way when its socket closed, a lease that
lapsed while the process stood still) is put right from time to time: the sockets are the truth.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping

from parlour.attempts import presence
from parlour.events import cursors
from parlour.events import presence as rows
from parlour.events.cursors import account_room
from parlour.events.presence import Present
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow.connection import Connection

logger = logging.getLogger("parlour.glow")

BEAT_SECONDS = 5.0
BEATS_TO_COMPARE = 12
OPENING_MS = 30_000
REPAIRS_PER_WRITE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class AttendanceRules:
    """`server_id`: of this process and run. `session_idle_seconds`: when an HTTP session is gone."""

    server_id: str
    session_idle_seconds: int


class Attendance:
    """Keeps the rows of this process."""

    def __init__(self, database: Database, rules: AttendanceRules) -> None:
        self.database = database
        self._rules = rules

    async def start(self) -> None:
        """Before anything asks who is here: drop what dead servers and idle sessions left."""
        if not self.database.dialect.shared:
            await self.database.write(rows.forget_sockets)
        await self.database.write(self._beat)

    async def keep(self, sockets: Callable[[], Iterable[Connection]]) -> None:
        """Stay known to other processes, and the rows true, until cancelled."""
        number = 0
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            number += 1
            try:
                held = await self.database.write(self._beat)
                if not held or number % BEATS_TO_COMPARE == 0:
                    await self._compare(sockets)
            except Exception:
                logger.exception("presence_not_kept")

    async def stop(self) -> None:
        """Every connection is closed."""
        try:
            await self.database.write(lambda tx: rows.end_server(tx, self._rules.server_id))
        except Refusal:
            logger.warning("presence_not_ended", extra={"server": self._rules.server_id})

    def present(self, sid: str, account_id: AccountId) -> Present:
        """How a socket of this process stands in the rows."""
        return Present(connection_id=sid, account_id=account_id, server_id=self._rules.server_id)

    def enter(self, tx: Tx, connection: Connection, rooms: Iterable[str]) -> None:
        """A socket joins these rooms."""
        if not connection.closed:
            presence.enter(tx, self.present(connection.sid, connection.session.actor.account_id), rooms)

    def by_acting(self, connection: Connection) -> Callable[[Tx, str], None]:
        """What keeps the room that a command joins (decision D7); a room that it is in costs nothing."""

        def join(tx: Tx, room: str) -> None:
            if room not in connection.rooms:
                self.enter(tx, connection, [room])

        return join

    async def left(self, connection: Connection, rooms: Iterable[str]) -> None:
        """A socket was made to leave these rooms."""
        left = tuple(rooms)

        def leave(tx: Tx) -> None:
            presence.leave(tx, connection.sid, left)
            if connection.cursor_id is not None:
                for room in left:
                    cursors.leave(tx, connection.cursor_id, room)

        await self.database.write(leave)

    async def closed(self, connection: Connection) -> None:
        """A socket has ended; its recovery state stays (2.3)."""
        cursor_id, sid = connection.cursor_id, connection.sid

        def close(tx: Tx) -> None:
            presence.gone(tx, sid)
            if cursor_id is not None:
                cursors.close(tx, cursor_id)

        try:
            await self.database.write(close)
        except Refusal:
            logger.warning("connection_not_closed", extra={"connection": sid})

    def _beat(self, tx: Tx) -> bool:
        held = rows.beat(tx, self._rules.server_id, alone=not self.database.dialect.shared)
        idle_before_ms = tx.now_ms - self._rules.session_idle_seconds * 1000
        presence.say_changed(tx, rows.forget_dead(tx, idle_before_ms=idle_before_ms))
        return held

    async def _compare(self, sockets: Callable[[], Iterable[Connection]]) -> None:
        """Add the rows that are missing; drop those that no socket of this process has, a little at a time."""
        known = await self.database.read(lambda tx: rows.of_server(tx, self._rules.server_id))
        wanted = {(each.sid, room): each for each in sockets() for room in _rooms(each)}
        wrong = [*(wanted.keys() - known.keys()), *(known.keys() - wanted.keys())]
        for start in range(0, len(wrong), REPAIRS_PER_WRITE):
            some = {key: wanted.get(key) for key in wrong[start : start + REPAIRS_PER_WRITE]}
            await self.database.write(lambda tx, some=some: self._repair(tx, known, some))

    def _repair(
        self, tx: Tx, known: Mapping[tuple[str, str], int], some: Mapping[tuple[str, str], Connection | None]
    ) -> None:
        """Rows of the last seconds may be of a socket that is being opened."""
        for (sid, room), connection in some.items():
            if connection is None:
                if known[sid, room] < tx.now_ms - OPENING_MS:
                    presence.leave(tx, sid, [room])
            elif room in connection.rooms:
                self.enter(tx, connection, [room])


def _rooms(connection: Connection) -> list[str]:
    account = account_room(connection.session.actor.account_id)
    return [room for room in connection.rooms if room != account]

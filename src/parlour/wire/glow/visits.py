"""What a guest may do with a connection (`guests.Visit`)."""

from collections.abc import Collection, Mapping

from parlour.accounts.entities import SessionActor
from parlour.events import cursors
from parlour.storage.tx import Tx
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.connection import Connection


class ConnectionVisit:
    """A connection as a guest sees it (`guests.Visit`)."""

    def __init__(self, connection: Connection, attendance: Attendance) -> None:
        self._connection = connection
        self._attendance = attendance

    @property
    def sid(self) -> str:
        """What tells connections apart."""
        return self._connection.sid

    @property
    def session(self) -> SessionActor:
        """Whose connection it is, as of now."""
        return self._connection.session

    @property
    def rooms(self) -> Collection[str]:
        """The rooms that it is in."""
        return self._connection.rooms.keys()

    def enter(self, tx: Tx, room: str, known: int) -> None:
        """Keep, for recovery, that the connection is in a room from position `known` on."""
        if self._connection.cursor_id is not None:
            cursors.join(tx, self._connection.cursor_id, room, known)
        self._attendance.enter(tx, self._connection, [room])

    async def reach(self, pos: int) -> None:
        """Return when nothing up to `pos` can be offered any more."""
        await self._connection.reach(pos)

    def promise(self, name: str, payload: Mapping[str, object], room: str, after: int) -> None:
        """Tell of a past that comes now: from this event on, recovery brings what the room told after `after`."""
        self._connection.promise(name, payload, room, after)

    def follow(self, room: str, after: int) -> None:
        """Deliver the room: first what it told after position `after`, then live."""
        self._connection.join(room, replay_after=after, in_full=True)

    def tell(self, name: str, payload: Mapping[str, object]) -> None:
        """An event for this connection alone, which is not in the log."""
        self._connection.tell(name, payload)

    async def leave(self, room: str) -> None:
        """End the membership."""
        self._connection.leave(room)
        await self._attendance.left(self._connection, [room])

"""Readers that outlive a process: recoverable sockets and HTTP sessions (Glow 3.2, 5.4).

A cursor is known by the digest of its secret (`pid` or `sid`). It remembers the account, the
credential, the rooms and where each was joined; the position itself is in the client's offset.
"""

from collections.abc import Iterable, Mapping

from parlour.events import store
from parlour.events.entities import Cursor, CursorKind
from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class CursorTaken:
    """A client came back under this cursor at a new connection; the older connection closes."""

    cursor_id: str
    connection_id: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class CursorJoined:
    """An HTTP session joined a room; its stream goes on with the room's entries after `after_pos`.

    `in_full`: also those that another room has already brought (Glow 5.5). `resync`: why entries
    that were asked for cannot be told (5.6).
    """

    cursor_id: str
    room: str
    after_pos: int
    in_full: bool = False
    resync: str | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class CursorLeft:
    """An HTTP session left a room."""

    cursor_id: str
    room: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class CursorTold:
    """An HTTP session is told something that is for it alone: the name of an event and its members as JSON."""

    cursor_id: str
    name: str
    payload: str


def account_room(account_id: str) -> str:
    """Where servers tell each other what concerns an account's connections. Nobody else reads it."""
    return f"account:{account_id}"


def open_cursor(tx: Tx, cursor: Cursor, rooms: Mapping[str, int]) -> None:
    """Store a new cursor with the rooms it is in and where it joined each."""
    store.insert_cursor(tx, cursor)
    for room, pos in rooms.items():
        store.put_membership(tx, cursor.id, room, pos)


def cursor(tx: Tx, cursor_id: str) -> tuple[Cursor, dict[str, int]] | None:
    """A cursor and its rooms, or None."""
    found = store.cursor(tx, cursor_id)
    return (found, store.memberships(tx, cursor_id)) if found else None


def take(tx: Tx, cursor: Cursor, connection_id: str, lost: Iterable[str]) -> None:
    """A client is back under a cursor: it is open again, without the rooms in `lost`."""
    store.reopen_cursor(tx, cursor)
    for room in lost:
        store.drop_membership(tx, cursor.id, room)
    taken(tx, cursor, connection_id)


def taken(tx: Tx, cursor: Cursor, connection_id: str) -> None:
    """Tell every process that this connection reads for the cursor; older ones end."""
    tx.announce([account_room(cursor.account_id)], CursorTaken(cursor_id=cursor.id, connection_id=connection_id))


def join(tx: Tx, cursor_id: str, room: str, pos: int) -> None:
    """The cursor is in a room from `pos` on; joining again changes nothing."""
    store.put_membership(tx, cursor_id, room, pos)


def leave(tx: Tx, cursor_id: str, room: str) -> None:
    """The cursor is not in a room any more."""
    store.drop_membership(tx, cursor_id, room)


def open_count(tx: Tx, account_id: str, kind: CursorKind, seen_after_ms: int) -> int:
    """How many cursors of an account are open and were seen after that time."""
    return store.count_open(tx, account_id, kind, seen_after_ms)


def seen(tx: Tx, cursor_id: str, acked_pos: int) -> None:
    """The client was here and has everything up to `acked_pos`."""
    store.touch_cursor(tx, cursor_id, acked_pos)


def close(tx: Tx, cursor_id: str) -> bool:
    """The connection ended; the cursor can be taken again for a while."""
    return store.close_cursor(tx, cursor_id)


def close_all(tx: Tx, kind: CursorKind) -> int:
    """After a crash of the only server: no connection is open."""
    return store.close_cursors(tx, kind)


def forget_old(tx: Tx, before_ms: int) -> int:
    """Drop cursors that were closed, and HTTP sessions that were last seen, before `before_ms`."""
    return store.delete_cursors(tx, before_ms)

"""Reading the log, by position (order of commits) or by the `seq` of a room."""

from collections.abc import Sequence
from dataclasses import dataclass

from parlour.events import store
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomHead:
    """Where a room's log stands: `seq` of its newest entry, 0 if it has none (Glow 5.2)."""

    room: str
    epoch: str
    seq: int


def head(tx: Tx) -> int:
    """The newest position."""
    return store.head(tx)


def ensure_epoch(tx: Tx) -> str:
    """The epoch of this database; made on first use, and anew by a restore."""
    known = store.epoch(tx)
    if known is None:
        known = tx.new_id()
        store.set_epoch(tx, known)
    return known


def renew_epoch(tx: Tx) -> str:
    """After a restore: every cursor of before is told to resynchronise (Glow 5.2)."""
    value = tx.new_id()
    store.set_epoch(tx, value)
    return value


def between(tx: Tx, after: int, upto: int, limit: int) -> list[Logged]:
    """All events with after < pos <= upto, oldest first, at most `limit`."""
    return store.between(tx, after, upto, limit)


def of_rooms(tx: Tx, rooms: Sequence[str], after: int, upto: int, limit: int) -> list[Logged]:
    """The events of any of `rooms` with after < pos <= upto, oldest first, at most `limit`."""
    return store.of_rooms(tx, rooms, after, upto, limit) if rooms else []


def missed(tx: Tx, rooms: Sequence[str], after: int, limit: int) -> int:
    """How many events of `rooms` there are after `after`, counted up to `limit`."""
    return store.count(tx, rooms, after, limit) if rooms else 0


def room_head(tx: Tx, room: str, upto: int | None = None) -> RoomHead:
    """The head of a room, or what it was when `upto` was the newest position."""
    newest = store.head(tx) if upto is None else upto
    return RoomHead(room=room, epoch=store.epoch(tx) or "", seq=store.room_head(tx, room, newest))


def position_of(tx: Tx, room: str, seq: int) -> int | None:
    """The position of entry `seq` of a room; None if there is no such entry."""
    return 0 if seq == 0 else store.position(tx, room, seq)


def last_of_kind(tx: Tx, room: str, kinds: Sequence[str], window: int = 0) -> tuple[int, str] | None:
    """`(seq, kind)` of the newest entry of one of `kinds` with seq > window."""
    return store.last_of_kind(tx, room, kinds, window)

"""Reading the log, by position (order of commits) or by the `seq` of a room."""

from collections.abc import Sequence

from parlour.events import store
from parlour.kernel.dataclass import dataclass
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
    """The position after which a reader gets every entry of a room above `seq`; None if some are gone.

    If `seq` is inside of what was compacted, the compacted entry is one of them.
    """
    first, _ = store.first_kept(tx, room)
    return None if first > seq + 1 else store.position(tx, room, seq) or 0


def is_kept(tx: Tx, room: str, after: int) -> bool:
    """Whether every entry of a room after position `after` is still there (5.4).

    What was removed is older than the oldest entry that is kept, so only a position before that
    one may lack something.
    """
    seq, pos = store.first_kept(tx, room)
    return seq <= 1 or pos <= after


def last_before(tx: Tx, room: str, kind: str, before: int) -> int:
    """The position of the newest entry of a kind before position `before`; 0 if there is none."""
    return store.last_before(tx, room, kind, before)


def of_kind(tx: Tx, kind: str, after: int, upto: int, limit: int) -> list[Logged]:
    """The events of a kind with after < pos <= upto, oldest first, at most `limit`."""
    return store.of_kind(tx, kind, after, upto, limit)


def last_of_kind(tx: Tx, room: str, kinds: Sequence[str], window: int = 0) -> tuple[int, str] | None:
    """`(seq, kind)` of the newest entry of one of `kinds` with seq > window."""
    return store.last_of_kind(tx, room, kinds, window)


def forget_room(tx: Tx, room: str) -> None:
    """Delete the log of a room that is gone for good, and its members. What other rooms were told too stays there."""
    store.delete_room(tx, room)

"""SQL over the log of a room that is erased."""

from collections.abc import Sequence

from parlour.events.store import logged
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

_PAGE = 500
_SHARED = '%"%"%"%'  # the names of two rooms have more than two quotes


def newest(tx: Tx, room: str) -> int | None:
    row = tx.one("SELECT max(pos) AS pos FROM entries WHERE room = :room", room=room)
    return row["pos"] if row else None


def shared(tx: Tx, room: str) -> list[Logged]:
    """The events of a room that stand in another room too, oldest first."""
    rows = tx.all(
        "SELECT e.pos, e.at, e.kind, e.body, e.audience FROM entries n JOIN events e ON e.pos = n.pos"
        " WHERE n.room = :room AND e.audience LIKE :shared ORDER BY e.pos",
        room=room,
        shared=_SHARED,
    )
    return [event for event in map(logged, rows) if _stands_elsewhere(tx, event, room)]


def named(tx: Tx, room: str, kinds: Sequence[str], about: str) -> list[int]:
    """Events of these kinds that stand in this room only and have `about` in their body."""
    names = {f"k{index}": kind for index, kind in enumerate(kinds)}
    rows = tx.all(
        "SELECT e.pos FROM entries n JOIN events e ON e.pos = n.pos WHERE n.room = :room"  # noqa: S608 (names of parameters)
        f" AND e.kind IN ({', '.join(f':{name}' for name in names)}) AND e.body LIKE :about"
        " AND e.audience NOT LIKE :shared",
        room=room,
        about=f"%{about}%",
        shared=_SHARED,
        **names,
    )
    return [row["pos"] for row in rows]


def of_kinds(tx: Tx, room: str, kinds: Sequence[str], after: int) -> list[Logged]:
    """The next events of these kinds of a room, oldest first, some at a time."""
    names = {f"k{index}": kind for index, kind in enumerate(kinds)}
    rows = tx.all(
        "SELECT e.pos, e.at, e.kind, e.body, e.audience FROM entries n JOIN events e ON e.pos = n.pos"  # noqa: S608
        f" WHERE n.room = :room AND n.pos > :after AND e.kind IN ({', '.join(f':{name}' for name in names)})"
        f" ORDER BY e.pos LIMIT {_PAGE}",
        room=room,
        after=after,
        **names,
    )
    return [logged(row) for row in rows]


def delete_before(tx: Tx, room: str, pos: int, kept: Sequence[int]) -> None:
    """Delete the entries before the newest, and their events but those of `kept`."""
    mine = "pos IN (SELECT pos FROM entries WHERE room = :room AND pos < :before)"
    keep = {f"k{index}": each for index, each in enumerate(kept)}
    others = f" AND pos NOT IN ({', '.join(f':{name}' for name in keep)})" if keep else ""
    tx.run(f"DELETE FROM events WHERE {mine}{others}", room=room, before=pos, **keep)  # noqa: S608
    tx.run("DELETE FROM entries WHERE room = :room AND pos < :before", room=room, before=pos)


def _stands_elsewhere(tx: Tx, event: Logged, room: str) -> bool:
    sql = "SELECT pos FROM entries WHERE room = :room AND pos = :pos"
    return any(tx.one(sql, room=other, pos=event.pos) is not None for other, _ in event.audience if other != room)

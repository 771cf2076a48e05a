"""SQL over the log."""

from collections.abc import Sequence

import msgspec

from parlour.storage.dialects import Logged
from parlour.storage.tx import Row, Tx

_AUDIENCE = msgspec.json.Decoder(tuple[tuple[str, int], ...])
_COLUMNS = "e.pos, e.at, e.kind, e.body, e.audience"


def _logged(row: Row) -> Logged:
    body: str = row["body"]
    return Logged(row["pos"], row["at"], row["kind"], body.encode(), _AUDIENCE.decode(row["audience"]))


def head(tx: Tx) -> int:
    row = tx.one("SELECT max(pos) AS pos FROM events")
    return (row["pos"] if row else 0) or 0


def epoch(tx: Tx) -> str | None:
    row = tx.one("SELECT value FROM meta WHERE key = 'epoch'")
    return row["value"] if row else None


def set_epoch(tx: Tx, value: str) -> None:
    tx.run(
        "INSERT INTO meta (key, value) VALUES ('epoch', :value) ON CONFLICT (key) DO UPDATE SET value = :value",
        value=value,
    )


def between(tx: Tx, after: int, upto: int, limit: int) -> list[Logged]:
    sql = f"SELECT {_COLUMNS} FROM events e WHERE e.pos > :after AND e.pos <= :upto ORDER BY e.pos LIMIT :limit"  # noqa: S608
    return [_logged(row) for row in tx.all(sql, after=after, upto=upto, limit=limit)]


def of_rooms(tx: Tx, rooms: Sequence[str], after: int, upto: int, limit: int) -> list[Logged]:
    names = {f"r{index}": room for index, room in enumerate(rooms)}
    sql = (
        f"SELECT {_COLUMNS} FROM events e WHERE e.pos IN (SELECT n.pos FROM entries n"  # noqa: S608
        f" WHERE n.room IN ({', '.join(f':{name}' for name in names)}) AND n.pos > :after AND n.pos <= :upto"
        " ORDER BY n.pos LIMIT :limit) ORDER BY e.pos"
    )
    return [_logged(row) for row in tx.all(sql, after=after, upto=upto, limit=limit, **names)]


def count(tx: Tx, rooms: Sequence[str], after: int, limit: int) -> int:
    names = {f"r{index}": room for index, room in enumerate(rooms)}
    sql = (
        "SELECT count(*) AS n FROM (SELECT DISTINCT pos FROM entries"  # noqa: S608
        f" WHERE room IN ({', '.join(f':{name}' for name in names)}) AND pos > :after LIMIT :limit) AS missed"
    )
    row = tx.one(sql, after=after, limit=limit, **names)
    return row["n"] if row else 0


def room_head(tx: Tx, room: str, upto: int) -> int:
    row = tx.one(
        "SELECT seq FROM entries WHERE room = :room AND pos <= :upto ORDER BY pos DESC LIMIT 1", room=room, upto=upto
    )
    return row["seq"] if row else 0


def position(tx: Tx, room: str, seq: int) -> int | None:
    row = tx.one("SELECT pos FROM entries WHERE room = :room AND seq = :seq", room=room, seq=seq)
    return row["pos"] if row else None


def last_of_kind(tx: Tx, room: str, kinds: Sequence[str], window: int) -> tuple[int, str] | None:
    names = {f"k{index}": kind for index, kind in enumerate(kinds)}
    row = tx.one(
        "SELECT n.seq, e.kind FROM entries n JOIN events e ON e.pos = n.pos"  # noqa: S608
        f" WHERE n.room = :room AND n.seq > :window AND e.kind IN ({', '.join(f':{name}' for name in names)})"
        " ORDER BY n.pos DESC LIMIT 1",
        room=room,
        window=window,
        **names,
    )
    return (row["seq"], row["kind"]) if row else None

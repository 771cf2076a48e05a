"""SQL over the log."""

from collections.abc import Sequence

from parlour.events.entities import Cursor, CursorKind
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId
from parlour.storage.dialects import Logged
from parlour.storage.tx import Row, Tx

_AUDIENCE = decoder_of(tuple[tuple[str, int], ...])
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


def _cursor(row: Row) -> Cursor:
    return Cursor(
        id=row["id"],
        kind=row["kind"],
        account_id=AccountId(row["account_id"]),
        session_digest=row["session_digest"],
        dialect=row["dialect"],
        ticket_digest=row["ticket_digest"],
        opened_pos=row["opened_pos"],
        acked_pos=row["acked_pos"],
        seen_at=row["seen_at"],
        closed_at=row["closed_at"],
    )


def insert_cursor(tx: Tx, cursor: Cursor) -> None:
    tx.run(
        "INSERT INTO connections (id, kind, account_id, session_digest, dialect, ticket_digest, opened_pos, acked_pos,"
        " seen_at, closed_at) VALUES (:id, :kind, :account_id, :session_digest, :dialect, :ticket_digest, :opened_pos,"
        " :acked_pos, :seen_at, :closed_at)",
        id=cursor.id,
        kind=cursor.kind,
        account_id=cursor.account_id,
        session_digest=cursor.session_digest,
        dialect=cursor.dialect,
        ticket_digest=cursor.ticket_digest,
        opened_pos=cursor.opened_pos,
        acked_pos=cursor.acked_pos,
        seen_at=cursor.seen_at,
        closed_at=cursor.closed_at,
    )


def cursor(tx: Tx, cursor_id: str) -> Cursor | None:
    row = tx.one("SELECT * FROM connections WHERE id = :id", id=cursor_id)
    return _cursor(row) if row else None


def count_open(tx: Tx, account_id: str, kind: CursorKind, seen_after_ms: int) -> int:
    row = tx.one(
        "SELECT count(*) AS n FROM connections WHERE account_id = :account AND kind = :kind AND closed_at IS NULL"
        " AND seen_at > :after",
        account=account_id,
        kind=kind,
        after=seen_after_ms,
    )
    return row["n"] if row else 0


def memberships(tx: Tx, cursor_id: str) -> dict[str, int]:
    rows = tx.all("SELECT room, joined_pos FROM memberships WHERE connection_id = :id ORDER BY room", id=cursor_id)
    return {row["room"]: row["joined_pos"] for row in rows}


def reopen_cursor(tx: Tx, cursor: Cursor) -> None:
    tx.run(
        "UPDATE connections SET closed_at = NULL, seen_at = :now, session_digest = :digest, dialect = :dialect"
        " WHERE id = :id",
        id=cursor.id,
        now=tx.now_ms,
        digest=cursor.session_digest,
        dialect=cursor.dialect,
    )


def put_membership(tx: Tx, cursor_id: str, room: str, pos: int) -> None:
    tx.run(
        "INSERT INTO memberships (connection_id, room, joined_pos) VALUES (:id, :room, :pos) ON CONFLICT DO NOTHING",
        id=cursor_id,
        room=room,
        pos=pos,
    )


def drop_membership(tx: Tx, cursor_id: str, room: str) -> None:
    tx.run("DELETE FROM memberships WHERE connection_id = :id AND room = :room", id=cursor_id, room=room)


def touch_cursor(tx: Tx, cursor_id: str, acked_pos: int) -> None:
    tx.run(
        "UPDATE connections SET seen_at = :now, acked_pos = CASE WHEN acked_pos < :acked THEN :acked ELSE acked_pos END"
        " WHERE id = :id",
        id=cursor_id,
        now=tx.now_ms,
        acked=acked_pos,
    )


def close_cursor(tx: Tx, cursor_id: str) -> bool:
    sql = "UPDATE connections SET closed_at = :now WHERE id = :id AND closed_at IS NULL"
    return tx.run(sql, id=cursor_id, now=tx.now_ms) > 0


def close_cursors(tx: Tx, kind: CursorKind) -> int:
    sql = "UPDATE connections SET closed_at = :now WHERE kind = :kind AND closed_at IS NULL"
    return tx.run(sql, kind=kind, now=tx.now_ms)


def delete_cursors(tx: Tx, before_ms: int) -> int:
    old = "SELECT id FROM connections WHERE closed_at < :before OR (kind = 'http' AND seen_at < :before)"
    tx.run(f"DELETE FROM memberships WHERE connection_id IN ({old})", before=before_ms)  # noqa: S608
    return tx.run(
        "DELETE FROM connections WHERE closed_at < :before OR (kind = 'http' AND seen_at < :before)", before=before_ms
    )

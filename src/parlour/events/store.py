"""SQL over the log."""

from collections.abc import Sequence

from parlour.events.entities import Cursor, CursorKind
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId
from parlour.storage.dialects import Logged
from parlour.storage.tx import Row, Tx

_AUDIENCE = decoder_of(tuple[tuple[str, int], ...])
_COLUMNS = "e.pos, e.at, e.kind, e.body, e.audience"


def logged(row: Row) -> Logged:
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
    return [logged(row) for row in tx.all(sql, after=after, upto=upto, limit=limit)]


def of_rooms(tx: Tx, rooms: Sequence[str], after: int, upto: int, limit: int) -> list[Logged]:
    names = {f"r{index}": room for index, room in enumerate(rooms)}
    sql = (
        f"SELECT {_COLUMNS} FROM events e WHERE e.pos IN (SELECT DISTINCT n.pos FROM entries n"  # noqa: S608
        f" WHERE n.room IN ({', '.join(f':{name}' for name in names)}) AND n.pos > :after AND n.pos <= :upto"
        " ORDER BY n.pos LIMIT :limit) ORDER BY e.pos"
    )
    return [logged(row) for row in tx.all(sql, after=after, upto=upto, limit=limit, **names)]


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
    row = tx.one(
        "SELECT pos FROM entries WHERE room = :room AND seq <= :seq ORDER BY pos DESC LIMIT 1", room=room, seq=seq
    )
    return row["pos"] if row else None


def first_kept(tx: Tx, room: str) -> tuple[int, int]:
    row = tx.one(
        "SELECT coalesce(from_seq, seq) AS seq, pos FROM entries WHERE room = :room ORDER BY pos LIMIT 1", room=room
    )
    return (row["seq"], row["pos"]) if row else (1, 0)


def last_before(tx: Tx, room: str, kind: str, before: int) -> int:
    row = tx.one(
        "SELECT e.pos FROM entries n JOIN events e ON e.pos = n.pos"
        " WHERE n.room = :room AND n.pos < :before AND e.kind = :kind ORDER BY n.pos DESC LIMIT 1",
        room=room,
        before=before,
        kind=kind,
    )
    return row["pos"] if row else 0


def delete_room(tx: Tx, room: str) -> None:
    here = "SELECT pos FROM entries WHERE room = :room"
    alone = f"pos IN ({here}) AND audience NOT LIKE :shared"  # names of two rooms have more than two quotes
    newest = head(tx)  # stays, emptied: positions are never given twice
    params = {"room": room, "newest": newest, "shared": '%"%"%"%'}
    tx.run("DELETE FROM memberships WHERE room = :room", room=room)
    tx.run(f"DELETE FROM events WHERE {alone} AND pos < :newest", **params)  # noqa: S608
    left = tx.all(f"SELECT pos, audience FROM events WHERE pos IN ({here})", room=room)  # noqa: S608
    unheard = [row["pos"] for row in left if not _stands_elsewhere(tx, row["pos"], row["audience"], room)]
    tx.many("DELETE FROM events WHERE pos = :pos", [{"pos": pos} for pos in unheard if pos < newest])
    if newest in unheard:
        tx.run("UPDATE events SET kind = '', body = '{}', audience = '[]' WHERE pos = :pos", pos=newest)
    tx.run("DELETE FROM entries WHERE room = :room", room=room)


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


def of_kind(tx: Tx, kind: str, after: int, upto: int, limit: int) -> list[Logged]:
    sql = (
        f"SELECT {_COLUMNS} FROM events e WHERE e.pos > :after AND e.pos <= :upto AND e.kind = :kind"  # noqa: S608
        " ORDER BY e.pos LIMIT :limit"
    )
    return [logged(row) for row in tx.all(sql, kind=kind, after=after, upto=upto, limit=limit)]


def mark(tx: Tx, name: str) -> int:
    row = tx.one("SELECT value FROM meta WHERE key = :name", name=name)
    return int(row["value"]) if row else 0


def set_mark(tx: Tx, name: str, pos: int) -> None:
    tx.run(
        "INSERT INTO meta (key, value) VALUES (:name, :pos) ON CONFLICT (key) DO UPDATE SET value = :pos",
        name=name,
        pos=str(pos),
    )


def newest_older(tx: Tx, after: int, upto: int, before_ms: int) -> int | None:
    row = tx.one(
        "SELECT max(pos) AS pos FROM events WHERE pos > :after AND pos <= :upto AND at < :before",
        after=after,
        upto=upto,
        before=before_ms,
    )
    return row["pos"] if row else None


def audiences(tx: Tx, after: int, upto: int) -> list[tuple[int, tuple[tuple[str, int], ...]]]:
    sql = "SELECT pos, audience FROM events WHERE pos > :after AND pos <= :upto ORDER BY pos"
    return [(row["pos"], _AUDIENCE.decode(row["audience"])) for row in tx.all(sql, after=after, upto=upto)]


def compact_entry(tx: Tx, room: str, pos: int, from_seq: int) -> bool:
    sql = "UPDATE entries SET from_seq = :from_seq WHERE room = :room AND pos = :pos AND from_seq IS NULL"
    return tx.run(sql, room=room, pos=pos, from_seq=from_seq) > 0


def replace_event(tx: Tx, pos: int, kind: str, body: str) -> None:
    tx.run("UPDATE events SET kind = :kind, body = :body WHERE pos = :pos", pos=pos, kind=kind, body=body)


def delete_entries(tx: Tx, room: str, first: int, last: int) -> int:
    """Delete entries of a room, and the events that stand in no other room any more."""
    events = tx.all(
        "SELECT e.pos, e.audience FROM events e WHERE e.pos IN"
        " (SELECT n.pos FROM entries n WHERE n.room = :room AND n.pos >= :first AND n.pos <= :last)",
        room=room,
        first=first,
        last=last,
    )
    deleted = tx.run(
        "DELETE FROM entries WHERE room = :room AND pos >= :first AND pos <= :last", room=room, first=first, last=last
    )
    unheard = [row["pos"] for row in events if not _stands_elsewhere(tx, row["pos"], row["audience"], room)]
    tx.many("DELETE FROM events WHERE pos = :pos", [{"pos": pos} for pos in unheard])
    return deleted


def _stands_elsewhere(tx: Tx, pos: int, audience: str, room: str) -> bool:
    sql = "SELECT pos FROM entries WHERE room = :room AND pos = :pos"
    others = (other for other, _ in _AUDIENCE.decode(audience) if other != room)
    return any(tx.one(sql, room=other, pos=pos) is not None for other in others)


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


def put_presence(tx: Tx, room: str, who: tuple[str, str, str]) -> bool:
    """`who`: connection, account, server."""
    added = tx.run(
        "INSERT INTO presence (connection_id, room, account_id, server_id, since)"
        " VALUES (:connection, :room, :account, :server, :now) ON CONFLICT DO NOTHING",
        connection=who[0],
        room=room,
        account=who[1],
        server=who[2],
        now=tx.now_ms,
    )
    return added > 0


def drop_presence(tx: Tx, connection_id: str, room: str) -> bool:
    sql = "DELETE FROM presence WHERE connection_id = :id AND room = :room"
    return tx.run(sql, id=connection_id, room=room) > 0


def drop_connection(tx: Tx, connection_id: str) -> list[str]:
    rows = tx.all("DELETE FROM presence WHERE connection_id = :id RETURNING room", id=connection_id)
    return [row["room"] for row in rows]


def present_in(tx: Tx, room: str, lapsed_ms: int) -> dict[AccountId, int]:
    rows = tx.all(
        "SELECT p.account_id, count(*) AS n FROM presence p WHERE p.room = :room AND (p.server_id = ''"
        " OR EXISTS (SELECT 1 FROM servers s WHERE s.id = p.server_id AND s.seen_at > :lapsed))"
        " GROUP BY p.account_id ORDER BY min(p.since), p.account_id",
        room=room,
        lapsed=lapsed_ms,
    )
    return {AccountId(row["account_id"]): row["n"] for row in rows}


def rooms_with_presence(tx: Tx, rooms: Sequence[str]) -> set[str]:
    names = {f"r{index}": room for index, room in enumerate(rooms)}
    wanted = ", ".join(f":{name}" for name in names)
    return {row["room"] for row in tx.all(f"SELECT DISTINCT room FROM presence WHERE room IN ({wanted})", **names)}  # noqa: S608


def lock_presence(tx: Tx, room: str) -> bool:
    sql = "SELECT connection_id FROM presence WHERE room = :room ORDER BY connection_id FOR UPDATE"
    return bool(tx.all(sql, room=room))


def presence_of_server(tx: Tx, server_id: str) -> dict[tuple[str, str], int]:
    rows = tx.all("SELECT connection_id, room, since FROM presence WHERE server_id = :id", id=server_id)
    return {(row["connection_id"], row["room"]): row["since"] for row in rows}


def server_seen_at(tx: Tx, server_id: str) -> int | None:
    row = tx.one("SELECT seen_at FROM servers WHERE id = :id", id=server_id)
    return row["seen_at"] if row else None


def put_server(tx: Tx, server_id: str, seen_at: int) -> None:
    tx.run(
        "INSERT INTO servers (id, seen_at) VALUES (:id, :at) ON CONFLICT (id) DO UPDATE SET seen_at = :at",
        id=server_id,
        at=seen_at,
    )


def drop_server(tx: Tx, server_id: str) -> None:
    tx.run("DELETE FROM presence WHERE server_id = :id", id=server_id)
    tx.run("DELETE FROM servers WHERE id = :id", id=server_id)


def drop_lapsed_servers(tx: Tx, lapsed_ms: int) -> list[str]:
    if tx.run("DELETE FROM servers WHERE seen_at <= :lapsed", lapsed=lapsed_ms) == 0:
        return []
    rows = tx.all(
        "DELETE FROM presence WHERE server_id <> '' AND server_id NOT IN (SELECT s.id FROM servers s) RETURNING room"
    )
    return [row["room"] for row in rows]


def drop_idle_presence(tx: Tx, idle_before_ms: int) -> list[str]:
    rows = tx.all(
        "DELETE FROM presence WHERE server_id = '' AND NOT EXISTS (SELECT 1 FROM connections c"
        " WHERE c.id = presence.connection_id AND c.closed_at IS NULL AND c.seen_at >= :before) RETURNING room",
        before=idle_before_ms,
    )
    return [row["room"] for row in rows]


def drop_socket_presence(tx: Tx) -> None:
    tx.run("DELETE FROM presence WHERE server_id <> ''")
    tx.run("DELETE FROM servers")

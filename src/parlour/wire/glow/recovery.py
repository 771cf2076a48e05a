"""Connection state recovery (Glow 5.4): who is offered it, and what comes back."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Literal
from urllib.parse import parse_qsl

from parlour.accounts.entities import SessionActor
from parlour.conversations.rooms import person_room
from parlour.events import cursors, log
from parlour.events.entities import Cursor
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import digest_of, new_secret
from parlour.storage.tx import Tx
from parlour.wire.glow import aliases, encode
from parlour.wire.glow.offsets import Offset, parse_offset
from parlour.wire.glow.rooms import may_read_room

Offer = Literal["auto", "always", "never"]
_SCRIPTS = re.compile(r"node-XMLHttpRequest|node")


MayRead = Callable[[Tx, Actor, str], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecoveryRules:
    """Settings of recovery (11): who gets it, for how long, how much may be missed.

    `may_read`: whether an actor may be in a room now.
    """

    offer: Offer = "auto"
    age_seconds_max: int = 24 * 3600
    events_max: int = 10_000
    may_read: MayRead = may_read_room


@dataclass(frozen=True, kw_only=True, slots=True)
class Handshake:
    """What a client asks for when it connects. `dialect` is one that this server has, or None."""

    recovery: bool | None
    pid: str | None
    offset: str | None
    dialect: str | None
    headers: Mapping[str, str]
    query: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """How a connection begins. `resyncs`: rooms whose events were lost for it, with the reason.

    `person_seq`: where the person room stood at `pos`. `taken_pos`: where the log stood when the
    cursor was taken; what was said of it before is over. `resume`: see `AliasConnection`.
    """

    pid: str | None
    rooms: Mapping[str, int]
    pos: int
    person_seq: int
    recovered: bool = False
    presented: Offset | None = None
    resyncs: tuple[tuple[str, str, int], ...] = ()
    cursor_id: str | None = None
    dialect: str | None = None
    resume: tuple[str | None, int, int] | None = None
    taken_pos: int = 0
    replay: tuple[str, int, int, bool] | None = field(default=None)


def is_offered(handshake: Handshake, rules: RecoveryRules) -> bool:
    """Whether this client gets a `pid` (decision D11): others would see a second argument."""
    if handshake.recovery is not None:
        return handshake.recovery
    if handshake.pid is not None or rules.offer == "always":
        return True
    if rules.offer == "never":
        return False
    agent = handshake.headers.get("user-agent")
    if agent is not None:
        return "Mozilla/" in agent or _SCRIPTS.fullmatch(agent) is not None
    names = [name for name, _ in parse_qsl(handshake.query, keep_blank_values=True)]
    in_order = "EIO" in names and "transport" in names and names.index("EIO") < names.index("transport")
    return "origin" not in handshake.headers and in_order


def begin(tx: Tx, session: SessionActor, handshake: Handshake, rules: RecoveryRules, sid: str) -> Start:
    """Recover the connection that the client names, or open a new one; in a writing transaction."""
    head = log.head(tx)
    person = person_room(session.actor.account_id)
    if not is_offered(handshake, rules):
        seq = log.room_head(tx, person, head).seq
        return Start(pid=None, rooms={person: head}, pos=head, person_seq=seq, dialect=handshake.dialect)
    lost: tuple[tuple[str, str, int], ...] = ()
    known = cursors.cursor(tx, digest_of(handshake.pid)) if handshake.pid else None
    if handshake.pid and (known is None or not _is_own(known[0], session)):
        lost = ((person, "expired", log.room_head(tx, person, head).seq),)
    elif handshake.pid and known:
        cursor, joined = known
        rooms = {room: pos for room, pos in joined.items() if rules.may_read(tx, session.actor, room)}
        offset = parse_offset(handshake.offset)
        reason = "expired" if _is_old(tx, cursor, rules) else _reason(tx, offset, rooms, head, rules)
        if reason is None and offset is not None:
            kept = replace(cursor, session_digest=session.digest, dialect=handshake.dialect or cursor.dialect)
            cursors.take(tx, kept, sid, set(joined) - set(rooms))
            return _recovered(tx, kept, handshake, rooms, offset)
        lost = tuple((room, reason or "bad_offset", log.room_head(tx, room, head).seq) for room in sorted(rooms))
        cursors.close(tx, cursor.id)
    return _fresh(tx, session, handshake, head, lost)


def _recovered(tx: Tx, cursor: Cursor, handshake: Handshake, rooms: Mapping[str, int], offset: Offset) -> Start:
    told = resumed(tx, offset, cursor.dialect)
    joined = rooms.get(offset.room or "")
    upto = 0 if joined is None else max(joined, told.complete_pos)
    return Start(
        pid=handshake.pid,
        rooms=rooms,
        pos=told.complete_pos,
        person_seq=log.room_head(tx, person_room(cursor.account_id), told.complete_pos).seq,
        recovered=True,
        presented=offset,
        cursor_id=cursor.id,
        dialect=cursor.dialect,
        resume=(told.room, told.at if told.room else told.pos, told.part) if told.part else None,
        taken_pos=log.head(tx),
        replay=(told.room, told.complete_at, upto, told.in_full) if told.room and upto else None,
    )


def resumed(tx: Tx, offset: Offset, dialect: str | None) -> Offset:
    """Where a reader goes on. One that gets no aliases any more has the event named by a part, or has not."""
    if not offset.part or dialect == aliases.GLOW_WEB:
        return offset
    at = offset.at if offset.room else offset.pos
    found = log.between(tx, at - 1, at, 1)
    said = encode.said(found[0], found[0].audience, offset.epoch) if found else None
    told = said is not None and aliases.group(*said).event < offset.part
    whole = replace(offset, part=0)
    if told:
        return whole
    return replace(whole, at=at - 1) if offset.room else replace(whole, pos=at - 1)


def _fresh(
    tx: Tx, session: SessionActor, handshake: Handshake, head: int, lost: tuple[tuple[str, str, int], ...]
) -> Start:
    pid = new_secret()
    person = person_room(session.actor.account_id)
    cursor = Cursor(
        id=digest_of(pid),
        kind="socket",
        account_id=session.actor.account_id,
        session_digest=session.digest,
        dialect=handshake.dialect,
        ticket_digest=None,
        opened_pos=head,
        acked_pos=head,
        seen_at=tx.now_ms,
        closed_at=None,
    )
    cursors.open_cursor(tx, cursor, {person: head})
    seq = log.room_head(tx, person, head).seq
    return Start(
        pid=pid,
        rooms={person: head},
        pos=head,
        person_seq=seq,
        resyncs=lost,
        cursor_id=cursor.id,
        dialect=handshake.dialect,
    )


def _is_own(cursor: Cursor, session: SessionActor) -> bool:
    return cursor.kind == "socket" and cursor.account_id == session.actor.account_id


def _is_old(tx: Tx, cursor: Cursor, rules: RecoveryRules) -> bool:
    return cursor.closed_at is not None and tx.now_ms - cursor.closed_at > rules.age_seconds_max * 1000


def _reason(tx: Tx, offset: Offset | None, rooms: Mapping[str, int], head: int, rules: RecoveryRules) -> str | None:
    """Why the missed events cannot be delivered, or None (5.6)."""
    if offset is None:
        return "bad_offset"
    if offset.epoch != log.ensure_epoch(tx):
        return "epoch"
    if offset.pos > head:
        return "bad_offset"
    replayed = {offset.room: offset.complete_at} if offset.room in rooms else {}
    for room, joined in rooms.items():
        if not log.is_kept(tx, room, replayed.get(room, max(offset.complete_pos, joined))):
            return "expired"
    if log.missed(tx, list(rooms), offset.pos, rules.events_max + 1) > rules.events_max:
        return "too_many"
    return None

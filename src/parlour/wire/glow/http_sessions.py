"""HTTP sessions: connections without a socket (Glow 3.2, 5.1, 7.1, 7.2, 7.6).

A session is a row: any process serves it, also after a restart. Its rooms are told twice: as
memberships, which say what it may get now, and as facts in the account's own room, which say at
which position of the log each membership began. So what a stream tells depends on its offset
and the log alone, live and after a cut.
"""

from collections.abc import Mapping

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.attempts import presence
from parlour.conversations.rooms import chat_of_room, person_room, presence_room
from parlour.events import cursors, log
from parlour.events.cursors import CursorJoined, CursorLeft, account_room
from parlour.events.entities import Cursor
from parlour.events.log import RoomHead
from parlour.events.presence import Present
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import digest_of, new_secret
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.glow import aliases, joining
from parlour.wire.glow.joining import Join, JoinAck
from parlour.wire.glow.payloads import HttpConnect
from parlour.wire.glow.rooms import may_read_room

TICKET_SECONDS_MAX = 30 * 86_400
JWT_GRACE_SECONDS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRules:
    """Settings of HTTP sessions (11). `per_account_max` counts an account's sockets too; `dialect` is that
    of clients which name none."""

    idle_seconds: int = 900
    per_account_max: int = 50
    dialect: aliases.Dialect = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpSession:
    """A session that holds at this moment, with the rights its account has now.

    `rooms`: each with the position of the log at which it was joined. `expires_at` in
    milliseconds: when the credential of the session runs out.
    """

    cursor: Cursor
    rooms: Mapping[str, int]
    actor: Actor
    expires_at: int | None

    @property
    def id(self) -> str:
        """The digest of its `sid`."""
        return self.cursor.id


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSession:
    """What only its opener is told: `sid` and `ticket` are stored as digests."""

    sid: str
    ticket: str
    person: RoomHead


def open_session(tx: Tx, caller: SessionActor, payload: HttpConnect, rules: SessionRules, sockets: int) -> NewSession:
    """Open a session, member of the person room from now on, or from `person_since` (5.5).

    `sockets`: how many sockets the account has. Raises `too_many_connections`.
    """
    account_id = caller.actor.account_id
    idle_since = tx.now_ms - rules.idle_seconds * 1000
    if sockets + cursors.open_count(tx, account_id, "http", idle_since) >= rules.per_account_max:
        raise Refusal("too_many_connections", "Too many open connections.")
    sid = new_secret()
    ticket = accounts.issue_session(tx, account_id, "ticket", "HTTP session", _ticket_seconds(tx, caller))
    head = log.head(tx)
    room = person_room(account_id)
    cursor = Cursor(
        id=digest_of(sid),
        kind="http",
        account_id=account_id,
        session_digest=None if caller.kind == "jwt" else caller.digest,
        dialect=aliases.dialect_of(payload.dialect, rules.dialect),
        ticket_digest=digest_of(ticket),
        opened_pos=head,
        acked_pos=head,
        seen_at=tx.now_ms,
        closed_at=None,
    )
    cursors.open_cursor(tx, cursor, {room: head})
    presence.enter(tx, _present(cursor), [room])
    person = log.room_head(tx, room, head)
    if payload.person_since is not None:
        _replay_person(tx, cursor, person, payload)
    return NewSession(sid=sid, ticket=ticket, person=person)


def _ticket_seconds(tx: Tx, caller: SessionActor) -> int:
    """A ticket ends with the credential that the session rests on (2.3)."""
    if caller.expires_at is None:
        return TICKET_SECONDS_MAX
    left = -((tx.now_ms - caller.expires_at) // 1000)
    return max(1, min(TICKET_SECONDS_MAX, left + (JWT_GRACE_SECONDS if caller.kind == "jwt" else 0)))


def _replay_person(tx: Tx, cursor: Cursor, person: RoomHead, payload: HttpConnect) -> None:
    since = payload.person_since or 0
    after = log.position_of(tx, person.room, since)
    resync: str | None = None
    if payload.person_epoch not in (None, person.epoch):
        resync = "epoch"
    elif since > person.seq:
        resync = "bad_offset"
    elif after is None:
        resync = "expired"
    start = cursor.opened_pos if resync or after is None else after
    _say_joined(
        tx, cursor, CursorJoined(cursor_id=cursor.id, room=person.room, after_pos=start, in_full=True, resync=resync)
    )


def held(tx: Tx, cursor_id: str, rules: SessionRules) -> HttpSession | None:
    """A session, if it still holds: not closed, not idle, its credential good, its account enabled."""
    found = cursors.cursor(tx, cursor_id)
    if found is None:
        return None
    cursor, rooms = found
    idle = tx.now_ms - cursor.seen_at > rules.idle_seconds * 1000
    if cursor.kind != "http" or cursor.closed_at is not None or idle or cursor.ticket_digest is None:
        return None
    ticket = accounts.actor_by_token_digest(tx, cursor.ticket_digest)
    if ticket is None:
        return None
    if cursor.session_digest and accounts.actor_by_token_digest(tx, cursor.session_digest) is None:
        return None
    return HttpSession(cursor=cursor, rooms=rooms, actor=ticket.actor, expires_at=ticket.expires_at)


def of_sid(tx: Tx, sid: str, account_id: str, rules: SessionRules) -> HttpSession | None:
    """The session that an account names, or None: unknown, closed and foreign are alike."""
    session = held(tx, digest_of(sid), rules)
    return session if session and session.cursor.account_id == account_id else None


def of_ticket(tx: Tx, sid: str, ticket: str, rules: SessionRules) -> HttpSession:
    """The session of a ticket. `unauthenticated` if it is another's, `session_not_found` if it is closed."""
    found = cursors.cursor(tx, digest_of(sid))
    if found is None or found[0].ticket_digest != digest_of(ticket):
        raise accounts.invalid_token()
    session = held(tx, found[0].id, rules)
    if session is None:
        raise session_not_found()
    return session


def touch(tx: Tx, session: HttpSession, acked_pos: int = 0) -> None:
    """The client was here, and has everything up to `acked_pos`."""
    cursors.seen(tx, session.id, acked_pos)


def join(tx: Tx, session: HttpSession, payload: Join) -> JoinAck:
    """Join the room of a chat or an invocation (7.6, 7.21). Raises `not_found`, `too_many_rooms`."""
    wanted = joining.rooms_of(payload)
    joining.check_room_count(len(session.rooms), sum(each not in session.rooms for each in wanted))
    ack = _join_room(tx, session, wanted[0], payload)
    presence.enter(tx, _present(session.cursor), wanted)
    for watch in wanted[1:]:
        if watch not in session.rooms:
            head = log.head(tx)
            cursors.join(tx, session.id, watch, head)
            _say_joined(tx, session.cursor, CursorJoined(cursor_id=session.id, room=watch, after_pos=head))
    return joining.with_people(tx, payload, ack)


def _join_room(tx: Tx, session: HttpSession, room: str, payload: Join) -> JoinAck:
    if room in session.rooms:
        return joining.place_in_room(tx, session.actor, joining.without_past(payload)).ack
    place = joining.place_in_room(tx, session.actor, payload)
    joined = CursorJoined(
        cursor_id=session.id,
        room=room,
        after_pos=place.after,
        in_full=payload.since is not None,
        resync=place.resync,
    )
    cursors.join(tx, session.id, room, place.known)
    _say_joined(tx, session.cursor, joined)
    return place.ack


def join_by_acting(tx: Tx, session: HttpSession, room: str, *, known: int | None = None) -> None:
    """The implicit join of an accepted command (decision D7): nothing of the command, which comes after position
    `known` (default: now), is missed."""
    found = cursors.cursor(tx, session.id)
    if found is None or room in found[1]:
        return
    joining.check_room_count(len(found[1]))
    head = log.head(tx) if known is None else known
    cursors.join(tx, session.id, room, head)
    presence.enter(tx, _present(session.cursor), [room])
    _say_joined(tx, session.cursor, CursorJoined(cursor_id=session.id, room=room, after_pos=head))


def leave(tx: Tx, session: HttpSession, room: str) -> None:
    """Leave a room, and what tells who is in it; not being in it is no error."""
    chat_id = chat_of_room(room)
    for each in (room, *([presence_room(chat_id)] if chat_id else [])):
        if each in session.rooms:
            cursors.leave(tx, session.id, each)
            presence.leave(tx, session.id, [each])
            _say_left(tx, session.cursor, each)


def drop_unreadable(tx: Tx, session: HttpSession) -> None:
    """Leave every room that the account may not read any more (2.3)."""
    for room in session.rooms:
        if not may_read_room(tx, session.actor, room):
            leave(tx, session, room)


def close(tx: Tx, session: HttpSession) -> None:
    """The session is gone at once (7.2); its stream ends."""
    for room in session.rooms:
        cursors.leave(tx, session.id, room)
    cursors.close(tx, session.id)
    presence.gone(tx, session.id)
    _say_left(tx, session.cursor, person_room(session.cursor.account_id))


def _present(cursor: Cursor) -> Present:
    return Present(connection_id=cursor.id, account_id=cursor.account_id)


def session_required() -> Refusal:
    """For an operation that acts on a connection when none is named."""
    return Refusal("session_required", "Name the session with ?sid=.")


def session_not_found() -> Refusal:
    """For a `sid` that is unknown, closed or another account's."""
    return Refusal("session_not_found", "Session not found.")


def _say_joined(tx: Tx, cursor: Cursor, joined: CursorJoined) -> None:
    tx.announce([account_room(cursor.account_id)], joined)


def _say_left(tx: Tx, cursor: Cursor, room: str) -> None:
    tx.announce([account_room(cursor.account_id)], CursorLeft(cursor_id=cursor.id, room=room))

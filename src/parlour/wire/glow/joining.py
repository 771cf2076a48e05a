"""Joining a room (Glow 5.5, 7.6): from which position, and whether the past can be served."""

from dataclasses import dataclass, replace

from parlour.attempts import access, presence
from parlour.conversations.facts import ReplyCompleted, ReplyStarted
from parlour.conversations.rooms import chat_room, presence_room
from parlour.events import cursors, log
from parlour.kernel.actor import Actor
from parlour.kernel.ids import ChatId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.glow.acks import Joined, Left, PersonRow
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.payloads import AttemptJoin, AttemptLeave

ROOMS_MAX = 100
_TURN = (ReplyStarted.__name__, ReplyCompleted.__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a reader starts in a room: after position `after`; `known` is the head it was told.

    `in_full`: the log from there on was asked for (5.5). `watches`: the room that tells who is in
    it, if that is wanted.
    """

    ack: Joined
    room: str
    after: int
    known: int
    resync: str | None = None
    in_full: bool = False
    watches: str | None = None


def place_in_chat(tx: Tx, actor: Actor, payload: AttemptJoin) -> Place:
    """Check the right to read a chat, and find where its reader starts. Raises `not_found`."""
    chat = access.chat_to_read(tx, actor, payload.chat_id).chat
    room = chat_room(chat.id)
    known = log.head(tx)
    head = log.room_head(tx, room, known)
    after: int | None = known
    resync: str | None = None
    if payload.since is None:
        turn = log.last_of_kind(tx, room, _TURN)
        if turn and turn[1] == ReplyStarted.__name__:
            after = log.position_of(tx, room, turn[0] - 1)
    elif payload.epoch not in (None, head.epoch):
        resync = "epoch"
    elif payload.since > head.seq:
        resync = "bad_offset"
    else:
        after = log.position_of(tx, room, payload.since)
        resync = "expired" if after is None else None
    ack = Joined(chat_id=payload.chat_id, room=room, epoch=head.epoch, seq=head.seq, resync=True if resync else None)
    start = known if after is None else after
    in_full = payload.since is not None
    return Place(ack=ack, room=room, after=start, known=known, resync=resync, in_full=in_full)


def check_room_count(count: int, more: int = 1) -> None:
    """At most 100 rooms a connection (5.1)."""
    if more and count + more > ROOMS_MAX:
        raise Refusal("too_many_rooms", "Too many rooms.")


def people_in(tx: Tx, chat_id: str) -> list[PersonRow]:
    """Who is in a chat's room, as it goes out."""
    return [
        PersonRow(profile_id=each.profile_id, name=each.name, part=each.part, connections=each.connections)
        for each in presence.people(tx, ChatId(chat_id))
    ]


async def place_connection(attendance: Attendance, connection: Connection, payload: AttemptJoin) -> Place:
    """Where a socket starts in a chat's room; kept, if the client can recover. It is not in the room yet.

    Rights that changed while it was being found are asked again: the room is left before it is entered.
    """
    while True:
        session = connection.session
        place = await _place(attendance, connection, payload)
        await connection.reach(place.known)
        if connection.session is session:
            return place


async def _place(attendance: Attendance, connection: Connection, payload: AttemptJoin) -> Place:
    actor, cursor_id = connection.session.actor, connection.cursor_id
    wanted = [chat_room(payload.chat_id), *([presence_room(payload.chat_id)] if payload.presence else [])]
    if wanted[0] in connection.rooms:
        payload = payload.model_copy(update={"since": None, "epoch": None})
    check_room_count(len(connection.rooms) - 1, sum(room not in connection.rooms for room in wanted))

    def remembered(tx: Tx) -> Place:
        found = place_in_chat(tx, actor, payload)
        if cursor_id is not None:
            for room in wanted:
                cursors.join(tx, cursor_id, room, found.known)
        attendance.enter(tx, connection, wanted)
        if not payload.presence:
            return found
        ack = found.ack.model_copy(update={"presence": people_in(tx, payload.chat_id)})
        return replace(found, ack=ack, watches=wanted[1])

    return await attendance.database.write(remembered)


def enter(connection: Connection, place: Place) -> None:
    """Make a socket a member: `resync` if the past cannot be served, then the past, then live."""
    if place.resync:
        lost = {"room": place.room, "epoch": place.ack.epoch, "seq": place.ack.seq, "reason": place.resync}
        connection.emit("resync", lost)
    connection.join(place.room, replay_after=place.after, in_full=place.in_full)
    if place.watches:
        connection.join(place.watches, known=place.known)


async def leave_chat(attendance: Attendance, connection: Connection, payload: AttemptLeave) -> Left:
    """End the membership of a socket; not being a member is no error (7.7)."""
    rooms = [room for room in (chat_room(payload.chat_id), presence_room(payload.chat_id)) if room in connection.rooms]
    for room in rooms:
        connection.leave(room)
    if rooms or connection.cursor_id is not None:
        await attendance.left(connection, [chat_room(payload.chat_id), presence_room(payload.chat_id)])
    return Left(chat_id=payload.chat_id)

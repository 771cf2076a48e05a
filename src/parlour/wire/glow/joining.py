"""Joining a room (Glow 5.5, 7.6, 7.21): from which position, and whether the past can be served."""

from dataclasses import replace

from parlour.attempts import access, presence
from parlour.benchmarks import access as tests
from parlour.benchmarks import latecomers
from parlour.conversations.facts import ReplyCompleted, ReplyStarted
from parlour.conversations.rooms import chat_room, invocation_room, presence_room
from parlour.events import cursors, log
from parlour.events.log import RoomHead
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.glow.acks import InvocationJoined, InvocationLeft, Joined, Left, PersonRow
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.payloads import AttemptJoin, AttemptLeave, TestJoin, TestLeave

ROOMS_MAX = 100
_TURN = (ReplyStarted.__name__, ReplyCompleted.__name__)

Join = AttemptJoin | TestJoin
Leave = AttemptLeave | TestLeave
JoinAck = Joined | InvocationJoined
LeaveAck = Left | InvocationLeft


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a reader starts in a room: after position `after`; `known` is the head it was told.

    `in_full`: the log from there on was asked for (5.5). `watches`: the room that tells who is in
    it, if that is wanted.
    """

    ack: JoinAck
    room: str
    after: int
    known: int
    resync: str | None = None
    in_full: bool = False
    watches: str | None = None


def rooms_of(payload: Join) -> list[str]:
    """The rooms that a join is about; the first is that of the chat or invocation."""
    if isinstance(payload, TestJoin):
        return [invocation_room(payload.invocation_id)]
    return [chat_room(payload.chat_id), *([presence_room(payload.chat_id)] if payload.presence else [])]


def rooms_left(payload: Leave) -> list[str]:
    """The rooms that a leave is about."""
    if isinstance(payload, TestLeave):
        return [invocation_room(payload.invocation_id)]
    return [chat_room(payload.chat_id), presence_room(payload.chat_id)]


def joined_event(payload: Join) -> tuple[str, dict[str, object]]:
    """What the requesting connection is told (class D)."""
    if isinstance(payload, TestJoin):
        return "test_joined", {"invocation_id": payload.invocation_id, "success": True}
    return "attempt_joined", {"chat_id": payload.chat_id, "success": True}


def left_ack(payload: Leave) -> LeaveAck:
    """7.7, 7.22."""
    if isinstance(payload, TestLeave):
        return InvocationLeft(invocation_id=payload.invocation_id)
    return Left(chat_id=payload.chat_id)


def place_in_room(tx: Tx, actor: Actor, payload: Join) -> Place:
    """Check the right to read a room, and find where its reader starts. Raises `not_found`."""
    room = _room_to_read(tx, actor, payload)
    known = log.head(tx)
    head = log.room_head(tx, room, known)
    after: int | None = known
    resync: str | None = None
    if payload.since is None:
        after = _begun(tx, room, payload, known)
    elif payload.epoch not in (None, head.epoch):
        resync = "epoch"
    elif payload.since > head.seq:
        resync = "bad_offset"
    else:
        after = log.position_of(tx, room, payload.since)
        resync = "expired" if after is None else None
    start = known if after is None else after
    in_full = payload.since is not None
    ack = _ack(payload, head, resync)
    return Place(ack=ack, room=room, after=start, known=known, resync=resync, in_full=in_full)


def _room_to_read(tx: Tx, actor: Actor, payload: Join) -> str:
    if isinstance(payload, TestJoin):
        return invocation_room(tests.invocation_to_read(tx, actor, payload.invocation_id).id)
    return chat_room(access.chat_to_read(tx, actor, payload.chat_id).chat.id)


def _begun(tx: Tx, room: str, payload: Join, known: int) -> int:
    """The position before a turn or replay that is in progress began, else the head (decision D12)."""
    if isinstance(payload, TestJoin):
        begun = latecomers.position_of_running(tx, payload.invocation_id)
        return known if begun is None else begun - 1
    turn = log.last_of_kind(tx, room, _TURN)
    if turn and turn[1] == ReplyStarted.__name__:
        found = log.position_of(tx, room, turn[0] - 1)
        return known if found is None else found
    return known


def _ack(payload: Join, head: RoomHead, resync: str | None) -> JoinAck:
    lost = True if resync else None
    if isinstance(payload, TestJoin):
        return InvocationJoined(
            invocation_id=payload.invocation_id, room=head.room, epoch=head.epoch, seq=head.seq, resync=lost
        )
    return Joined(chat_id=payload.chat_id, room=head.room, epoch=head.epoch, seq=head.seq, resync=lost)


def without_past(payload: Join) -> Join:
    """The same for a reader who is in the room already: `since` is ignored (5.5)."""
    return payload.model_copy(update={"since": None, "epoch": None})


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


def with_people(tx: Tx, payload: Join, ack: JoinAck) -> JoinAck:
    """The acknowledgement with who is in the chat's room, if that was asked for."""
    if isinstance(payload, AttemptJoin) and payload.presence:
        return ack.model_copy(update={"presence": people_in(tx, payload.chat_id)})
    return ack


async def place_connection(attendance: Attendance, connection: Connection, payload: Join) -> Place:
    """Where a socket starts in a room; kept, if the client can recover. It is not in the room yet.

    Rights that changed while it was being found are asked again: the room is left before it is entered.
    """
    while True:
        session = connection.session
        place = await _place(attendance, connection, payload)
        await connection.reach(place.known)
        if connection.session is session:
            return place


async def _place(attendance: Attendance, connection: Connection, payload: Join) -> Place:
    actor, cursor_id = connection.session.actor, connection.cursor_id
    wanted = rooms_of(payload)
    asked = without_past(payload) if wanted[0] in connection.rooms else payload
    check_room_count(len(connection.rooms) - 1, sum(room not in connection.rooms for room in wanted))

    def remembered(tx: Tx) -> Place:
        found = place_in_room(tx, actor, asked)
        if cursor_id is not None:
            for room in wanted:
                cursors.join(tx, cursor_id, room, found.known)
        attendance.enter(tx, connection, wanted)
        watches = wanted[1] if len(wanted) > 1 else None
        return replace(found, ack=with_people(tx, payload, found.ack), watches=watches)

    return await attendance.database.write(remembered)


def enter(connection: Connection, place: Place) -> None:
    """Make a socket a member: `resync` if the past cannot be served, then the past, then live."""
    if place.resync:
        lost = {"room": place.room, "epoch": place.ack.epoch, "seq": place.ack.seq, "reason": place.resync}
        connection.emit("resync", lost)
    connection.join(place.room, replay_after=place.after, in_full=place.in_full)
    if place.watches:
        connection.join(place.watches, known=place.known)


async def leave_room(attendance: Attendance, connection: Connection, payload: Leave) -> LeaveAck:
    """End the membership of a socket; not being a member is no error (7.7, 7.22)."""
    named = rooms_left(payload)
    rooms = [room for room in named if room in connection.rooms]
    for room in rooms:
        connection.leave(room)
    if rooms or connection.cursor_id is not None:
        await attendance.left(connection, named)
    return left_ack(payload)

"""Joining a room (Glow 5.5, 7.6): from which position, and whether the past can be served."""

from dataclasses import dataclass

from parlour.attempts import access
from parlour.conversations.facts import ReplyCompleted, ReplyStarted
from parlour.conversations.rooms import chat_room
from parlour.events import cursors, log
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow.acks import Joined, Left
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.payloads import AttemptJoin, AttemptLeave

ROOMS_MAX = 100
_TURN = (ReplyStarted.__name__, ReplyCompleted.__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a reader starts in a room: after position `after`; `known` is the head it was told."""

    ack: Joined
    room: str
    after: int
    known: int
    resync: str | None = None


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
    ack = Joined(chat_id=payload.chat_id, room=room, epoch=head.epoch, seq=head.seq, resync=True if resync else None)
    return Place(ack=ack, room=room, after=known if after is None else after, known=known, resync=resync)


def check_room_count(count: int) -> None:
    """At most 100 rooms a connection (5.1)."""
    if count >= ROOMS_MAX:
        raise Refusal("too_many_rooms", "Too many rooms.")


async def place_connection(database: Database, connection: Connection, payload: AttemptJoin) -> Place:
    """Where a socket starts in a chat's room; kept, if the client can recover. It is not in the room yet.

    Rights that changed while it was being found are asked again: the room is left before it is entered.
    """
    while True:
        session = connection.session
        place = await _place(database, connection, payload)
        await connection.reach(place.known)
        if connection.session is session:
            return place


async def _place(database: Database, connection: Connection, payload: AttemptJoin) -> Place:
    actor, cursor_id = connection.session.actor, connection.cursor_id
    if chat_room(payload.chat_id) in connection.rooms:
        payload = payload.model_copy(update={"since": None, "epoch": None})
    else:
        check_room_count(len(connection.rooms) - 1)
    if cursor_id is None:
        return await database.read(lambda tx: place_in_chat(tx, actor, payload))

    def remembered(tx: Tx) -> Place:
        found = place_in_chat(tx, actor, payload)
        cursors.join(tx, cursor_id, found.room, found.known)
        return found

    return await database.write(remembered)


def enter(connection: Connection, place: Place) -> None:
    """Make a socket a member: `resync` if the past cannot be served, then the past, then live."""
    if place.resync:
        lost = {"room": place.room, "epoch": place.ack.epoch, "seq": place.ack.seq, "reason": place.resync}
        connection.emit("resync", lost)
    connection.join(place.room, replay_after=place.after)


async def leave_chat(database: Database, connection: Connection, payload: AttemptLeave) -> Left:
    """End the membership of a socket; not being a member is no error (7.7)."""
    room = chat_room(payload.chat_id)
    connection.leave(room)
    cursor_id = connection.cursor_id
    if cursor_id is not None:
        await database.write(lambda tx: cursors.leave(tx, cursor_id, room))
    return Left(chat_id=payload.chat_id)

"""Joining a room (Glow 5.5, 7.6): from which position, and whether the past can be served."""

from dataclasses import dataclass

from parlour.attempts import access
from parlour.conversations.facts import ReplyCompleted, ReplyStarted
from parlour.conversations.rooms import chat_room
from parlour.events import cursors, log
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.glow.acks import Joined
from parlour.wire.glow.payloads import AttemptJoin

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


def remember_join(tx: Tx, cursor_id: str, place: Place) -> None:
    """Keep the membership for a client that recovers."""
    cursors.join(tx, cursor_id, place.room, place.known)

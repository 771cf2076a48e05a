"""What an HTTP session is told, as a function of the log and an offset (Glow 3.3, 5.3 to 5.6).

A reader goes through the log in the order of commits. Where it meets that its session joined a
room, it first tells that room's past up to there, under offsets that name both positions, and
then goes on. Nothing of this is in memory between two reads but three numbers and some names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from parlour.conversations.rooms import person_room
from parlour.events import cursors, log
from parlour.events.cursors import CursorJoined, CursorLeft, account_room
from parlour.events.facts import fact_of
from parlour.kernel.clock import rfc3339
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import encode
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.offsets import Offset, parse_offset

SCAN_MAX = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One event as a client gets it; direct events have no `id` (5.3.3)."""

    id: str | None
    name: str
    payload: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class PastOfRoom:
    """A room's past on its way: entries after `after`, up to the position at which it was joined."""

    room: str
    after: int
    upto: int
    in_full: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a reader stands: everything up to `pos` has been told, but for what is left of `past`.

    `rooms`: the rooms it is in, each with the position after which its entries are told.
    """

    pos: int
    rooms: Mapping[str, int]
    past: PastOfRoom | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A piece of the log for a session; `more` if there is more to read right now.

    `joined`: the session's rooms of now, if it met that the session joined one.
    """

    told: tuple[Told, ...]
    place: Place
    more: bool
    joined: Mapping[str, int] | None = None


def begin(tx: Tx, session: HttpSession, presented: str | None, epoch: str) -> Page:
    """Where a reader starts: after the offset that the client presents, else after the newest that
    it ever presented. An offset that cannot be served gives `resync` events and the head."""
    if presented is None:
        pos = session.cursor.acked_pos
        return Page(told=(), place=Place(pos=pos, rooms=_rooms_at(tx, session, pos)), more=True)
    head = log.head(tx)
    offset = parse_offset(presented)
    if offset is None or offset.pos > head:
        return _lost(tx, session, head, "bad_offset")
    if offset.epoch != epoch:
        return _lost(tx, session, head, "epoch")
    past: PastOfRoom | None = None
    if offset.room is not None:
        joined = _joined_at(tx, session, offset.pos)
        if joined is None or joined.room != offset.room:
            return _lost(tx, session, head, "bad_offset")
        past = PastOfRoom(room=joined.room, after=offset.at, upto=offset.pos, in_full=joined.in_full)
    return Page(told=(), place=Place(pos=offset.pos, rooms=_rooms_at(tx, session, offset.pos), past=past), more=True)


def confirmed(presented: str | None, epoch: str, head: int) -> int:
    """The position that an offset confirms; 0 if it says nothing."""
    offset = parse_offset(presented)
    if offset is None or offset.epoch != epoch or offset.pos > head:
        return 0
    return offset.pos - 1 if offset.room else offset.pos


def read(tx: Tx, session: HttpSession, place: Place, epoch: str, limit: int) -> Page:
    """The next events after `place`, at most `limit`. `session` may be as it was a moment ago: whatever
    changes it is told in its account's room, and a join that is met here is looked up."""
    if place.past is not None:
        return _read_past(tx, session, (place, place.past), epoch, limit)
    head = log.head(tx)
    rooms = _kept(session, place.rooms)
    events = log.of_rooms(tx, [account_room(session.cursor.account_id), *rooms], place.pos, head, limit)
    told: list[Told] = []
    for event in events:
        match _own(event, session):
            case CursorJoined() as joined:
                told.extend(_resync(tx, joined, epoch))
                past = PastOfRoom(room=joined.room, after=joined.after_pos, upto=event.pos, in_full=joined.in_full)
                at = Place(pos=event.pos, rooms={joined.room: event.pos} | rooms, past=past)
                known = cursors.cursor(tx, session.id)
                return Page(told=tuple(told), place=at, more=True, joined=known[1] if known else {})
            case CursorLeft(room=room):
                rooms.pop(room, None)
            case _:
                told.extend(_tell(event, rooms, epoch, str(Offset(epoch=epoch, pos=event.pos))))
    pos = head if len(events) < limit else events[-1].pos
    return Page(told=tuple(told), place=Place(pos=pos, rooms=rooms), more=pos < head)


def _read_past(tx: Tx, session: HttpSession, where: tuple[Place, PastOfRoom], epoch: str, limit: int) -> Page:
    place, past = where
    rooms = _kept(session, place.rooms)
    told: list[Told] = []
    events = log.of_rooms(tx, [past.room], past.after, past.upto, limit) if past.room in rooms else []
    others = {room: since for room, since in rooms.items() if room != past.room}
    for event in events:
        if past.in_full or not _places(event, others):
            offset = Offset(epoch=epoch, pos=past.upto, room=past.room, at=event.pos)
            told.extend(_tell(event, {past.room: 0}, epoch, str(offset)))
    left: PastOfRoom | None = None
    if len(events) == limit:
        left = PastOfRoom(room=past.room, after=events[-1].pos, upto=past.upto, in_full=past.in_full)
    return Page(told=tuple(told), place=Place(pos=place.pos, rooms=rooms, past=left), more=True)


def _rooms_at(tx: Tx, session: HttpSession, pos: int) -> dict[str, int]:
    """The rooms the session is in that a reader who stands at `pos` has met, and where it met them."""
    person = person_room(session.cursor.account_id)
    found = {person: session.cursor.opened_pos}
    wanted = {room: joined for room, joined in session.rooms.items() if room != person and joined < pos}
    after = min(wanted.values(), default=pos)
    account = account_room(session.cursor.account_id)
    while after < pos:
        events = log.of_rooms(tx, [account], after, pos, SCAN_MAX)
        for event in events:
            match _own(event, session):
                case CursorJoined(room=room) if event.pos > wanted.get(room, pos):
                    found[room] = event.pos
                case CursorLeft(room=room):
                    found.pop(room, None)
                case _:
                    continue
        after = events[-1].pos if len(events) == SCAN_MAX else pos
    return found


def _kept(session: HttpSession, rooms: Mapping[str, int]) -> dict[str, int]:
    """Without the rooms that the session has left, or left and joined again later on (5.3.5)."""
    return {room: since for room, since in rooms.items() if session.rooms.get(room, since + 1) <= since}


def _own(event: Logged, session: HttpSession) -> CursorJoined | CursorLeft | None:
    if event.kind not in (CursorJoined.__name__, CursorLeft.__name__):
        return None
    fact = fact_of(event)
    return fact if isinstance(fact, CursorJoined | CursorLeft) and fact.cursor_id == session.id else None


def _joined_at(tx: Tx, session: HttpSession, pos: int) -> CursorJoined | None:
    for event in log.between(tx, pos - 1, pos, 1):
        fact = _own(event, session)
        return fact if isinstance(fact, CursorJoined) else None
    return None


def _places(event: Logged, rooms: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(room, seq) for room, seq in event.audience if rooms.get(room, event.pos) < event.pos]


def _tell(event: Logged, rooms: Mapping[str, int], epoch: str, offset: str) -> list[Told]:
    places = _places(event, rooms)
    said = encode.said(event, places, epoch) if places else None
    return [] if said is None else [Told(id=offset, name=said[0], payload=said[1])]


def _resync(tx: Tx, joined: CursorJoined, epoch: str) -> list[Told]:
    if joined.resync is None:
        return []
    seq = log.room_head(tx, joined.room, joined.after_pos).seq
    return [resync_event(tx, {"room": joined.room, "epoch": epoch, "seq": seq, "reason": joined.resync})]


def _lost(tx: Tx, session: HttpSession, head: int, reason: str) -> Page:
    told = [log.room_head(tx, room, head) for room in sorted(session.rooms)]
    return Page(
        told=tuple(
            resync_event(tx, {"room": at.room, "epoch": at.epoch, "seq": at.seq, "reason": reason}) for at in told
        ),
        place=Place(pos=head, rooms=dict.fromkeys(session.rooms, head)),
        more=True,
    )


def resync_event(tx: Tx, lost: Mapping[str, object]) -> Told:
    """`resync` (5.6), for this connection alone."""
    return Told(id=None, name="resync", payload={**lost, "_meta": {"id": tx.new_id(), "at": rfc3339(tx.now_ms)}})

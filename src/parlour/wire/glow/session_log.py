"""What an HTTP session is told, as a function of the log and an offset (Glow 3.3, 5.3 to 5.6).

A reader goes through the log in the order of commits. Where it meets that its session joined a
room, it first tells that room's past up to there, under offsets that name both positions, and
then goes on. Nothing of this is in memory between two reads but three numbers and some names.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, cast

from parlour.accounts.facts import AccountDisabled, RightsChanged, SessionRevoked
from parlour.conversations.rooms import person_room
from parlour.events import cursors, log
from parlour.events.cursors import CursorJoined, CursorLeft, CursorTold, account_room
from parlour.events.facts import fact_of
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import aliases, encode
from parlour.wire.glow.alias_facts import Lookups, forget, known_of
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.offsets import Offset, parse_offset
from parlour.wire.glow.recovery import resumed

SCAN_MAX = 500
_OWN = frozenset(kind.__name__ for kind in (CursorJoined, CursorLeft, CursorTold))
_RIGHTS = frozenset(kind.__name__ for kind in (AccountDisabled, RightsChanged, SessionRevoked))


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

    `rooms`: the rooms it is in, each with the position after which its entries are told. With
    dialect `glow-web`: `texts` of the replies that are being written; `resume`: the offset inside of
    a group of frames at which the client was cut; `lookups` remembers ids.
    """

    pos: int
    rooms: Mapping[str, int]
    past: PastOfRoom | None = None
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    resume: Offset | None = None
    lookups: Lookups = field(default_factory=Lookups, compare=False)

    def then(self, **changes: Any) -> "Place":
        """Where the reader stands after something was read."""
        return replace(self, resume=None, **changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A piece of the log for a session; `more` if there is more to read right now.

    `joined`: the session's rooms of now, if it met that the session joined one. `doubtful`: it ends where
    the rights of the account changed, and nothing further may be told before they are looked at (2.3).
    """

    told: tuple[Told, ...]
    place: Place
    more: bool
    joined: Mapping[str, int] | None = None
    doubtful: bool = False


class _Teller:
    """Makes events of one page of the log; with the dialect of the session, also their aliases (9.7)."""

    def __init__(self, tx: Tx, session: HttpSession, place: Place, epoch: str) -> None:
        self._tx = tx
        self._aliases = session.cursor.dialect == aliases.GLOW_WEB
        self._lookups = place.lookups
        self._resume = place.resume
        self._epoch = epoch
        self.texts = dict(place.texts)
        self.told: list[Told] = []

    def tell(self, event: Logged, rooms: Mapping[str, int], offset: Offset) -> None:
        """An event, if the session is in one of its rooms; `offset` is that of having it whole."""
        places = _places(event, rooms)
        said = encode.said(event, places, self._epoch) if places else None
        if said is None:
            return
        if not self._aliases:
            self.told.append(Told(id=str(offset), name=said[0], payload=said[1]))
            return
        known = known_of(event, self.texts, self._lookups, self._tx)
        frames = aliases.group(said[0], said[1], known).frames
        begun = len(self.told)
        for number, (name, payload) in enumerate(frames, start=1):
            at = offset if number == len(frames) else replace(offset, part=number)
            self.told.append(Told(id=str(at), name=name, payload=payload))
        if self._resume is not None and replace(self._resume, part=0) == offset:
            del self.told[begun : begun + self._resume.part]
            self._resume = None

    def forget(self, room: str) -> None:
        """What is said in a room is not heard for a while."""
        forget(self.texts, room)


def begin(tx: Tx, session: HttpSession, presented: str | None, epoch: str) -> Page:
    """Where a reader starts: after the offset that the client presents, else after the newest that
    it ever presented. An offset that cannot be served gives `resync` events and the head."""
    head = log.head(tx)
    if presented is None:
        pos = session.cursor.acked_pos
        rooms = _rooms_at(tx, session, pos)
        if not all(log.is_kept(tx, room, max(pos, since)) for room, since in rooms.items()):
            return _lost(tx, session, head, "expired")
        return Page(told=(), place=Place(pos=pos, rooms=rooms), more=True)
    offset = parse_offset(presented)
    if offset is None:
        return _lost(tx, session, head, "bad_offset")
    if offset.epoch != epoch:
        return _lost(tx, session, head, "epoch")
    if offset.pos > head:
        return _lost(tx, session, head, "bad_offset")
    offset = resumed(tx, offset, session.cursor.dialect)
    pos, past = offset.complete_pos, None
    rooms = _rooms_at(tx, session, pos)
    since = {room: max(pos, joined) for room, joined in rooms.items()}
    if offset.room is not None:
        joined = _joined_at(tx, session, pos)
        if joined is None or joined.room != offset.room:
            return _lost(tx, session, head, "bad_offset")
        past = PastOfRoom(room=joined.room, after=offset.complete_at, upto=pos, in_full=joined.in_full)
        since[joined.room] = past.after
    if not all(log.is_kept(tx, room, after) for room, after in since.items()):
        return _lost(tx, session, head, "expired")
    place = Place(pos=pos, rooms=rooms, past=past, resume=offset if offset.part else None)
    return Page(told=(), place=place, more=True)


def confirmed(presented: str | None, epoch: str, head: int) -> int:
    """The position that an offset confirms; 0 if it says nothing."""
    offset = parse_offset(presented)
    if offset is None or offset.epoch != epoch or offset.pos > head:
        return 0
    return offset.pos - 1 if offset.room else offset.complete_pos


def read(tx: Tx, session: HttpSession, place: Place, epoch: str, limit: int) -> Page:
    """The next events after `place`, at most `limit`. `session` may be as it was a moment ago: whatever
    changes it is told in its account's room, and a join that is met here is looked up."""
    if place.past is not None:
        return _read_past(tx, session, (place, place.past), epoch, limit)
    head = log.head(tx)
    rooms = _kept(session, place.rooms)
    events = log.of_rooms(tx, [account_room(session.cursor.account_id), *rooms], place.pos, head, limit)
    teller = _Teller(tx, session, place, epoch)
    for event in events:
        if event.kind in _RIGHTS:
            at = place.then(pos=event.pos, rooms=rooms, texts=teller.texts)
            return Page(told=tuple(teller.told), place=at, more=True, doubtful=True)
        match _own(event, session):
            case CursorJoined() as joined:
                teller.told.extend(_resync(tx, joined, epoch))
                teller.forget(joined.room)
                past = PastOfRoom(room=joined.room, after=joined.after_pos, upto=event.pos, in_full=joined.in_full)
                rooms = {joined.room: event.pos} | rooms
                at = place.then(pos=event.pos, rooms=rooms, past=past, texts=teller.texts)
                known = cursors.cursor(tx, session.id)
                return Page(told=tuple(teller.told), place=at, more=True, joined=known[1] if known else {})
            case CursorLeft(room=room):
                rooms.pop(room, None)
                teller.forget(room)
            case CursorTold() as told:
                teller.told.append(_direct(event, told, epoch))
            case _:
                teller.tell(event, rooms, Offset(epoch=epoch, pos=event.pos))
    pos = head if len(events) < limit else events[-1].pos
    at = place.then(pos=pos, rooms=rooms, texts=teller.texts)
    return Page(told=tuple(teller.told), place=at, more=pos < head)


def _read_past(tx: Tx, session: HttpSession, where: tuple[Place, PastOfRoom], epoch: str, limit: int) -> Page:
    place, past = where
    rooms = _kept(session, place.rooms)
    teller = _Teller(tx, session, place, epoch)
    events = log.of_rooms(tx, [past.room], past.after, past.upto, limit) if past.room in rooms else []
    others = {room: since for room, since in rooms.items() if room != past.room}
    for event in events:
        if past.in_full or not _places(event, others):
            offset = Offset(epoch=epoch, pos=past.upto, room=past.room, at=event.pos)
            teller.tell(event, {past.room: 0}, offset)
    left: PastOfRoom | None = None
    if len(events) == limit:
        left = PastOfRoom(room=past.room, after=events[-1].pos, upto=past.upto, in_full=past.in_full)
    at = place.then(rooms=rooms, past=left, texts=teller.texts)
    return Page(told=tuple(teller.told), place=at, more=True)


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


def _own(event: Logged, session: HttpSession) -> CursorJoined | CursorLeft | CursorTold | None:
    if event.kind not in _OWN:
        return None
    fact = fact_of(event)
    if isinstance(fact, CursorJoined | CursorLeft | CursorTold) and fact.cursor_id == session.id:
        return fact
    return None


def _direct(event: Logged, told: CursorTold, epoch: str) -> Told:
    """What is for this session alone: told where it stands in the log, without an offset of its own (5.3.3)."""
    meta = {"id": f"{epoch}-{event.pos}", "at": rfc3339(event.at)}
    members = cast("dict[str, object]", decode_untyped(told.payload))
    return Told(id=None, name=told.name, payload={**members, "_meta": meta})


def _joined_at(tx: Tx, session: HttpSession, pos: int) -> CursorJoined | None:
    for event in log.between(tx, pos - 1, pos, 1):
        fact = _own(event, session)
        return fact if isinstance(fact, CursorJoined) else None
    return None


def _places(event: Logged, rooms: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(room, seq) for room, seq in event.audience if rooms.get(room, event.pos) < event.pos]


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

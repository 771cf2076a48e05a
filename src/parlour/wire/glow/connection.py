"""One socket as a reader of the log (Glow 5.3): live while its peer keeps up, otherwise reading.

A live connection is at the pump's position and gets events from memory. One that joined with
`since`, that recovered, or whose peer is slow, is *behind*: it reads the log at the peer's pace
until it has caught up. Both are the same cursor, so nothing is lost or repeated between them.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import ClassVar

from parlour.accounts.entities import SessionActor
from parlour.attempts.voice.holders import ReplySound
from parlour.events import log
from parlour.events.cursors import account_room
from parlour.events.pump import Pump
from parlour.kernel.clock import Clock, rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import Ids
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import encode
from parlour.wire.glow.alias_facts import Lookups
from parlour.wire.glow.guests import Guest, NoGuest
from parlour.wire.glow.offsets import Offset
from parlour.wire.glow.sinks import Sink, frame

logger = logging.getLogger("parlour.glow")

READ_MAX = 200
EVENT_OVERHEAD_BYTES = 250


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What all connections of a process share. `backlog_bytes_max`: see `socket.max_backlog`."""

    database: Database
    pump: Pump
    clock: Clock
    ids: Ids
    backlog_bytes_max: int
    watch: "Watch"
    lookups: Lookups = field(default_factory=Lookups)


class Watch:
    """Who hears what the connections of a process cannot decide alone, and the guest on their sockets."""

    guest: Guest = NoGuest()

    def internal(self, connection: "Connection", event: Logged) -> None:
        """An event of the account's room: sessions, rights, other connections."""


@dataclass(slots=True)
class Replay:
    """A room's past on its way to one connection: entries with pos < position <= upto.

    `in_full`: also those that another room has already brought, because the client asked for it (5.5).
    """

    room: str
    pos: int
    upto: int
    in_full: bool = False


class Connection:
    """A connected socket. `cursor_id` is set if the client can recover (it has a `pid`).

    `page_max`: how many events are read, and written, before it is asked whether the peer keeps up. `dialect`: 9.7.
    """

    page_max: ClassVar[int] = READ_MAX
    dialect: ClassVar[str | None] = None

    __slots__ = (
        "__weakref__",
        "_behind",
        "_cursor_id",
        "_delivery",
        "_form",
        "_held",
        "_replays",
        "_sink",
        "_skipped",
        "_task",
        "_window",
        "closed",
        "eio_sid",
        "pos",
        "rooms",
        "session",
        "sid",
        "taken_pos",
    )

    def __init__(self, delivery: Delivery, sink: Sink, session: SessionActor, sid: str, eio_sid: str) -> None:
        self._delivery = delivery
        self._sink = sink
        self._behind = True
        self._held = 0
        self._replays: deque[Replay] | None = None
        self._skipped = 0
        self._task: asyncio.Task[None] | None = None
        self._window = (0.0, 0)
        self.session = session
        self.sid = sid
        self.eio_sid = eio_sid
        self._cursor_id: str | None = None
        self._form = 0
        self.rooms: dict[str, int] = {}
        self.pos = 0
        self.taken_pos = 0
        self.closed = False

    @property
    def cursor_id(self) -> str | None:
        """The durable cursor behind a `pid`; without one, events carry no offset."""
        return self._cursor_id

    @cursor_id.setter
    def cursor_id(self, value: str | None) -> None:
        self._cursor_id = value
        self._form = 0 if value is None else 1

    # --- rooms ---

    def open(self, rooms: Mapping[str, int], pos: int) -> None:
        """Begin: member of `rooms` (room -> joined at), everything up to `pos` is known."""
        pump = self._delivery.pump
        for room, joined in (*rooms.items(), (account_room(self.session.actor.account_id), pos)):
            self.rooms[room] = joined
            pump.join(room, self)
        self.pos = pos
        self._behind = pos < pump.pos
        if self._behind:
            self._catch_up()

    def join(
        self, room: str, replay_after: int | None = None, known: int | None = None, *, in_full: bool = False
    ) -> None:
        """Become a member of a room; being one already changes nothing.

        Events after `known` (default: now) are delivered live; with `replay_after`, first those of
        the room from that position on, `in_full` or without what is known from other rooms. The past of
        a room ends where the connection stands in the log: what comes then it reads once, for all rooms.
        """
        if room in self.rooms or self.closed:
            return
        pump = self._delivery.pump
        stands = self.pos if self._behind else pump.pos
        wanted = known if replay_after is None else replay_after
        start = pump.pos if wanted is None else wanted
        self.rooms[room] = max(start, stands) if self._behind else stands
        pump.join(room, self)
        if start < stands:
            self.replay(Replay(room, start, stands, in_full))

    def join_acting(self, room: str, known: int) -> None:
        """Become a member by an accepted command: from its first event on, which comes after `known` (decision D7)."""
        self.join(room, known=known)

    async def reach(self, pos: int) -> None:
        """Return when nothing up to `pos` can be offered any more."""
        await self._delivery.pump.reach(pos)

    def replay(self, replay: Replay) -> None:
        """Deliver a room's past, before anything newer."""
        if self._replays is None:
            self._replays = deque()
        self._replays.append(replay)
        if not self._behind:
            self._behind = True
            self.pos = self._delivery.pump.pos
        self._catch_up()

    def leave(self, room: str) -> None:
        """No event of the room is delivered any more."""
        if self.rooms.pop(room, None) is not None:
            self._delivery.pump.leave(room, self)

    def hold(self, pos: int) -> None:
        """Deliver nothing that stands after `pos` until `release`: its right is being looked at (2.3)."""
        self._held += 1
        if not self._behind:
            self._behind = True
            self.pos = pos
            self._skipped = 0

    def release(self) -> None:
        """Go on where it was held, in the rooms that are left."""
        self._held -= 1
        if not self._held and not self.closed:
            self._catch_up()

    def close(self) -> None:
        """End all memberships."""
        self.closed = True
        for room in self.rooms:
            self._delivery.pump.leave(room, self)
        self.rooms.clear()
        if self._task:
            self._task.cancel()

    def abort(self) -> None:
        """Cut the transport."""
        self._sink.abort()

    # --- sending ---

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """An event of the connection's rooms, from the pump.

        The first lines are the hot path of the server: one room, a peer that keeps up, a frame
        that another watcher had made.
        """
        sink = self._sink
        if not self._behind and not sink.full and rooms is event.audience and sink.transport:
            data = event.frames[self._form]
            if data:
                sink.write_frame(data)
                return
        self._offer(event, rooms)

    def _offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if rooms[0][0].startswith("account:"):
            self._delivery.watch.internal(self, event)
        elif self._behind:
            self._skipped += len(event.body) + EVENT_OVERHEAD_BYTES
            if self._skipped > self._delivery.backlog_bytes_max and not self._sink.closed:
                logger.info("backlog_exceeded", extra={"connection": self.sid})
                self.abort()
        elif self._sink.full:
            self._fall_behind(event.pos - 1)
        else:
            self._send(event, rooms)

    def _fall_behind(self, pos: int) -> None:
        """Read the log from here on, until the connection has caught up."""
        self._behind = True
        self.pos = pos
        self._skipped = 0
        self._catch_up()

    def _send(self, event: Logged, places: Sequence[tuple[str, int]], at: Replay | None = None) -> None:
        """One event of the log; encoded once for everybody who needs this form."""
        sink = self._sink
        if self._sent_of_guest(event, places, at):
            return
        offset = self._offset(event.pos) if at is None else self._offset(self.pos, at, event.pos)
        packet = encode.packet(event, places, self._delivery.pump.epoch, offset)
        if packet is None:
            return
        if at is None and len(places) == len(event.audience) == 1 and sink.framed:
            data = event.frames[self._form] = frame("4" + packet)
            sink.write_frame(data)
        else:
            sink.write(packet)

    def _sent_of_guest(self, event: Logged, places: Sequence[tuple[str, int]], at: Replay | None) -> bool:
        """Send an event of the guest's rooms; False if it is not in one."""
        guest = self._delivery.watch.guest
        if not guest.has(places[0][0]):
            return False
        found = guest.said(event, places, self._delivery.pump.epoch)
        if found is not None:
            offset = self._offset(event.pos) if at is None else self._offset(self.pos, at, event.pos)
            self.tell(*found, offset=offset)
            guest.told(self.session, event)
        return True

    def tell(self, name: str, payload: Mapping[str, object], offset: str | None = None) -> None:
        """Send an event just so."""
        self._sink.write(encode.event_packet(name, payload, offset))

    def promise(self, name: str, payload: Mapping[str, object], room: str, after: int) -> None:
        """An event whose offset says that the room's entries after `after` are still to come."""
        pos = self.pos if self._behind else self._delivery.pump.pos
        self.tell(name, payload, self._offset(pos, Replay(room, after, pos, in_full=True), after))

    def _offset(self, pos: int, past: Replay | None = None, at: int = 0, part: int = 0) -> str | None:
        if self.cursor_id is None:
            return None
        epoch = self._delivery.pump.epoch
        if past is None:
            return str(Offset(epoch=epoch, pos=pos, part=part))
        return str(Offset(epoch=epoch, pos=pos, room=past.room, at=at, in_full=past.in_full, part=part))

    def emit(
        self, name: str, payload: Mapping[str, object], request: str | None = None, offset: str | None = None
    ) -> None:
        """An event for this connection alone (class D): not logged, no position (5.3.3)."""
        meta: dict[str, object] = {"id": self._delivery.ids.new(), "at": rfc3339(self._delivery.clock.now_ms())}
        if request is not None:
            meta["request"] = request
        self._emit(name, {**payload, "_meta": meta}, offset)

    def _emit(self, name: str, payload: Mapping[str, object], offset: str | None) -> None:
        self.tell(name, payload, offset)

    def tell_sound(self, sound: ReplySound) -> bool:
        """Send a piece of a spoken reply; False if the peer does not keep up, or is gone."""
        if self.closed:
            return False
        meta = {"id": self._delivery.ids.new(), "at": rfc3339(self._delivery.clock.now_ms())}
        return self._sink.write_sound(encode.sound_packet(sound, meta), sound.pcm)

    def acknowledge(self, number: int, answer: Mapping[str, object]) -> None:
        """Answer a command."""
        self._sink.write(encode.ack_packet(number, answer))

    def start_offset(self, presented: str | None = None) -> str | None:
        """The offset of `connection_confirmed` (5.4)."""
        return None if self.cursor_id is None else presented or self._offset(self.pos)

    def allows(self, per_second: int) -> bool:
        """Whether one more command fits into this second (4.7)."""
        now = self._delivery.clock.monotonic()
        began, count = self._window
        self._window = (began, count + 1) if now - began < 1 else (now, 1)
        return self._window[1] <= per_second

    # --- catching up ---

    def _catch_up(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read(), name="connection-read")

    async def _read(self) -> None:
        try:
            while not self.closed and not self._held:
                await self._sink.drained()
                if self._held:
                    return
                if self._replays:
                    await self._read_replay(self._replays[0])
                elif self.pos >= self._delivery.pump.pos:
                    self._behind = False
                    self._skipped = 0
                    self._replays = None
                    return
                else:
                    await self._read_log()
        except Exception:
            logger.exception("connection_read_failed", extra={"connection": self.sid})
            self.abort()

    async def _read_replay(self, replay: Replay) -> None:
        events = await self._page({replay.room: replay.pos}, replay.pos, replay.upto)
        if self._held:
            return
        for event in events:
            if replay.room in self.rooms:
                replay.pos = event.pos
                if not replay.in_full and self._has_had(event, replay.room):
                    continue
                self._send(event, [place for place in event.audience if place[0] == replay.room], replay)
        ended = len(events) < self.page_max or replay.room not in self.rooms
        if ended and self._replays and self._replays[0] is replay:
            self._replays.popleft()

    def _has_had(self, event: Logged, room: str) -> bool:
        """Whether another room has already brought an event of this one."""
        return event.pos <= self.pos and any(
            other != room and event.pos > self.rooms.get(other, event.pos) for other, _ in event.audience
        )

    async def _page(self, rooms: Mapping[str, int], after: int, upto: int) -> list[Logged]:
        return await self._delivery.database.read(lambda tx: self._look(tx, rooms, after, upto))

    def _look(self, tx: Tx, rooms: Mapping[str, int], after: int, upto: int) -> list[Logged]:
        """Read a page of the log; runs in a reading thread. Of each room is told what comes after its position."""
        return log.of_rooms(tx, tuple(rooms), after, upto, self.page_max)

    async def _read_log(self) -> None:
        after, upto, rooms = self.pos, self._delivery.pump.pos, dict(self.rooms)
        events = await self._page(rooms, after, upto)
        if self._held or self.rooms.keys() - rooms:
            return
        for event in events:
            places = [place for place in event.audience if event.pos > self.rooms.get(place[0], event.pos)]
            self.pos = event.pos
            if places and places[0][0].startswith("account:"):
                continue
            if places:
                self._send(event, places)
        self._skipped = 0
        if len(events) < self.page_max:
            self.pos = upto

"""Event streams and long polls of HTTP sessions (Glow 3.3, 3.4).

A reader here holds no events: the pump only wakes it, and it reads the log as fast as its
client takes what it is sent, in pages, so a slow client costs one page.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from parlour.events import cursors, log
from parlour.events.cursors import CursorTaken, account_room
from parlour.events.facts import fact_of
from parlour.events.pump import Pump
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import Ids
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import http_sessions, session_log
from parlour.wire.glow.http_sessions import HttpSession, SessionRules
from parlour.wire.glow.offsets import Offset
from parlour.wire.glow.rooms import may_read_room
from parlour.wire.glow.session_log import Page, Place, Told

RETRY_MS = 2000
SILENCE_SECONDS_MAX = 10.0
CHECK_SECONDS = 4.0
STREAM_PAGE = 50
POLL_EVENTS_MAX = 500
CHUNK_BYTES = 64 * 1024
READERS_PER_SESSION_MAX = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What readers of sessions need of the process."""

    database: Database
    pump: Pump
    clock: Clock
    ids: Ids
    rules: SessionRules


class Wake:
    """A reader that remembers only that there is something new, and what ends its stream."""

    def __init__(self, pump: Pump, account_id: str, cursor_id: str, stream_id: str | None = None) -> None:
        self._pump = pump
        self.cursor_id = cursor_id
        self._stream_id = stream_id
        self._account = account_room(account_id)
        self._rooms: set[str] = set()
        self._event = asyncio.Event()
        self._begun = False
        self.ended = False
        self.account_changed = False

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """Something new in a room of the session; another stream of the session ends this one."""
        if rooms[0][0] == self._account:
            self.account_changed = True
            if event.kind == CursorTaken.__name__:
                self._taken(fact_of(event))
        self._event.set()

    def _taken(self, fact: object) -> None:
        if isinstance(fact, CursorTaken) and fact.cursor_id == self.cursor_id:
            mine = fact.connection_id == self._stream_id
            self.ended = self.ended or (self._begun and not mine)
            self._begun = self._begun or mine

    def watch(self, rooms: Iterable[str]) -> bool:
        """Be woken by these rooms and the account's; whether that is a change."""
        wanted = {self._account, *rooms}
        added, dropped = wanted - self._rooms, self._rooms - wanted
        for room in added:
            self._pump.join(room, self)
        for room in dropped:
            self._pump.leave(room, self)
        self._rooms = wanted
        return bool(added)

    def clear(self) -> None:
        """What comes from now on is new."""
        self._event.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait for something new; False if the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True

    def end(self) -> None:
        """End what reads here."""
        self.ended = True
        self._event.set()

    def close(self) -> None:
        """Be woken no more."""
        for room in self._rooms:
            self._pump.leave(room, self)
        self._rooms = set()


class Readers:
    """The open streams and polls of a process: few for a session, and none once the server stops."""

    def __init__(self) -> None:
        self._of_session: dict[str, list[Wake]] = {}
        self._stopped = False

    def add(self, wake: Wake) -> None:
        """Know a reader; the oldest one of a session that has too many ends."""
        readers = self._of_session.setdefault(wake.cursor_id, [])
        readers.append(wake)
        if len(readers) > READERS_PER_SESSION_MAX:
            readers[0].end()
        if self._stopped:
            wake.end()

    def remove(self, wake: Wake) -> None:
        """Forget a reader."""
        wake.close()
        readers = self._of_session.get(wake.cursor_id, [])
        if wake in readers:
            readers.remove(wake)
        if not readers:
            self._of_session.pop(wake.cursor_id, None)

    def stop(self) -> None:
        """End them all; clients come back and go on from their offset."""
        self._stopped = True
        for readers in self._of_session.values():
            for wake in readers:
                wake.end()


class SessionReader:
    """One pass through the log for one session."""

    def __init__(self, reading: Reading, session: HttpSession, wake: Wake, limit: int) -> None:
        self._reading = reading
        self._session = session
        self._limit = limit
        self._checked = reading.clock.monotonic()
        self._epoch = reading.pump.epoch
        self.wake = wake
        self.place = Place(pos=0, rooms={})

    async def begin(self, presented: str | None, stream_id: str | None) -> Sequence[Told] | None:
        """Take up the session at the presented offset; None if it does not hold any more."""

        def act(tx: Tx) -> tuple[HttpSession, Page] | None:
            session = http_sessions.held(tx, self._session.id, self._reading.rules)
            if session is None:
                return None
            http_sessions.touch(tx, session, session_log.confirmed(presented, self._epoch, log.head(tx)))
            if stream_id is not None:
                cursors.taken(tx, session.cursor, stream_id)
            http_sessions.drop_unreadable(tx, session)
            current = http_sessions.held(tx, self._session.id, self._reading.rules)
            return None if current is None else (current, session_log.begin(tx, current, presented, self._epoch))

        begun = await self._reading.database.write(act)
        if begun is None:
            return None
        self._session, page = begun
        self._go_to(page)
        return page.told

    async def next(self, seconds: float) -> Sequence[Told] | None:
        """The next events, as soon as there are any, or none if there are none for so long.

        None if the session or this reader has ended.
        """
        clock = self._reading.clock
        until = clock.monotonic() + seconds
        told: list[Told] = []
        while not self.wake.ended:
            self.wake.clear()
            if not await self._still_holds():
                return None
            page = await self._page(self._limit - len(told))
            changed = self._go_to(page)
            self.wake.account_changed = self.wake.account_changed or page.doubtful
            told.extend(page.told)
            if page.more and len(told) < self._limit:
                continue
            if told:
                return told
            if changed:
                continue
            left = until - clock.monotonic()
            if left <= 0:
                return ()
            await self.wake.wait(max(0.0, min(left, self._seconds_to_expiry())))
        return None

    @property
    def offset(self) -> str:
        """Where the reader stands."""
        return str(Offset(epoch=self._epoch, pos=self.place.pos))

    async def _page(self, limit: int) -> Page:
        session, place = self._session, self.place
        return await self._reading.database.read(lambda tx: session_log.read(tx, session, place, self._epoch, limit))

    def _go_to(self, page: Page) -> bool:
        self.place = page.place
        if page.joined is not None:
            self._session = replace(self._session, rooms=page.joined)
        return self.wake.watch(page.place.rooms)

    async def _still_holds(self) -> bool:
        """Check rights when they may have changed, and every few seconds; keep the session from idling."""
        now = self._reading.clock.monotonic()
        if not self.wake.account_changed and now - self._checked < CHECK_SECONDS:
            return True
        self.wake.account_changed = False
        self._checked = now
        rules = self._reading.rules

        def check(tx: Tx) -> tuple[HttpSession | None, bool]:
            session = http_sessions.held(tx, self._session.id, rules)
            if session is None:
                return None, False
            stale = tx.now_ms - session.cursor.seen_at > rules.idle_seconds * 1000 // 3
            return session, stale or not all(may_read_room(tx, session.actor, room) for room in session.rooms)

        session, write = await self._reading.database.read(check)
        if write:
            session = await self._reading.database.write(self._keep)
        if session is None:
            return False
        self._session = session
        return True

    def _keep(self, tx: Tx) -> HttpSession | None:
        session = http_sessions.held(tx, self._session.id, self._reading.rules)
        if session is not None:
            http_sessions.touch(tx, session)
            http_sessions.drop_unreadable(tx, session)
        return http_sessions.held(tx, self._session.id, self._reading.rules)

    def _seconds_to_expiry(self) -> float:
        expires_at = self._session.expires_at
        if expires_at is None:
            return CHECK_SECONDS
        return min(CHECK_SECONDS, (expires_at - self._reading.clock.now_ms()) / 1000 + 0.05)


def sse_event(told: Told) -> bytes:
    """An event in the form of an event stream: `id`, `event`, one line of `data`."""
    identity = f"id: {told.id}\n" if told.id is not None else ""
    return f"{identity}event: {told.name}\ndata: ".encode() + msgspec.json.encode(told.payload) + b"\n\n"


def poll_event(told: Told) -> Mapping[str, object]:
    """An event as a member of `events` of a long poll."""
    return {"id": told.id, "event": told.name, "data": told.payload}


async def stream(reader: SessionReader, first: Sequence[Told]) -> AsyncIterator[bytes]:
    """The body of an event stream."""
    yield f"retry: {RETRY_MS}\n\n".encode() + b"".join(sse_event(told) for told in first)
    while True:
        found = await reader.next(SILENCE_SECONDS_MAX)
        if found is None:
            return
        if not found:
            yield b":\n\n"
        chunk = bytearray()
        for told in found:
            chunk += sse_event(told)
            if len(chunk) > CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        if chunk:
            yield bytes(chunk)


async def poll(reader: SessionReader, first: Sequence[Told], seconds: float) -> Mapping[str, object] | None:
    """The answer of a long poll; None if the session has ended."""
    found = first or await reader.next(seconds)
    if found is None and not reader.wake.ended:
        return None
    told = tuple(found or ())[:POLL_EVENTS_MAX]
    ids = [each.id for each in told if each.id is not None]
    return {"events": [poll_event(each) for each in told], "next": ids[-1] if ids else reader.offset}


class EventStream(StreamingResponse):
    """An event stream that stops reading as soon as its client is gone."""

    media_type = "text/event-stream"

    def __init__(self, reader: SessionReader, first: Sequence[Told], readers: Readers) -> None:
        super().__init__(stream(reader, first), headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._reader = reader
        self._readers = readers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; see the class."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._readers.remove(self._reader.wake)

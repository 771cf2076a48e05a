"""All sockets of this process: opening, closing, and what ends a connection (Glow 2.3)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Protocol, cast
from weakref import WeakKeyDictionary

from parlour.accounts.entities import SessionActor
from parlour.accounts.facts import AccountDisabled, RightsChanged, SessionRevoked
from parlour.attempts import presence
from parlour.conversations.rooms import person_room
from parlour.events import log
from parlour.events.cursors import CursorTaken
from parlour.events.facts import fact_of
from parlour.kernel.actor import Actor
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import new_secret
from parlour.kernel.refusals import Refusal
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import aliases, recovery
from parlour.wire.glow.alias_connection import AliasConnection
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.commands import Commands
from parlour.wire.glow.connection import Connection, Delivery, Replay, Watch
from parlour.wire.glow.payloads import SINCE_MAX
from parlour.wire.glow.recovery import Handshake, RecoveryRules, Start
from parlour.wire.glow.rooms import may_read_room
from parlour.wire.glow.sinks import Sink
from parlour.wire.glow.starting import started
from parlour.wire.glow.visits import ConnectionVisit
from parlour.wire.glow.voice import Voices
from parlour.wire.http.credentials import Authenticator, HandshakeAuth
from parlour.wire.http.metrics import Metrics
from parlour.wire.http.problems import CODES, problem

logger = logging.getLogger("parlour.glow")

CLOSE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SocketRules:
    """Settings of sockets (Glow 11). `dialect` is that of clients which name none."""

    per_account_max: int = 50
    recovery: RecoveryRules = field(default_factory=RecoveryRules)
    dialect: aliases.Dialect = "none"


class Closer(Protocol):
    """Closes Engine.IO sockets."""

    async def close_socket(self, eio_sid: str, *, for_good: bool) -> None:
        """Close the socket, if it is still there; `for_good`: with a Socket.IO DISCONNECT before."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Lost:
    """A `resync`; one of the guest goes out just as it is."""

    payload: Mapping[str, object]
    of_guest: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A connection that has been accepted, and how it starts.

    `past`: what of its own room it asked for (5.5), or the `resync` that says why it cannot be had.
    """

    connection: Connection
    start: Start
    session: SessionActor
    past: Replay | Mapping[str, object] | None
    resyncs: Sequence[Lost]


class Hub(Watch):
    """The sockets of a process. `closer` closes an Engine.IO socket; the server sets it."""

    def __init__(
        self,
        commands: Commands,
        authenticator: Authenticator,
        rules: SocketRules,
        metrics: Metrics,
        attendance: Attendance,
    ) -> None:
        self._commands = commands
        self.attendance = attendance
        self._authenticator = authenticator
        self._rules = rules
        self._metrics = metrics
        self._delivery: Delivery | None = None
        self._by_engine: dict[str, Connection] = {}
        self._by_sid: dict[str, Connection] = {}
        self._by_account: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[object]] = set()
        self._looks: WeakKeyDictionary[Connection, asyncio.Lock] = WeakKeyDictionary()
        self.closer: Closer | None = None
        self.voice = Voices(self)

    def start(self, delivery: Delivery) -> None:
        """Begin to deliver."""
        self._delivery = delivery
        self.spawn(self._sweep(delivery.clock))
        self.spawn(self.attendance.keep(lambda: tuple(self._by_engine.values())))

    async def stop(self) -> None:
        """Refuse commands, then close every connection; clients reconnect (2.3)."""
        self._commands.shutting_down = True
        await self.voice.stop()
        leaving = tuple(self._by_engine.values())
        await asyncio.gather(*(self.drop(connection, for_good=False) for connection in leaving))
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.attendance.stop()

    def spawn(self, work: Coroutine[object, object, object]) -> None:
        """Do something beside; it is ended with the hub."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def of_engine(self, eio_sid: str) -> Connection | None:
        """The connection on an Engine.IO socket."""
        return self._by_engine.get(eio_sid)

    def of_sid(self, sid: str) -> Connection | None:
        """The connection with a `sid`."""
        return self._by_sid.get(sid)

    def count_of(self, account_id: str) -> int:
        """How many sockets of an account this process holds."""
        return self._by_account[account_id]

    @property
    def delivery(self) -> Delivery:
        """What connections share; there after `start`."""
        if self._delivery is None:
            raise RuntimeError("the hub has not been started")
        return self._delivery

    # --- opening and closing ---

    async def open(self, sink: Sink, eio_sid: str, headers: Mapping[str, str], auth: object) -> Opened:
        """Authenticate a CONNECT and find where its connection starts; raises `Refusal`."""
        if self._commands.shutting_down:
            raise Refusal("shutting_down", "The server is restarting. Try again.", retry_after_seconds=1)
        members: Mapping[str, object] = cast("Mapping[str, object]", auth) if isinstance(auth, dict) else {}
        credentials = HandshakeAuth(
            token=_text(members, "token"),
            api_key=_text(members, "apiKey"),
            authorization=headers.get("authorization"),
        )
        known = (credentials.token, credentials.api_key, credentials.authorization)
        guest = None if any(text is not None for text in known) else await self.guest.session_of(headers)
        session = guest or await self._authenticator.of_handshake(credentials)
        self.guest.check_opening(session.actor.account_id)
        if self._by_account[session.actor.account_id] >= self._rules.per_account_max:
            raise Refusal("too_many_connections", "Too many open connections.")
        wanted = members.get("recovery")
        handshake = Handshake(
            recovery=wanted if isinstance(wanted, bool) else None,
            pid=_text(members, "pid"),
            offset=_text(members, "offset"),
            dialect=aliases.dialect_of(_text(members, "dialect"), self._rules.dialect),
            headers=headers,
            query=headers.get(":query", ""),
        )
        sid = new_secret()[:24]
        session, start = await self._start(session, handshake, sid)
        if start.dialect == aliases.GLOW_WEB:
            connection = AliasConnection(self.delivery, sink, session, sid, eio_sid)
            connection.resume = start.resume
        else:
            connection = Connection(self.delivery, sink, session, sid, eio_sid)
        connection.cursor_id, connection.taken_pos = start.cursor_id, start.taken_pos
        await connection.reach(start.pos)
        past = None if start.recovered else await self._past(session, start.pos, members)
        resyncs = [await self._resync(*lost) for lost in start.resyncs]
        await self.guest.comes_back(ConnectionVisit(connection, self.attendance), self._of_guest(start.rooms))
        return Opened(connection=connection, start=start, session=session, past=past, resyncs=resyncs)

    def _of_guest(self, rooms: Iterable[str]) -> list[str]:
        return [room for room in rooms if self.guest.has(room)]

    async def _resync(self, room: str, reason: str, seq: int) -> Lost:
        """What is told of a room whose events were lost for a client that comes back (5.6)."""
        epoch = self.delivery.pump.epoch
        if self.guest.has(room):
            return Lost(payload=await self.guest.resync(room, epoch, seq), of_guest=True)
        return Lost(payload={"room": room, "epoch": epoch, "seq": seq, "reason": reason})

    def may_read(self, tx: Tx, actor: Actor, room: str) -> bool:
        """Whether an actor may be in a room now, whoever tells it."""
        return may_read_room(tx, actor, room) or (self.guest.has(room) and self.guest.may_read(tx, actor, room))

    async def _start(self, caller: SessionActor, handshake: Handshake, sid: str) -> tuple[SessionActor, Start]:
        rules = replace(self._rules.recovery, may_read=self.may_read)
        present = self.attendance.present(sid, caller.actor.account_id)

        def begin(tx: Tx, session: SessionActor) -> Start:
            start = recovery.begin(tx, session, handshake, rules, sid)
            presence.enter(tx, present, start.rooms)
            return start

        return await started(self.delivery.database, caller, self._authenticator.still, begin)

    async def _past(
        self, session: SessionActor, pos: int, members: Mapping[str, object]
    ) -> Replay | Mapping[str, object] | None:
        """Known before the connection is live: the past comes before anything newer (5.3.1)."""
        since, epoch, room = (
            members.get("person_since"),
            _text(members, "person_epoch"),
            person_room(session.actor.account_id),
        )
        if type(since) is not int or not 0 <= since <= SINCE_MAX:
            return None
        head, after = await self.delivery.database.read(
            lambda tx: (log.room_head(tx, room, pos), log.position_of(tx, room, since))
        )
        if epoch not in (None, head.epoch):
            return {"room": room, "epoch": head.epoch, "seq": head.seq, "reason": "epoch"}
        if since > head.seq or after is None:
            reason = "bad_offset" if since > head.seq else "expired"
            return {"room": room, "epoch": head.epoch, "seq": head.seq, "reason": reason}
        return Replay(room, after, pos, in_full=True)

    def begin(self, opened: Opened) -> None:
        """The CONNECT answer has been sent: confirm, then deliver."""
        connection, start = opened.connection, opened.start
        account = opened.session.actor
        if start.cursor_id is not None:
            self._close_older(connection, start.cursor_id)
        self._by_engine[connection.eio_sid] = connection
        self._by_sid[connection.sid] = connection
        self._by_account[account.account_id] += 1
        self._metrics.connected("websocket")
        pump = self.delivery.pump
        person = person_room(account.account_id)
        connection.pos = pos = start.pos
        confirmed = {
            "sid": connection.sid,
            "profile_id": account.account_id,
            "guest_id": account.account_id if account.role == "guest" else None,
            "server_time": self.delivery.clock.now_ms() / 1000,
            "recovered": start.recovered,
            "person": {"room": person, "epoch": pump.epoch, "seq": start.person_seq},
        }
        presented = str(start.presented) if start.presented else None
        connection.emit("connection_confirmed", confirmed, offset=connection.start_offset(presented))
        for lost in opened.resyncs:
            (connection.tell if lost.of_guest else connection.emit)("resync", lost.payload)
        if opened.past is not None and not isinstance(opened.past, Replay):
            connection.emit("resync", opened.past)
        connection.open(start.rooms, pos)
        if start.replay:
            connection.replay(Replay(*start.replay))
        if isinstance(opened.past, Replay):
            connection.replay(opened.past)

    def _close_older(self, connection: Connection, cursor_id: str) -> None:
        for other in tuple(self._by_engine.values()):
            if other.cursor_id == cursor_id and other is not connection:
                self._forget(other)
                other.cursor_id = None
                self.spawn(self.attendance.closed(other))
                self.spawn(self._close_engine(other))

    async def close(self, connection: Connection) -> None:
        """The transport is gone: end memberships, keep recovery state."""
        if self._forget(connection):
            await self.attendance.closed(connection)

    async def drop(self, connection: Connection, *, for_good: bool = True) -> None:
        """Close a connection from the server's side; `for_good` tells its client not to come back by itself."""
        await self.close(connection)
        await self._close_engine(connection, for_good=for_good)

    async def _close_engine(self, connection: Connection, *, for_good: bool = True) -> None:
        if self.closer is not None:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.closer.close_socket(connection.eio_sid, for_good=for_good)
            except TimeoutError:
                connection.abort()

    def _forget(self, connection: Connection) -> bool:
        if self._by_engine.get(connection.eio_sid) is not connection:
            return False
        del self._by_engine[connection.eio_sid]
        self._by_sid.pop(connection.sid, None)
        self._by_account[connection.session.actor.account_id] -= 1
        rooms = self._of_guest(connection.rooms)
        connection.close()
        self._metrics.disconnected("websocket")
        self.guest.left(connection.sid, rooms)
        self.voice.left(connection.sid)
        return True

    def connect_error(self, refusal: Refusal) -> dict[str, object]:
        """The data of a CONNECT_ERROR packet (2.2)."""
        return {"message": CODES[refusal.code][1], "data": problem(refusal)}

    # --- what ends a connection ---

    def internal(self, connection: Connection, event: Logged) -> None:
        """Sessions, rights and other connections of the account, said by any process."""
        match fact_of(event):
            case SessionRevoked(digest=digest) if digest == connection.session.digest:
                self._end(connection)
            case AccountDisabled():
                self._end(connection)
            case CursorTaken() as taken if event.pos > connection.taken_pos:
                if taken.cursor_id == connection.cursor_id and taken.connection_id != connection.sid:
                    connection.cursor_id = None
                    self.spawn(self.drop(connection))
            case RightsChanged():
                connection.hold(event.pos)
                self.spawn(self._look_again(connection))
            case _:
                return

    def _end(self, connection: Connection) -> None:
        """Its credential has ended: nothing that stands further on in the log is delivered."""
        if self._forget(connection):
            self.spawn(self._ended(connection))

    async def _ended(self, connection: Connection) -> None:
        await self.attendance.closed(connection)
        await self._close_engine(connection)

    async def _look_again(self, connection: Connection) -> None:
        """Check the rights of a held connection, then let it go on; one whose rights are not known is closed."""
        try:
            await self.check_rights(connection)
        except Exception:
            logger.exception("rights_not_checked", extra={"connection": connection.sid})
            await self.drop(connection, for_good=False)
        finally:
            connection.release()

    async def check_rights(self, connection: Connection) -> None:
        """Look again at who the account is and which rooms it may read; what it may not, it leaves.

        One look after the other: what an earlier one has read never takes the place of what a later one has.
        """
        async with self._looks.setdefault(connection, asyncio.Lock()):
            await self._check_rights(connection)

    async def _check_rights(self, connection: Connection) -> None:
        session = await self._authenticator.of_connection(connection.session)
        if session is None:
            await self.drop(connection)
            return
        connection.session = session
        rooms = [room for room in connection.rooms if not room.startswith("account:")]
        kept = await self.delivery.database.read(
            lambda tx: {room for room in rooms if self.may_read(tx, session.actor, room)}
        )
        lost = set(rooms) - kept
        for room in lost:
            connection.leave(room)
        if lost:
            self.guest.left(connection.sid, self._of_guest(lost))
            await self.attendance.left(connection, lost)

    async def _sweep(self, clock: Clock) -> None:
        """Close connections whose credential has run out (2.3: within 5 s)."""
        while True:
            await asyncio.sleep(CLOSE_SECONDS)
            now = clock.now_ms()
            for connection in tuple(self._by_engine.values()):
                expires = connection.session.expires_at
                grace = 60_000 if connection.session.kind == "jwt" else 0
                if expires is not None and now >= expires + grace:
                    await self.drop(connection)


def _text(members: Mapping[str, object], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None

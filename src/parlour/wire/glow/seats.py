"""Who holds a voice session, as the session sees it (`attempts.voice.holders.Holder`): a socket, or an HTTP session.

What a socket is told goes out at once, sound as a binary attachment. An HTTP session is told through the log of
its account's room, where its stream and its polls find it in any process; it is sent no sound (Glow 3.5).
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

import msgspec

from parlour.accounts.facts import AccountDisabled, SessionRevoked
from parlour.attempts.voice.holders import EndReason, Holder, ReplySound
from parlour.conversations.rooms import person_room
from parlour.events import cursors, log
from parlour.events.cursors import CursorLeft, CursorTold, account_room
from parlour.events.facts import fact_of
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId, ChatId
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import http_sessions
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.connection import Connection, Delivery
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.http.problems import CODES

Said = tuple[str, dict[str, object]]
Spawn = Callable[[Coroutine[object, object, object]], None]


class SeatWatch(Protocol):
    """Who keeps the seats of HTTP sessions."""

    def left(self, connection_id: str) -> None:
        """The session has ended."""
        ...

    def needs_no(self, connection_id: str) -> None:
        """It has no voice session any more."""
        ...


class Seat(Holder, Protocol):
    """A requesting connection on which voice operations act (3.1), and a `Holder` of sessions."""

    @property
    def actor(self) -> Actor:
        """Who acts over it."""
        ...

    @property
    def gone(self) -> bool:
        """Whether it was closed, so that nobody will be told."""
        ...

    async def join(self, room: str, known: int) -> None:
        """Be in a room, with everything that it tells after position `known`."""
        ...

    def begin(self, chat_id: str) -> None:
        """A session of this chat is being opened for it."""
        ...

    def give_up(self, chat_id: str) -> None:
        """It was not opened."""
        ...

    def release(self) -> None:
        """What it is told may go out: the acknowledgement has."""
        ...

    def tell(self, said: Said) -> None:
        """A direct event for it alone (3.1)."""
        ...


def ready_event(chat_id: str, message: str) -> Said:
    """`attempt_audio_ready` (9.2)."""
    return "attempt_audio_ready", {"chat_id": chat_id, "success": True, "message": message}


def ended_event(chat_id: str, message: str, reason: EndReason | None) -> Said:
    """`attempt_audio_ended` (9.2)."""
    return "attempt_audio_ended", {"chat_id": chat_id, "success": True, "message": message, "reason": reason}


def failed_event(chat_id: str, code: str, text: str) -> Said:
    """`attempt_error` of type `audio`; at the daily limit `rate_limit` (6.8.8)."""
    kind = "rate_limit" if code == "rate_limited" else "audio"
    status = CODES.get(code, CODES["internal"])[0]
    return "attempt_error", {"chat_id": chat_id, "type": kind, "message": text, "code": code, "status": status}


class SocketSeat:
    """A socket. Until `release` it keeps what it is told: the acknowledgement of the start goes first."""

    def __init__(self, connection: Connection, attendance: Attendance, delivery: Delivery, spawn: Spawn) -> None:
        self._connection = connection
        self._attendance = attendance
        self._delivery = delivery
        self._spawn = spawn
        self._kept: list[Said] | None = []

    @property
    def connection_id(self) -> str:
        """Its `sid`."""
        return self._connection.sid

    @property
    def account_id(self) -> AccountId:
        """Whose it is."""
        return self.actor.account_id

    @property
    def actor(self) -> Actor:
        """Who acts over it, as of now."""
        return self._connection.session.actor

    @property
    def gone(self) -> bool:
        """Whether it was closed."""
        return self._connection.closed

    async def join(self, room: str, known: int) -> None:
        """Be in the room (decision D7)."""
        connection, enter = self._connection, self._attendance.by_acting(self._connection)

        def remember(tx: Tx) -> None:
            if connection.cursor_id is not None:
                cursors.join(tx, connection.cursor_id, room, known)
            enter(tx, room)

        await self._delivery.database.write(remember)
        connection.join_acting(room, known)

    def begin(self, chat_id: str) -> None:
        """Nothing to prepare."""

    def give_up(self, chat_id: str) -> None:
        """Nothing was prepared."""

    def release(self) -> None:
        """Send what was kept."""
        kept, self._kept = self._kept or (), None
        for said in kept:
            self._send(said)

    def ready(self, chat_id: ChatId, message: str) -> None:
        """`attempt_audio_ready`."""
        self.tell(ready_event(chat_id, message))

    def failed(self, chat_id: ChatId, code: str, text: str) -> None:
        """`attempt_error`."""
        self.tell(failed_event(chat_id, code, text))

    def ended(self, chat_id: ChatId, reason: EndReason, message: str) -> None:
        """`attempt_audio_ended`: at once when more is about to follow (6.2, 7.15) or the server stops, else after all
        that the log tells so far (7.16)."""
        said = ended_event(chat_id, message, reason)
        if reason in ("chat_ended", "shutting_down", "takeover"):
            self.tell(said)
        else:
            self._spawn(self._after_log(said))

    async def _after_log(self, said: Said) -> None:
        await self._delivery.pump.reach(await self._delivery.database.read(log.head))
        self.tell(said)

    def audio(self, sound: ReplySound) -> bool:
        """`attempt_assistant_audio`; False if the peer does not keep up."""
        return self._connection.tell_sound(sound)

    def tell(self, said: Said) -> None:
        """An event for it alone."""
        if self._kept is not None:
            self._kept.append(said)
        else:
            self._send(said)

    def _send(self, said: Said) -> None:
        if not self._connection.closed:
            self._connection.emit(*said)


class SessionSeat:
    """An HTTP session. It watches its account's room for what ends the session, in whichever process."""

    def __init__(self, session: HttpSession, delivery: Delivery, spawn: Spawn, watch: SeatWatch) -> None:
        self._session = session
        self._delivery = delivery
        self._spawn = spawn
        self._watch = watch
        self._room = account_room(session.cursor.account_id)
        self._chats: set[str] = set()
        self._ready: set[str] = set()

    @property
    def connection_id(self) -> str:
        """The digest of its `sid`."""
        return self._session.id

    @property
    def account_id(self) -> AccountId:
        """Whose it is."""
        return self._session.actor.account_id

    @property
    def actor(self) -> Actor:
        """Who acts over it."""
        return self._session.actor

    @property
    def gone(self) -> bool:
        """Whether it was closed: it watches for that itself."""
        return False

    async def join(self, room: str, known: int) -> None:
        """Be in the room (decision D7). Raises `too_many_rooms`."""
        await self._delivery.database.write(
            lambda tx: http_sessions.join_by_acting(tx, self._session, room, known=known)
        )

    def begin(self, chat_id: str) -> None:
        """Watch, as long as there is a session."""
        self._chats.add(chat_id)
        self._delivery.pump.join(self._room, self)

    def give_up(self, chat_id: str) -> None:
        """Watch no longer than is needed."""
        self._end(chat_id)

    def release(self) -> None:
        """What it is told stands in the log already."""

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """Something concerns the account's connections (`events.ports.Reader`)."""
        match fact_of(event):
            case CursorLeft(cursor_id=self._session.id, room=room) if room == person_room(self.account_id):
                self._watch.left(self.connection_id)
            case SessionRevoked(digest=self._session.cursor.session_digest):
                self._watch.left(self.connection_id)
            case AccountDisabled():
                self._watch.left(self.connection_id)
            case _:
                return

    def close(self) -> None:
        """Watch no more."""
        self._chats.clear()
        self._delivery.pump.leave(self._room, self)

    def ready(self, chat_id: ChatId, message: str) -> None:
        """`attempt_audio_ready`."""
        self._ready.add(chat_id)
        self.tell(ready_event(chat_id, message))

    def failed(self, chat_id: ChatId, code: str, text: str) -> None:
        """`attempt_error`; of a session that was never open it is the last that is said."""
        self.tell(failed_event(chat_id, code, text))
        if chat_id not in self._ready:
            self._end(chat_id)

    def ended(self, chat_id: ChatId, reason: EndReason, message: str) -> None:
        """`attempt_audio_ended`."""
        self.tell(ended_event(chat_id, message, reason))
        self._end(chat_id)

    def audio(self, sound: ReplySound) -> bool:
        """It is left out (3.5)."""
        return True

    def _end(self, chat_id: str) -> None:
        self._ready.discard(chat_id)
        self._chats.discard(chat_id)
        if not self._chats:
            self._watch.needs_no(self.connection_id)

    def tell(self, said: Said) -> None:
        """An event for its stream or poll alone."""
        name, payload = said
        told = CursorTold(cursor_id=self._session.id, name=name, payload=msgspec.json.encode(payload).decode())
        self._spawn(self._delivery.database.write(lambda tx: tx.announce([self._room], told)))

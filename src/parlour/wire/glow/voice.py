"""Voice operations (Glow 7.15, 7.16, 8.1 to 8.3): they act on the requesting connection, and on its voice session.

Sockets and HTTP sessions come here alike, as a `Seat`. What a session is asked goes to the desk
(`attempts.voice.desk`); frames go there without a look at the store.
"""

from collections.abc import Callable, Coroutine
from typing import Protocol

from parlour.attempts import access
from parlour.attempts.voice.desk import VoiceDesk
from parlour.attempts.voice.holders import NO_SESSION_TEXT
from parlour.conversations.rooms import chat_room
from parlour.events import log
from parlour.kernel.refusals import Refusal, forbidden
from parlour.storage.tx import Tx
from parlour.wire.glow import acks
from parlour.wire.glow.acks import as_object
from parlour.wire.glow.attendance import Attendance
from parlour.wire.glow.commands import Answer
from parlour.wire.glow.connection import Connection, Delivery
from parlour.wire.glow.frames import Head
from parlour.wire.glow.http_sessions import HttpSession
from parlour.wire.glow.payloads import (
    AttemptAudioFrame,
    AttemptAudioMute,
    AttemptAudioPlayed,
    AttemptAudioStart,
    AttemptAudioStop,
)
from parlour.wire.glow.seats import Seat, SessionSeat, SocketSeat, ended_event

COMPLAINT_SECONDS = 1.0
COMPLAINERS_MAX = 10_000
UNAVAILABLE_TEXT = "The voice service is not available."

Voiced = AttemptAudioStart | AttemptAudioStop | AttemptAudioFrame | AttemptAudioMute | AttemptAudioPlayed


class House(Protocol):
    """What voice needs of the hub."""

    attendance: Attendance

    @property
    def delivery(self) -> Delivery:
        """What connections share."""
        ...

    def spawn(self, work: Coroutine[object, object, object]) -> None:
        """Do something beside."""
        ...


class Voices:
    """The voice operations of a process. `desk` is set by the composition root; without one there is no voice."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._sessions: dict[str, SessionSeat] = {}
        self._complained: dict[str, float] = {}
        self.desk: VoiceDesk | None = None

    def at_socket(self, connection: Connection) -> SocketSeat:
        """A socket as the requesting connection."""
        return SocketSeat(connection, self._house.attendance, self._house.delivery, self._house.spawn)

    def at_session(self, session: HttpSession) -> SessionSeat:
        """An HTTP session as the requesting connection."""
        seat = self._sessions.get(session.id)
        return seat or SessionSeat(session, self._house.delivery, self._house.spawn, self)

    async def act(self, seat: Seat, payload: Voiced) -> Answer:
        """Carry out an operation for a connection. Raises `Refusal`."""
        if isinstance(payload, AttemptAudioStop):
            return await self._stop(seat, payload.chat_id)
        return Answer(ack=as_object(await self._act(seat, payload)))

    async def _act(
        self, seat: Seat, payload: AttemptAudioStart | AttemptAudioFrame | AttemptAudioMute | AttemptAudioPlayed
    ) -> acks.Ack:
        desk, connection_id = self.desk, seat.connection_id
        match payload:
            case AttemptAudioStart(chat_id=chat_id):
                return await self._start(seat, chat_id)
            case AttemptAudioFrame(chat_id=chat_id, audio=audio, seq=seq):
                return acks.FrameTaken(accepted=self._take(connection_id, (chat_id, seq), audio))
            case AttemptAudioMute(chat_id=chat_id, muted=muted, hold=hold):
                await self._check_owned(seat, chat_id)
                done = desk is not None and desk.mute(connection_id, chat_id, muted, hold=hold)
                return acks.AudioMuted(chat_id=chat_id, muted=muted, success=done)
            case AttemptAudioPlayed(chat_id=chat_id, message_id=message_id, played_ms=played_ms):
                noted = desk is not None and desk.played(connection_id, chat_id, message_id, played_ms)
                return acks.PlayedNoted(accepted=noted)

    def hear(self, connection: Connection, head: Head, sound: bytes) -> None:
        """A frame that was taken at the door (`frames.py`)."""
        self._take(connection.sid, (head.chat_id, head.seq), sound)

    def holds(self, connection_id: str) -> Callable[[str], bool]:
        """Whether a connection holds the session of a chat."""
        desk = self.desk
        return lambda chat_id: desk is not None and desk.holds(connection_id, chat_id)

    def left(self, connection_id: str) -> None:
        """The connection is gone: its voice session ends (2.3)."""
        self._complained.pop(connection_id, None)
        self.needs_no(connection_id)
        if self.desk is not None:
            self.desk.left(connection_id)

    def needs_no(self, connection_id: str) -> None:
        """An HTTP session has no voice session any more."""
        seat = self._sessions.pop(connection_id, None)
        if seat is not None:
            seat.close()

    async def stop(self) -> None:
        """End every session; those who hold one are told."""
        if self.desk is not None:
            await self.desk.stop()

    def may_complain(self, connection_id: str) -> bool:
        """Whether a wrong frame is told with an error event: at most one a second (8.1)."""
        now = self._house.delivery.clock.monotonic()
        if now - self._complained.get(connection_id, -COMPLAINT_SECONDS) < COMPLAINT_SECONDS:
            return False
        if len(self._complained) >= COMPLAINERS_MAX:
            self._complained.clear()
        self._complained[connection_id] = now
        return True

    async def _start(self, seat: Seat, chat_id: str) -> acks.AudioStarted:
        """7.15: the connection is in the chat's room before the first event that the session causes."""
        if self.desk is None:
            await self._check_owned(seat, chat_id)
            raise Refusal("unavailable", UNAVAILABLE_TEXT)
        known = await self._house.delivery.database.read(log.head)
        if isinstance(seat, SessionSeat):
            self._sessions[seat.connection_id] = seat
        seat.begin(chat_id)
        try:
            opened = await self.desk.open(seat.actor, chat_id, seat)
        except BaseException:
            seat.give_up(chat_id)
            raise
        try:
            await seat.join(chat_room(chat_id), known)
        except BaseException:
            await self.desk.close(seat.connection_id, chat_id)
            raise
        if seat.gone:  # it was closed while the session was being opened
            self.desk.left(seat.connection_id)
        return acks.AudioStarted(
            chat_id=chat_id, run_id=opened.run_id, group_id=opened.group_id, attempt_id=opened.attempt_id
        )

    async def _stop(self, seat: Seat, chat_id: str) -> Answer:
        """7.16: without a session the end is told here."""
        await self._check_owned(seat, chat_id)
        stopped = self.desk is not None and await self.desk.close(seat.connection_id, chat_id)
        ack = as_object(acks.AudioStopped(chat_id=chat_id, stopped=stopped))
        return Answer(ack=ack, direct=None if stopped else ended_event(chat_id, NO_SESSION_TEXT, None))

    def _take(self, connection_id: str, place: tuple[str, int | None], sound: bytes) -> bool:
        desk = self.desk
        return desk is not None and desk.hear(connection_id, place[0], sound, place[1])

    async def _check_owned(self, seat: Seat, chat_id: str) -> None:
        """Raises `not_found`, and `forbidden` for staff."""
        actor = seat.actor

        def check(tx: Tx) -> None:
            if not access.chat_to_read(tx, actor, chat_id).owned:
                raise forbidden()

        await self._house.delivery.database.read(check)

"""All voice sessions of this process: what a wire calls (Glow 7.15, 7.16, 8.1, 8.2)."""

import asyncio
import logging
from weakref import WeakValueDictionary

from parlour.attempts.voice import acts
from parlour.attempts.voice.acts import Situation
from parlour.attempts.voice.holders import Holder, VoiceOpened
from parlour.attempts.voice.need import SessionNeed
from parlour.attempts.voice.session import UNAVAILABLE_TEXT, LiveSession
from parlour.conversations.rooms import chat_room, voice_room
from parlour.conversations.spoken import sessions
from parlour.conversations.spoken.entities import SESSION_BEAT_SECONDS, VoiceSession
from parlour.events.pump import Pump
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, ChatId, Ids
from parlour.kernel.refusals import Refusal

logger = logging.getLogger("parlour.voice")

STOP_MARGIN_SECONDS = 3.0
Key = tuple[str, str]


def _rooms(chat_id: str) -> tuple[str, str]:
    """What a session listens to: what everybody is told of its chat, and what only servers are."""
    return chat_room(chat_id), voice_room(chat_id)


@dataclass(slots=True, eq=False)
class _Arrival:
    """A connection that has asked for a session; it may be gone before there is one."""

    connection_id: str
    account_id: AccountId
    opening: bool = False
    left: bool = False


class VoiceDesk:
    """Finds the session that is meant; none is the same answer as one of another connection.

    `start` before anything else. Used from the event loop only, except `holds`.
    """

    def __init__(self, need: SessionNeed, ids: Ids) -> None:
        self._need = need
        self._ids = ids
        self._server_id = ids.new()
        self._pump: Pump | None = None
        self._sessions: dict[Key, LiveSession] = {}
        self._tasks: dict[asyncio.Task[None], LiveSession] = {}
        self._arrivals: set[_Arrival] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._beating: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self, pump: Pump) -> None:
        """Begin to open sessions; `pump` tells them what happens in their chats."""
        self._pump = pump
        self._beating = asyncio.create_task(self._beat(), name="voice-beat")

    async def open(self, actor: Actor, chat_id: str, holder: Holder) -> VoiceOpened:
        """Open a session for the owner of a chat, or keep the one that this connection holds already.

        What follows goes to the holder: `ready` or `failed` within `open_seconds_max`. A session of another
        connection ends first (`takeover`). Refuses with `not_found`, `forbidden`, `chat_completed`,
        `chat_expired`, `audio_disabled`, `unavailable`, `rate_limited`, `shutting_down`.
        """
        pump = self._pump
        if self._stopping or pump is None:
            raise Refusal("shutting_down", "The server is restarting. Try again.")
        arrival = _Arrival(holder.connection_id, actor.account_id)
        self._arrivals.add(arrival)
        try:
            async with self._turns.setdefault(chat_id, asyncio.Lock()):
                return await self._open(pump, actor, chat_id, (holder, arrival))
        finally:
            self._arrivals.discard(arrival)

    async def _open(self, pump: Pump, actor: Actor, chat_id: str, by: "tuple[Holder, _Arrival]") -> VoiceOpened:
        """One at a time in a chat: a start that is sent twice at once is one session."""
        need, (holder, arrival) = self._need, by
        kept = self._sessions.get((holder.connection_id, chat_id))
        await need.database.read(lambda tx: acts.check_may_speak(tx, actor, chat_id))
        if kept is not None and kept.opened is not None and not kept.ending:
            kept.again()
            return kept.opened
        session = self._row(actor, chat_id, holder)
        live = LiveSession(need, session, holder)
        arrival.opening = True
        for room in _rooms(chat_id):
            pump.join(room, live)
        try:
            situation = await need.database.write(lambda tx: acts.open_session(tx, actor, session, need.timezone_name))
        except BaseException:
            for room in _rooms(chat_id):
                pump.leave(room, live)
            raise
        for each in tuple(self._tasks.values()):
            if each.session.chat_id == chat_id:
                each.end("takeover")  # who held it is told before the new one is ready
        live.opened = VoiceOpened(
            chat_id=session.chat_id,
            run_id=session.id,
            group_id=situation.chat.group_id,
            attempt_id=situation.chat.attempt_id,
        )
        arrival.opening = False
        self._begin(live, situation)
        if arrival.left or self._stopping:
            live.end("gone" if arrival.left else "shutting_down")
        return live.opened

    def _begin(self, live: LiveSession, situation: Situation) -> None:
        self._sessions[live.session.connection_id, live.session.chat_id] = live
        task = asyncio.create_task(self._run(live, situation), name="voice-session")
        self._tasks[task] = live
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def hear(self, connection_id: str, chat_id: str, sound: bytes, seq: int | None) -> bool:
        """A frame (PCM16, 24 kHz, a whole number of samples): whether it is heard. Never waits, never raises."""
        live = self._sessions.get((connection_id, chat_id))
        return live is not None and live.hear(sound, seq)

    def mute(self, connection_id: str, chat_id: str, muted: bool, *, hold: bool = False) -> bool:
        """Hear nothing, or again; what is being said ends as a turn. `hold`, with `muted` false: no pause ends the turn
        until this is called again. False without a session."""
        live = self._sessions.get((connection_id, chat_id))
        if live is None or live.ending:
            return False
        live.mute(muted, hold=hold)
        return True

    async def close(self, connection_id: str, chat_id: str) -> bool:
        """End the session of a connection; False if it holds none here. Returns at once: `ended` comes when what
        was heard has been written down, at most `stop_seconds_max` later."""
        live = self._sessions.get((connection_id, chat_id))
        if live is None or live.told_ended:
            return False
        live.end("stopped")
        return True

    def left(self, connection_id: str) -> None:
        """The connection is gone: its sessions end, nothing is told to it any more."""
        for arrival in self._arrivals:
            arrival.left = arrival.left or arrival.connection_id == connection_id
        for live in tuple(self._sessions.values()):
            if live.session.connection_id == connection_id:
                live.end("gone")

    def played(self, connection_id: str, chat_id: str, message_id: str, played_ms: int) -> bool:
        """The client has played so much of a reply: whether that reply is being spoken."""
        live = self._sessions.get((connection_id, chat_id))
        return live is not None and live.played(message_id, played_ms)

    def holds(self, connection_id: str, chat_id: str) -> bool:
        """Whether a connection holds the session of a chat. From any thread."""
        live = self._sessions.get((connection_id, chat_id))
        return live is not None and not live.ending

    async def stop(self) -> None:
        """End every session (`shutting_down`); no new one is opened. Bounded."""
        self._stopping = True
        if self._beating is not None:
            self._beating.cancel()
        for live in tuple(self._tasks.values()):
            live.end("shutting_down")
        tasks = tuple(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_MARGIN_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *([self._beating] if self._beating else []), return_exceptions=True)

    def _is_full(self, account_id: AccountId) -> bool:
        """Whether no more sessions fit in, those counted that are being opened. One account may hold half of them:
        nobody shuts out everybody."""
        holders = [live.session.account_id for live in self._tasks.values()]
        holders += [arrival.account_id for arrival in self._arrivals if arrival.opening]
        most = self._need.rules.sessions_max
        return len(holders) >= most or holders.count(account_id) >= (most + 1) // 2

    def _row(self, actor: Actor, chat_id: str, holder: Holder) -> VoiceSession:
        """A session that may be opened; its times are those of the transaction that opens it."""
        if self._need.channels.why_not is not None or self._is_full(actor.account_id):
            raise Refusal("unavailable", UNAVAILABLE_TEXT)
        return VoiceSession(
            id=self._ids.new(),
            chat_id=ChatId(chat_id),
            account_id=actor.account_id,
            connection_id=holder.connection_id,
            server_id=self._server_id,
            path=self._need.rules.path,
            opened_at=0,
            seen_at=0,
        )

    async def _run(self, live: LiveSession, situation: Situation) -> None:
        try:
            await live.run(situation)
        finally:
            chat_id = live.session.chat_id
            if self._pump is not None:
                for room in _rooms(chat_id):
                    self._pump.leave(room, live)
            key = (live.session.connection_id, chat_id)
            if self._sessions.get(key) is live:
                del self._sessions[key]

    async def _beat(self) -> None:
        """Say that the sessions of this process go on; one that was taken away without our hearing of it ends."""
        while True:
            await asyncio.sleep(SESSION_BEAT_SECONDS)
            held = {live.session.id: live for live in self._tasks.values() if not live.ending}
            if not held:
                continue
            rows = [(session_id, live.session.chat_id) for session_id, live in held.items()]
            try:
                gone = await self._need.database.write(lambda tx, which=rows: sessions.beat(tx, which))
            except Exception:
                logger.exception("voice_beat_failed")
                continue
            for session_id in gone:
                held[session_id].end("takeover")

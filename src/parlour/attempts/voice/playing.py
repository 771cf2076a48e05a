"""Playing a spoken reply: what was made goes to the listener, never far ahead of the clock.

The clock of a reply runs while there is sound at the listener: it stands still where all that was sent has
been played. What was heard is what the listener reports, or else what the clock says (decision: the heard
ledger). Nothing here waits: timers of the event loop send.
"""

import asyncio
from collections.abc import Callable

from parlour.attempts.voice.holders import SOUND_RATE, ReplySound
from parlour.attempts.voice.script import Script
from parlour.conversations.spoken.ledger import Playback
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, MessageId

BYTES_PER_MS = SOUND_RATE * 2 // 1000
FRAME_BYTES = 80 * BYTES_PER_MS
RETRY_SECONDS = 0.05
NEAR_MS = 60
REPORT_GRACE_MS = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """Where sound goes. `offer` False: not now. `tell`: something about the player has changed. Milliseconds."""

    chat_id: ChatId
    offer: Callable[[ReplySound], bool]
    tell: Callable[[], None]
    lead_ms: int


class Player:
    """The sound of one reply on its way. Used from the event loop only."""

    def __init__(self, listener: Listener, message_id: MessageId) -> None:
        self.message_id = message_id
        self.script = Script()
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._sound = bytearray()
        self._made_bytes = 0
        self._sent_bytes = 0
        self._frames = 0
        self._base: tuple[float, float] | None = None
        self._reported_ms: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._held = False
        self._ended = False
        self._closed = False
        self.finished = False

    @property
    def made_ms(self) -> int:
        """How much sound there is, sent or not."""
        return self._made_bytes // BYTES_PER_MS

    @property
    def waiting_ms(self) -> int:
        """How much of it was not sent yet."""
        return len(self._sound) // BYTES_PER_MS

    @property
    def sent_ms(self) -> int:
        """How much of it was sent."""
        return self._sent_bytes // BYTES_PER_MS

    def add(self, pcm: bytes) -> None:
        """More sound."""
        if self._closed or not pcm:
            return
        self._sound += pcm
        self._made_bytes += len(pcm)
        self.script.made(self.made_ms)
        self._kick()

    def end(self) -> None:
        """There is no more sound."""
        self._ended = True
        self.script.end(self.made_ms)
        self._kick()

    def hold(self, held: bool) -> None:
        """Send nothing for now, or go on."""
        if held != self._held:
            self._held = held
            self._kick()

    def report(self, played_ms: int) -> bool:
        """The listener has played so much; it is never more than was sent, and never less than before."""
        if self._closed or self.finished:
            return False
        self._reported_ms = max(self._reported_ms or 0, min(played_ms, self.sent_ms))
        self._kick()
        return True

    def stop(self) -> None:
        """Nothing is sent any more."""
        self._closed = True
        self._sound.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def playback(self) -> Playback:
        """What is known now of what was sent and heard."""
        reported = self._reported_ms
        heard_ms = self.sent_ms if self.finished else round(self._position()) if reported is None else reported
        return Playback(
            message_id=self.message_id,
            segments=self.script.segments(),
            sent_characters=self.script.begun(self.sent_ms),
            heard_characters=self.script.heard(heard_ms),
            sent_ms=self.sent_ms,
            heard_ms=heard_ms,
            measured="clock" if reported is None else "report",
        )

    def _position(self) -> float:
        """Milliseconds of sound that the clock says were played."""
        if self._base is None:
            return 0.0
        at_ms, at = self._base
        return min(self._sent_bytes / BYTES_PER_MS, at_ms + (self._loop.time() - at) * 1000)

    def _kick(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if not self._closed and not self.finished:
            self._step()

    def _again(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._kick)

    def _step(self) -> None:
        while self._sound and not self._held:
            ahead = self._sent_bytes / BYTES_PER_MS - self._position()
            if ahead >= self._listener.lead_ms:
                self._again((ahead - self._listener.lead_ms) / 1000 + 0.001)
                return
            if not self._send():
                self._again(RETRY_SECONDS)
                return
        if self._ended and not self._sound:
            self._end_when_played()

    def _send(self) -> bool:
        pcm = bytes(self._sound[:FRAME_BYTES])
        listener = self._listener
        sound = ReplySound(chat_id=listener.chat_id, message_id=self.message_id, frame=self._frames, pcm=pcm)
        if not listener.offer(sound):
            return False
        sent = self._sent_bytes / BYTES_PER_MS
        if self._base is None or self._position() >= sent:
            self._base = (sent, self._loop.time())
        del self._sound[: len(pcm)]
        self._frames += 1
        self._sent_bytes += len(pcm)
        listener.tell()
        return True

    def _end_when_played(self) -> None:
        sent = self._sent_bytes / BYTES_PER_MS
        left_ms = sent - self._position()
        if self._reported_ms is not None:
            late_ms = (self._base[0] + (self._loop.time() - self._base[1]) * 1000 - sent) if self._base else 0.0
            by_report = self._reported_ms >= sent - NEAR_MS
            left_ms = 0.0 if by_report else max(0.0, REPORT_GRACE_MS - late_ms)
        if left_ms > 0:
            self._again(left_ms / 1000 + 0.001)
            return
        self.finished = True
        self._listener.tell()

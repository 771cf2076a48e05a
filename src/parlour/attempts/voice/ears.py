"""What a session hears: frames in a bounded queue, at 16 kHz beside what the client sent, the last seconds kept."""

from collections import deque
from collections.abc import Callable

from parlour.attempts.voice.channels import Frame
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.speech.pcm import Resampler
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES

BATCH_BYTES = SOUND_RATE * SAMPLE_BYTES // 50
PIECE_BYTES = SOUND_RATE * SAMPLE_BYTES
KEPT_BYTES = 8 * HEARD_RATE * SAMPLE_BYTES
HEARD_BYTES_PER_MS = HEARD_RATE * SAMPLE_BYTES // 1000


class Ears:
    """The input of one session. `wake` is called when there is enough to work on.

    Where it was muted stands a mark in the queue (no bytes): what was heard before is taken up to it (`over`).
    `held`: of the sound that is taken next no pause ends the turn, because the learner holds it (push to talk).

    When the queue is full the oldest frames are dropped and counted (6.8.9).
    """

    def __init__(self, queue_seconds_max: float, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._bytes_max = round(queue_seconds_max * SOUND_RATE) * SAMPLE_BYTES
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._resampler = Resampler(SOUND_RATE, HEARD_RATE)
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._given_bytes = 0
        self._seq: int | None = None
        self._marks: deque[bool] = deque()  # whether what follows each mark is held
        self._mark_dropped = False
        self.muted = False
        self.held = False
        self.dropped = 0

    @property
    def end_ms(self) -> int:
        """How much sound was taken from the queue."""
        return self._given_bytes // HEARD_BYTES_PER_MS

    def hear(self, sound: bytes, seq: int | None) -> bool:
        """A frame; whether it is taken in. The hot path: it queues, and nothing else."""
        if self.muted:
            return False
        if seq is not None:
            if self._seq is not None and seq <= self._seq:
                return False
            self._seq = seq
        self._queue.append(sound)
        self._waiting += len(sound)
        while self._waiting > self._bytes_max and len(self._queue) > 1:
            self._drop(self._queue.popleft())
        if self._waiting >= BATCH_BYTES:
            self._wake()
        return True

    def mute(self, muted: bool, *, hold: bool = False) -> None:
        """Hear nothing, or again. What was heard before is a turn of its own. `hold`: what is heard now is held, until
        this is called again."""
        if muted and not self.muted and not (self._queue and not self._queue[-1]):
            self._queue.append(b"")
            self._marks.append(False)
        self.muted = muted
        if self._marks:
            self._marks[-1] = hold and not muted
        else:
            self.held = hold and not muted

    def over(self) -> bool:
        """Whether a turn ends here, because it was muted; what was heard before it is forgotten then."""
        if self._mark_dropped:
            self._mark_dropped = False
        elif self._queue and not self._queue[0]:
            self._queue.popleft()
            self.held = self._marks.popleft()
        else:
            return False
        self._kept.clear()
        self._kept_bytes = 0
        return True

    def take(self, *, rest: bool = False) -> Frame | None:
        """The next piece of what waits, at most a second; None if there is not enough, or at a mark. `rest`: however
        little, as before a mark."""
        if self._mark_dropped or self._waiting < (1 if rest or self._marks else BATCH_BYTES):
            return None
        taken: list[bytes] = []
        size = 0
        while self._queue and self._queue[0] and size < PIECE_BYTES:
            taken.append(self._queue.popleft())
            size += len(taken[-1])
        if not taken:
            return None
        self._waiting -= size
        pcm24k = b"".join(taken)
        pcm16k = self._resampler.feed(pcm24k)
        if not self._queue[0] if self._queue else rest:
            pcm16k += self._resampler.flush()
        self._given_bytes += len(pcm16k)
        self._keep(pcm16k)
        return Frame(pcm24k=pcm24k, pcm16k=pcm16k, end_ms=self.end_ms, held=self.held)

    def since(self, at_ms: int) -> bytes:
        """The sound from a moment on, as far as it is kept."""
        kept = b"".join(self._kept)
        wanted = self._given_bytes - max(0, at_ms) * HEARD_BYTES_PER_MS
        return kept[max(0, len(kept) - wanted) :] if wanted > 0 else b""

    def _drop(self, sound: bytes) -> None:
        self._waiting -= len(sound)
        self.dropped += bool(sound)
        if not sound:
            self.held = self._marks.popleft()
            self._mark_dropped = True

    def _keep(self, pcm16k: bytes) -> None:
        self._kept.append(pcm16k)
        self._kept_bytes += len(pcm16k)
        while self._kept_bytes - len(self._kept[0]) >= KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft())

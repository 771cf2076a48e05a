"""When somebody speaks: from a detector's guesses, window by window, to beginnings and ends (Glow 6.8.3).

Hysteresis twice: speech begins at a higher probability than it ends at, and neither a single loud window nor a
single quiet one decides anything.
"""

from parlour.kernel.dataclass import dataclass
from parlour.speech.pcm import bytes_of, duration_ms
from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, VoiceActivity

_GAP_MS = 120  # so much quiet and what stirred was nothing
_RELEASE = 0.7  # of the threshold: below it, it is quiet
_KEPT_MS_MAX = 15_000


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRules:
    """`onset_ms` of speech make a beginning, `offset_ms` of quiet an end.

    `prefix_ms` of sound from before the beginning are given with it.
    """

    threshold: float = 0.5
    onset_ms: int = 100
    offset_ms: int = 200
    prefix_ms: int = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Stirring:
    """Perhaps somebody speaks since `at_ms`. `Onset` or `Calmed` follows."""

    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Calmed:
    """It was nothing."""

    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Onset:
    """Somebody speaks since `at_ms`. `sound`: from `prefix_ms` before that to the end of all that was fed."""

    at_ms: int
    sound: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Offset:
    """Since `at_ms` it is quiet, and has been for `offset_ms`."""

    at_ms: int


GateEvent = Stirring | Calmed | Onset | Offset


class SpeechGate:
    """Watches one stream of sound. Milliseconds count from its beginning, or from the last `reset`.

    `onset_ms` may be changed at any time: more is asked of somebody who interrupts. What is kept in memory is at
    most 15 s of sound.
    """

    def __init__(self, activity: VoiceActivity, rules: GateRules) -> None:
        self.rules = rules
        self.onset_ms = rules.onset_ms
        self._activity = activity
        self._window = activity.window_samples * SAMPLE_BYTES
        self._window_ms = activity.window_samples * 1000 / HEARD_RATE
        self._forget()

    def _forget(self) -> None:
        self._kept = bytearray()  # the end of the stream
        self._first = 0  # the place in the stream (in bytes) of the first byte kept
        self._seen = 0  # the place up to which windows were looked at
        self._begun: int | None = None  # where the speech began that goes on, or may
        self._spoken_ms = 0.0  # speech since then
        self._last = 0  # where the last speech ended
        self._speaking = False

    @property
    def speaking(self) -> bool:
        """Between a beginning and an end."""
        return self._speaking

    @property
    def heard_ms(self) -> int:
        """How much of the stream was looked at."""
        return duration_ms(self._seen)

    @property
    def quiet_ms(self) -> int:
        """For how long nobody has spoken."""
        return duration_ms(self._seen - self._last)

    def reset(self) -> None:
        """Forget everything that was heard: a new stream begins."""
        self._activity.reset()
        self._forget()

    def feed(self, sound: bytes) -> tuple[GateEvent, ...]:
        """More sound (PCM16 at `HEARD_RATE`, any length): what became of it."""
        self._kept += sound
        events: list[GateEvent] = []
        end = self._first + len(self._kept)
        while self._seen + self._window <= end:
            begin = self._seen - self._first
            window = bytes(self._kept[begin : begin + self._window])
            self._seen += self._window
            event = self._judged(self._activity.probability(window))
            if event is not None:
                events.append(event)
        self._trim()
        return tuple(events)

    def _judged(self, probability: float) -> GateEvent | None:
        threshold = self.rules.threshold
        if probability >= threshold:
            return self._speech()
        if probability >= threshold * _RELEASE and self._begun is not None:
            self._last = self._seen if self._speaking else self._last
            return None
        return self._quiet()

    def _speech(self) -> GateEvent | None:
        self._last = self._seen
        if self._speaking:
            return None
        began = self._begun is None
        if self._begun is None:
            self._begun, self._spoken_ms = self._seen - self._window, 0.0
        self._spoken_ms += self._window_ms
        if self._spoken_ms >= self.onset_ms:
            self._speaking = True
            return Onset(at_ms=duration_ms(self._begun), sound=self._since(self._begun))
        return Stirring(at_ms=duration_ms(self._begun)) if began else None

    def _quiet(self) -> GateEvent | None:
        if self._begun is None or self.quiet_ms < (self.rules.offset_ms if self._speaking else _GAP_MS):
            return None
        was_speaking, self._speaking, self._begun = self._speaking, False, None
        return Offset(at_ms=duration_ms(self._last)) if was_speaking else Calmed(at_ms=self.heard_ms)

    def _since(self, begun: int) -> bytes:
        begin = max(0, begun - bytes_of(self.rules.prefix_ms) - self._first)
        return bytes(self._kept[begin:])

    def _trim(self) -> None:
        """Keep what a beginning may still ask for, and no more."""
        needed = self._seen if self._begun is None or self._speaking else self._begun
        end = self._first + len(self._kept)
        first = max(needed - bytes_of(self.rules.prefix_ms), end - bytes_of(_KEPT_MS_MAX), self._first)
        first = min(first, self._seen)
        del self._kept[: first - self._first]
        self._first = first

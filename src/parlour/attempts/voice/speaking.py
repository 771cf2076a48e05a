"""How long somebody has really been speaking, by a detector of our own, where the service does not tell."""

from bisect import bisect_right

from parlour.speech.ports import HEARD_RATE, SAMPLE_BYTES, VoiceActivity

KEPT_MS = 10_000


class SpeechMeter:
    """Listens to all sound at `HEARD_RATE`; remembers where there was speech, `KEPT_MS` long at least."""

    def __init__(self, activity: VoiceActivity, threshold: float) -> None:
        self._activity = activity
        self._threshold = threshold
        self._window_bytes = activity.window_samples * SAMPLE_BYTES
        self._window_ms = activity.window_samples * 1000 // HEARD_RATE
        self._held = bytearray()
        self._spoken: list[int] = []

    def hear(self, sound: bytes, end_ms: int) -> None:
        """More sound; it ends at `end_ms` of all sound."""
        self._held += sound
        size = self._window_bytes
        while len(self._held) >= size:
            window = bytes(self._held[:size])
            del self._held[:size]
            if self._activity.probability(window) >= self._threshold:
                left_ms = len(self._held) * 1000 // (HEARD_RATE * SAMPLE_BYTES)
                self._spoken.append(end_ms - left_ms)
        if self._spoken and self._spoken[0] <= end_ms - 2 * KEPT_MS:
            del self._spoken[: bisect_right(self._spoken, end_ms - KEPT_MS)]

    def spoken_ms(self, since_ms: int) -> int:
        """How much speech there was since then."""
        return (len(self._spoken) - bisect_right(self._spoken, since_ms)) * self._window_ms

    def reset(self) -> None:
        """What follows does not go on from what was."""
        self._activity.reset()
        self._held.clear()
        self._spoken.clear()

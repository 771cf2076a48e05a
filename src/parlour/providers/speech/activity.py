"""Detectors of speech: WebRTC's, and one by loudness for systems that have no wheel of it (Glow 6.8.3)."""

import logging
import math
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec

from parlour.settings import Settings
from parlour.speech.pcm import level
from parlour.speech.ports import HEARD_RATE, VoiceActivity

log = logging.getLogger(__name__)

WINDOW_SAMPLES = HEARD_RATE // 50  # 20 ms
_SILENT_DB = -58.0  # nobody speaks so quietly
_RISE_DB = 0.02  # how fast the floor follows loudness, each window: 1 dB a second
_FALL = 0.2  # how fast it follows quiet


def build_activity(settings: Settings) -> Callable[[], VoiceActivity]:
    """What makes a detector for a stream. The first one it makes loads the library (a quarter of a second)."""
    wanted = settings.voice.activity
    there = find_spec("webrtcvad") is not None
    if wanted == "webrtc" and not there:
        log.warning("voice.activity: webrtcvad is not installed, speech is detected by its loudness")
    return WebRtcActivity if there and wanted != "energy" else EnergyActivity


class _Floor:
    """How loud it is when nobody speaks, learnt on the way."""

    def __init__(self) -> None:
        self._db: float | None = None

    def above(self, window: bytes) -> float:
        """By how many decibels a window is louder than the floor; negative if it is too quiet for speech."""
        db = 20 * math.log10(max(level(window), 1e-5))
        if self._db is None:
            self._db = min(db, -45.0)
        floor = self._db
        self._db = floor + (_FALL * (db - floor) if db < floor else min(_RISE_DB, db - floor))
        return db - floor if db > _SILENT_DB else -1.0


class EnergyActivity:
    """Speech is what is clearly louder than what was there before."""

    window_samples = WINDOW_SAMPLES

    def __init__(self, *, decibels: float = 9.0) -> None:
        self._decibels = decibels
        self.reset()

    def reset(self) -> None:
        """Forget what was heard before."""
        self._floor = _Floor()
        self._last: deque[float] = deque(maxlen=3)

    def probability(self, window: bytes) -> float:
        """How likely it is that somebody speaks in this window, between 0 and 1."""
        above = self._floor.above(window)
        self._last.append(1 / (1 + math.exp((self._decibels - above) / 1.5)))
        return sum(self._last) / len(self._last)


class WebRtcActivity:
    """WebRTC's detector, smoothed over the last windows; too quiet a window counts as quiet whatever it says."""

    window_samples = WINDOW_SAMPLES

    def __init__(self, *, mode: int = 2) -> None:
        import webrtcvad

        self._mode = mode
        self._new = webrtcvad.Vad
        self.reset()

    def reset(self) -> None:
        """Forget what was heard before."""
        self._detector = self._new(self._mode)
        self._floor = _Floor()
        self._last: deque[float] = deque(maxlen=5)

    def probability(self, window: bytes) -> float:
        """How likely it is that somebody speaks in this window, between 0 and 1."""
        loud = self._floor.above(window) >= 3.0
        self._last.append(1.0 if loud and self._detector.is_speech(window, HEARD_RATE) else 0.0)
        return sum(self._last) / len(self._last)

"""Time. Instants are whole milliseconds since the Unix epoch; durations are seconds."""

import datetime
import time
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """What o'clock it is, and how much time went by."""

    def now_ms(self) -> int:
        """Wall-clock milliseconds since the Unix epoch. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps; only differences mean something."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


def rfc3339(at_ms: int) -> str:
    """An instant as RFC 3339 in UTC with milliseconds and `Z` (specification 0)."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}"


def instant(text: str) -> int:
    """The instant that an RFC 3339 text names; `ValueError` if it has no time zone."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs a time zone, for example 2026-01-31T09:00:00Z")
    return int(moment.timestamp() * 1000)

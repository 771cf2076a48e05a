"""The brake on floods of HTTP commands (Glow 4.7), in memory and bounded. Sockets count for themselves."""

from collections import OrderedDict

from parlour.kernel.clock import Clock
from parlour.kernel.refusals import Refusal

ENTRIES_MAX = 20_000
WINDOW_SECONDS = 1.0


class FloodBrake:
    """At most so many commands a second of one credential of an account, in each process."""

    def __init__(self, clock: Clock, per_second_max: int, *, entries_max: int = ENTRIES_MAX) -> None:
        self._clock = clock
        self._per_second_max = per_second_max
        self._entries_max = entries_max
        self._windows: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def count(self, account_id: str, digest: str) -> None:
        """Count a command; raises `too_many_requests` if there were too many within a second."""
        now = self._clock.monotonic()
        key = (account_id, digest)
        began, count = self._windows.get(key, (now, 0))
        if now - began >= WINDOW_SECONDS:
            began, count = now, 0
            self._windows.pop(key, None)
        self._windows[key] = (began, count + 1)
        if len(self._windows) > self._entries_max:
            self._windows.popitem(last=False)
        if count >= self._per_second_max:
            raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=1)

"""A brake on guessing passwords, in memory and bounded."""

import ipaddress
from collections import OrderedDict, deque
from contextlib import suppress

from parlour.kernel.clock import Clock
from parlour.kernel.refusals import Refusal

FAILURES_PER_USER = 10
FAILURES_PER_ADDRESS = 30
WINDOW_SECONDS = 60.0
ENTRIES_MAX = 20_000


class LoginThrottle:
    """At most 10 failures a minute for a name and 30 for an address; then 429 without evaluation.

    A try counts when it begins, so that many at once do not slip through, and is given back
    when it succeeds. IPv6 addresses count by their /64.
    """

    def __init__(self, clock: Clock, *, entries_max: int = ENTRIES_MAX) -> None:
        self._clock = clock
        self._entries_max = entries_max
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def begin(self, address: str, user_id: str) -> None:
        """Count a try. `too_many_requests` if there were too many, and nothing is counted."""
        keys = ((_network(address), FAILURES_PER_ADDRESS), (_name(user_id), FAILURES_PER_USER))
        now = self._clock.monotonic()
        wait = max(self._wait(key, most, now) for key, most in keys)
        if wait > 0:
            raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=int(wait) + 1)
        for key, _ in keys:
            self._tries.setdefault(key, deque()).append(now)
            self._tries.move_to_end(key)
        while len(self._tries) > self._entries_max:
            self._tries.popitem(last=False)

    def succeeded(self, address: str, user_id: str) -> None:
        """Give back the newest try of both."""
        for key in (_network(address), _name(user_id)):
            tries = self._tries.get(key)
            if tries:
                tries.pop()

    def _wait(self, key: str, most: int, now: float) -> float:
        tries = self._tries.get(key)
        if tries is None:
            return 0
        while tries and now - tries[0] >= WINDOW_SECONDS:
            tries.popleft()
        return 0 if len(tries) < most else WINDOW_SECONDS - (now - tries[0])


def _name(user_id: str) -> str:
    return "name " + user_id.lower()[:64]


def _network(address: str) -> str:
    with suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
            return f"net {ipaddress.ip_network((parsed, 64), strict=False)}"
    return "net " + address

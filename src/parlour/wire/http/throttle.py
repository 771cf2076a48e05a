"""A brake on guessing passwords, in memory and bounded."""

import ipaddress
from collections import OrderedDict, deque
from contextlib import suppress

from parlour.accounts.names import fold
from parlour.kernel.clock import Clock
from parlour.kernel.refusals import Refusal

FAILURES_PER_USER = 10
FAILURES_PER_ADDRESS = 30
WINDOW_SECONDS = 60.0
ENTRIES_MAX = 20_000


class Window:
    """At most `most` of a key within a minute; the least recently used keys are forgotten."""

    def __init__(self, clock: Clock, most: int, *, entries_max: int = ENTRIES_MAX) -> None:
        self._clock = clock
        self._most = most
        self._entries_max = entries_max
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """0 if there may be another now, otherwise the seconds until there may."""
        tries = self._tries.get(key)
        if tries is None:
            return 0
        now = self._clock.monotonic()
        while tries and now - tries[0] >= WINDOW_SECONDS:
            tries.popleft()
        return 0 if len(tries) < self._most else WINDOW_SECONDS - (now - tries[0])

    def add(self, key: str) -> None:
        """Count one."""
        self._tries.setdefault(key, deque()).append(self._clock.monotonic())
        self._tries.move_to_end(key)
        if len(self._tries) > self._entries_max:
            self._tries.popitem(last=False)

    def give_back(self, key: str) -> None:
        """The newest did not count."""
        tries = self._tries.get(key)
        if tries:
            tries.pop()


class LoginThrottle:
    """At most 10 failures a minute for a name and 30 for an address; then 429 without evaluation.

    A try counts when it begins, so that many at once do not slip through, and is given back
    when it succeeds. IPv6 addresses count by their /64.
    """

    def __init__(self, clock: Clock, *, entries_max: int = ENTRIES_MAX) -> None:
        self._names = Window(clock, FAILURES_PER_USER, entries_max=entries_max)
        self._networks = Window(clock, FAILURES_PER_ADDRESS, entries_max=entries_max)

    def begin(self, address: str, user_id: str) -> None:
        """Count a try. `too_many_requests` if there were too many, and nothing is counted."""
        network, name = network_of(address), _name(user_id)
        wait = max(self._networks.wait(network), self._names.wait(name))
        if wait > 0:
            raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=int(wait) + 1)
        self._networks.add(network)
        self._names.add(name)

    def succeeded(self, address: str, user_id: str) -> None:
        """Give back the newest try of both."""
        self._networks.give_back(network_of(address))
        self._names.give_back(_name(user_id))


def _name(user_id: str) -> str:
    return fold(user_id)[:64]


def network_of(address: str) -> str:
    """Under which key an address counts: an IPv6 address by its /64."""
    with suppress(ValueError):
        parsed = ipaddress.ip_address(address)
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
            return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address

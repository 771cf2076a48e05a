"""How often: requests of an account and registrations from an address (lab protocol 1.1, 15). In memory and bounded."""

from collections import OrderedDict

from parlour.kernel.clock import Clock
from parlour.kernel.refusals import Refusal
from parlour.wire.http.throttle import Window, network_of

ENTRIES_MAX = 20_000
REGISTRATIONS_PER_MINUTE = 60


class Buckets:
    """A bucket of `burst` for each key, refilled by `per_second`; the least recently used are forgotten."""

    def __init__(self, clock: Clock, *, per_second: float, burst: int, entries_max: int = ENTRIES_MAX) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._entries_max = entries_max
        self._full: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one; 0 if there was one, otherwise the seconds until there will be, and nothing is taken."""
        now = self._clock.monotonic()
        left, at = self._full.get(key, (float(self._burst), now))
        left = min(self._burst, left + max(0.0, now - at) * self._per_second)
        taken = left >= 1
        self._full[key] = (left - 1 if taken else left, now)
        self._full.move_to_end(key)
        if len(self._full) > self._entries_max:
            self._full.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._per_second


class RequestBrake:
    """So many requests a second of an account in each process; `GET /response` is delayed instead."""

    def __init__(self, clock: Clock, *, per_second_max: float, burst_max: int) -> None:
        self._buckets = Buckets(clock, per_second=per_second_max, burst=burst_max)

    def count(self, account_id: str) -> None:
        """Count a request. `too_many_requests` if there were too many."""
        wait = self.wait(account_id)
        if wait > 0:
            raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=int(wait) + 1)

    def wait(self, account_id: str) -> float:
        """Count a request; 0, or the seconds for which it is too early."""
        return self._buckets.take(account_id)


class RegistrationBrake:
    """At most 60 registrations a minute from an address; IPv6 addresses count by their /64."""

    def __init__(self, clock: Clock, per_minute: int = REGISTRATIONS_PER_MINUTE) -> None:
        self._window = Window(clock, per_minute)

    def count(self, address: str) -> None:
        """Count a registration. `too_many_attempts` if there were too many."""
        network = network_of(address)
        wait = self._window.wait(network)
        if wait > 0:
            raise too_many_attempts(int(wait) + 1)
        self._window.add(network)


def too_many_attempts(seconds: int) -> Refusal:
    """The refusal of a try that is not evaluated."""
    return Refusal("too_many_attempts", "Slow down and try again.", retry_after_seconds=seconds)

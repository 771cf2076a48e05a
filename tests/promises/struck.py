"""Servers on one store that are struck again and again, and are there again afterwards."""

import random
import signal
import time
from functools import partial

from parlour.jobs.queue import CLAIMS_MAX
from tests.harness.clock import SetClock
from tests.harness.site import until
from tests.promises.nursery import Child, Nursery

FROZEN_SECONDS = (0.3, 0.6)
THAWED_SECONDS = (0.5, 1.0)
LEASE_MS = 16_000
SPARED_SECONDS = 120


class Servers:
    """One server on SQLite, two on PostgreSQL, of which one at a time is struck, and is there again afterwards.

    They are spared while a job is near its last claim, for what ends so many servers without getting done is given up
    (P8). So nothing depends on how fast the machine is.
    """

    def __init__(self, nursery: Nursery, clock: SetClock, chance: random.Random) -> None:
        self.nursery = nursery
        self._clock = clock
        self.chance = chance
        self._shared = nursery.site.url.startswith("postgresql")
        self.children: list[Child] = [nursery.start() for _ in range(2 if self._shared else 1)]
        self.strikes = 0
        self._database = nursery.site.database()

    def kill_one(self) -> None:
        """SIGKILL. The leases of the dead one lapse at once."""
        self._end_one(signal.SIGKILL)

    def end_one(self) -> None:
        """SIGTERM, which gives back what is under way: no lease has to lapse."""
        self._end_one(signal.SIGTERM)

    def freeze_one(self) -> None:
        """SIGSTOP for a moment in which its leases lapse and the other one takes its jobs; then it goes on.

        What it had begun it ends with the time of before: it claims jobs whose leases are far ahead of that, and they
        are claimed again. So a job is claimed up to four times more.
        """
        self._spare(2)
        frozen = self.chance.choice(self.children)
        frozen.send(signal.SIGSTOP)
        self._leap()
        time.sleep(self.chance.uniform(*FROZEN_SECONDS))
        frozen.send(signal.SIGCONT)
        self.strikes += 1
        time.sleep(self.chance.uniform(*THAWED_SECONDS))

    def _end_one(self, number: int) -> None:
        self._spare(CLAIMS_MAX - 1)
        at = self.chance.randrange(len(self.children))
        ended = self.children[at]
        ended.kill(number)
        self.strikes += 1
        if self._shared and number == signal.SIGKILL:
            self._leap()
        self.children[at] = self.nursery.start(port=ended.port)

    def _spare(self, most: int) -> None:
        sql = "SELECT id FROM jobs WHERE state != 'stuck' AND claims >= :most"
        near_the_end = partial(self._database.read_here, lambda tx: tx.all(sql, most=most))
        until(lambda: not near_the_end(), SPARED_SECONDS)

    def _leap(self) -> None:
        self._clock.go_to(self._clock.now_ms() + LEASE_MS)

"""An event loop on which time goes by only while nobody has anything to do.

For tests of what has to happen within so many seconds when client and server share a loop: a machine that stands
still for a while takes no time here, and what must elapse elapses at once. Nothing may wait for threads or processes.
"""

import asyncio
import selectors

LOOK_SECONDS = 0.005


class _Looks(selectors.DefaultSelector):
    """Instead of waiting until a timer is due, looks whether there is anything to do, and if not moves the clock."""

    moved = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(LOOK_SECONDS)
        if not found:
            self.moved += timeout
        return found


class PatientLoop(asyncio.SelectorEventLoop):
    """See above."""

    def __init__(self) -> None:
        self._looks = _Looks()
        super().__init__(self._looks)

    def time(self) -> float:
        """Seconds in which there was nothing to do."""
        return self._looks.moved


class PatientPolicy(asyncio.DefaultEventLoopPolicy):
    """For the fixture `event_loop_policy` of a test module."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return PatientLoop()

"""What the pump needs from outside, and what it offers to readers."""

from collections.abc import Sequence
from typing import Protocol

from parlour.storage.dialects import Logged


class Waker(Protocol):
    """Tells of commits of other processes. Losing a wake costs a poll interval, never an event."""

    async def wait(self) -> None:
        """Return when there may be something new."""
        ...

    async def aclose(self) -> None:
        """Stop listening."""
        ...


class Reader(Protocol):
    """A cursor of this process: a socket, a stream, a long poll, a running turn."""

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """An event of the rooms the reader is in. Must not raise and must not wait."""
        ...

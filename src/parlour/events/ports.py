"""What the pump offers to readers."""

from collections.abc import Sequence
from typing import Protocol

from parlour.storage.dialects import Logged


class Reader(Protocol):
    """A cursor of this process: a socket, a stream, a long poll, a running turn."""

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """An event of the rooms the reader is in. Must not raise and must not wait."""
        ...

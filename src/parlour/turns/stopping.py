"""How work hears that somebody else has ended it, in whichever process: the room of the work says so."""

import asyncio
from collections.abc import Callable, Sequence

from parlour.events.facts import fact_of
from parlour.storage.dialects import Logged


class StopWatch:
    """A reader of a room that cancels a task when a fact of `kind` says that its work has ended.

    `seen` tells an end by somebody else from every other cancellation. The watched task is the one that makes
    the watch, until `watch` names another one.
    """

    def __init__(self, kind: type, ends: Callable[[object], bool]) -> None:
        self._kind = kind.__name__
        self._ends = ends
        self._task = asyncio.current_task()
        self.seen = False

    def watch(self, task: "asyncio.Task[object] | None") -> None:
        """Cancel this task instead; None: only remember that it ended."""
        self._task = task

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if event.kind != self._kind or not self._ends(fact_of(event)):
            return
        self.seen = True
        if self._task is not None:
            self._task.cancel()

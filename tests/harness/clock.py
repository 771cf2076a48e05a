"""A server's clock that a test moves: how far it is ahead stands in a file."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from parlour.kernel.clock import SystemClock

VARIABLE = "TEST_CLOCK"


class FileClock(SystemClock):
    """The clock of the machine, set ahead by the milliseconds in a file, or standing at those after a `=`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now_ms(self) -> int:
        told = self._file.read_text()
        return int(told[1:]) if told.startswith("=") else super().now_ms() + int(told or 0)


class SetClock:
    """What a test holds of such a clock; servers started within `given` have it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = 0
        self._stands_at: int | None = None
        self.set_ahead(0)

    def set_ahead(self, ms: int) -> None:
        """Set the servers' clock; all at once, so that no reader sees half a number."""
        self._ahead, self._stands_at = ms, None
        self._write(str(ms))

    def now_ms(self) -> int:
        """What o'clock it is for the servers."""
        return SystemClock().now_ms() + self._ahead if self._stands_at is None else self._stands_at

    def go_to(self, ms: int) -> None:
        """Make it this o'clock for the servers."""
        self.set_ahead(ms - SystemClock().now_ms())

    def stand_at(self, ms: int) -> None:
        """Make it this o'clock, and let no time go by until it is set again, whatever the machine does meanwhile."""
        self._stands_at = ms
        self._write(f"={ms}")

    def _write(self, text: str) -> None:
        written = self._file.with_suffix(".new")
        written.write_text(text)
        written.replace(self._file)

    @contextmanager
    def given(self) -> Generator[None]:
        """Servers that are started meanwhile go by this clock."""
        os.environ[VARIABLE] = str(self._file)
        try:
            yield
        finally:
            del os.environ[VARIABLE]

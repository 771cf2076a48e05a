"""The database of a server: one writer, a pool of readers, migrations."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from parlour.kernel.clock import Clock
from parlour.kernel.ids import Ids
from parlour.storage.dialects import Connection, dialect_for
from parlour.storage.migrate import NEWEST, migrate, migrate_apart
from parlour.storage.tx import Tx
from parlour.storage.writer import Writer

T = TypeVar("T")


class Database:
    """Opens and, if needed, migrates the store at `url` (`sqlite:///path` or `postgresql://...`)."""

    def __init__(self, url: str, clock: Clock, ids: Ids, *, readers: int = 4) -> None:
        self.dialect = dialect_for(url)
        self._clock = clock
        self._ids = ids
        self._local = threading.local()
        self._opened: list[Connection] = []
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="parlour-reader")
        self.writer = Writer(self.dialect, clock, ids)

    def migrate(self) -> None:
        """Bring the tables to this version's form; safe to call from several processes."""
        if not self.is_current():
            migrate(self.dialect.url)

    def migrate_apart(self) -> None:
        """As `migrate`, in a child process, so that a server stays small. Raises `MigrationError`."""
        if not self.is_current():
            migrate_apart(self.dialect.url)

    def is_current(self) -> bool:
        """Whether the tables are those of this version."""
        try:
            row = self.read_here(lambda tx: tx.one("SELECT version_num FROM alembic_version"))
        except self.dialect.errors:
            return False
        return row is not None and row["version_num"] == NEWEST

    def start(self) -> None:
        """Begin to write; call it on the running event loop."""
        self.writer.start()

    async def stop(self) -> None:
        """Commit what is waiting and close every connection."""
        await self.writer.stop()
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._opened:
            connection.close()

    async def write(self, action: Callable[[Tx], T]) -> T:
        """Run `action` in a transaction; when this returns, it is durable."""
        return await self.writer.submit(action)

    def write_here(self, action: Callable[[Tx], T]) -> T:
        """As `write`, in the calling thread: for the command line."""
        return self.writer.run_here(action)

    async def read(self, action: Callable[[Tx], T]) -> T:
        """Run `action` on a consistent snapshot, off the event loop; writing raises."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_here, action)

    def read_here(self, action: Callable[[Tx], T]) -> T:
        """As `read`, in the calling thread."""
        try:
            return self._snapshot(action)
        except self.dialect.lost:
            self._local.connection = None
            return self._snapshot(action)

    def _snapshot(self, action: Callable[[Tx], T]) -> T:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self.dialect.open(reading=True)
            self._opened.append(connection)
        cursor = connection.cursor()
        self.dialect.begin(cursor, reading=True)
        try:
            return action(Tx(cursor, self.dialect, self._ids, self._clock.now_ms(), guard=None))
        finally:
            cursor.execute("ROLLBACK")

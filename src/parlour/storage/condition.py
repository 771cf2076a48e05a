"""The condition of a store, for operators: whether it can be reached, and how old its tables are."""

import sqlite3
from contextlib import closing
from pathlib import Path

from parlour.kernel.dataclass import dataclass
from parlour.storage.dialects import dialect_for
from parlour.storage.migrate import NEWEST, MigrationError, migrate_apart
from parlour.storage.sqlite import SQLite


class StoreUnavailableError(Exception):
    """The store cannot be used, and why, without its password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revisions:
    """The revision of the tables (`None`: there are none) and the newest that this version knows."""

    found: str | None
    newest: str


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite store; `None` for another kind."""
    dialect = dialect_for(url)
    return dialect.path if isinstance(dialect, SQLite) else None


def sqlite_library() -> str:
    """The version of the SQLite library in use."""
    return sqlite3.sqlite_version


def upgrade(url: str) -> None:
    """Bring the tables up to date. Raises `StoreUnavailableError`."""
    tables = revisions(url)
    if tables.found == tables.newest:
        return
    try:
        migrate_apart(url)
    except MigrationError as error:
        raise StoreUnavailableError(str(error)) from None


def revisions(url: str) -> Revisions:
    """How old the tables are; changes none. Raises `StoreUnavailableError`, also if they are of a newer version."""
    dialect = dialect_for(url)
    try:
        connection = dialect.open(reading=True)
    except dialect.errors as error:
        raise _unavailable(error) from None
    with closing(connection):
        cursor = connection.cursor()
        try:
            cursor.execute("SELECT version_num FROM alembic_version")
            row = cursor.fetchone()
        except dialect.errors:
            row = None  # a new database has no such table
    found: str | None = row["version_num"] if row else None
    if found is not None and found > NEWEST:
        raise StoreUnavailableError("The database was made by a newer version of Parlour.")
    return Revisions(found=found, newest=NEWEST)


def _unavailable(error: Exception) -> StoreUnavailableError:
    if type(error).__name__ == "ProgrammingError":
        return StoreUnavailableError("The database cannot be used: its address is malformed.")
    return StoreUnavailableError(f"The database cannot be used: {str(error).strip().partition(chr(10))[0]}")

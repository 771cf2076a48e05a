"""Consistent copies of a store while it is being written (P27)."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from parlour.storage.condition import StoreUnavailableError

_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


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


def dump_postgresql(url: str, target: Path) -> None:
    """Write a dump of one moment of a PostgreSQL store, made by `pg_dump`."""
    _run_tool("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def restore_postgresql(url: str, source: Path) -> None:
    """Put a dump into a PostgreSQL database in one transaction; tables of the same name are replaced."""
    name = str(conninfo_to_dict(url).get("dbname") or "")
    options = ("--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction")
    _run_tool("pg_restore", url, *options, f"--dbname={name}", str(source))


def _run_tool(tool: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs; where the database is stands in its environment only."""
    program = shutil.which(tool)
    if program is None:
        raise StoreUnavailableError(f"{tool} is not installed: it comes with the client programs of PostgreSQL.")
    known = conninfo_to_dict(url)
    place = {variable: str(known[name]) for name, variable in _ENVIRONMENT.items() if known.get(name) is not None}
    ended = subprocess.run([program, *arguments], env=place, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode != 0:
        said = ended.stderr.strip().splitlines()
        raise StoreUnavailableError(f"{tool} failed: {said[-1] if said else ended.returncode}")

"""The condition of a store, for operators: whether it can be reached, and how old its tables are."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, pool
from sqlalchemy.exc import SQLAlchemyError

from parlour.storage.dialects import SQLite, dialect_for
from parlour.storage.migrate import alembic_config, migrate


class StoreUnavailableError(Exception):
    """The store cannot be used, and why, without its password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Revisions:
    """The revision of the tables (`None`: there are none) and the newest this version knows."""

    found: str | None
    newest: str | None
    known: bool


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite store; `None` for another kind."""
    dialect = dialect_for(url)
    return dialect.path if isinstance(dialect, SQLite) else None


def sqlite_library() -> str:
    """The version of the SQLite library in use."""
    return sqlite3.sqlite_version


def upgrade(url: str) -> None:
    """Bring the tables up to date. Raises `StoreUnavailableError`."""
    try:
        migrate(url)
    except CommandError:
        raise StoreUnavailableError("The database was made by a newer version of Parlour.") from None
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        raise _unavailable(error) from None


def revisions(url: str) -> Revisions:
    """How old the tables are; changes nothing. Raises `StoreUnavailableError`."""
    config = alembic_config(url)
    script = ScriptDirectory.from_config(config)
    try:
        engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        raise _unavailable(error) from None
    known = found is None or found in {each.revision for each in script.walk_revisions()}
    return Revisions(found=found, newest=script.get_current_head(), known=known)


def _unavailable(error: Exception) -> StoreUnavailableError:
    cause: object = getattr(error, "orig", None) or error
    reason = str(cause).strip().split("\n", 1)[0]
    return StoreUnavailableError(f"The database cannot be used: {reason}")

"""Migrations with Alembic, when a server opens its database.

`python -m parlour.storage.migrate` migrates the store whose address comes on standard input: a
server runs it as a child, because Alembic and SQLAlchemy would cost it 27 MiB for good.
"""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"
NEWEST = max(file.name.partition("_")[0] for file in (_HERE / "versions").glob("[0-9]*_*.py"))


class MigrationError(Exception):
    """The store could not be brought to this version's form; says why, without its password."""


def migrate(url: str) -> None:
    """Upgrade the store at `url` to the newest revision, in this process."""
    from alembic import command  # noqa: PLC0415 (only where a migration runs)

    command.upgrade(alembic_config(url), "head")


def migrate_apart(url: str) -> None:
    """The same in a child process. Raises `MigrationError`."""
    done = subprocess.run(
        [sys.executable, "-m", "parlour.storage.migrate"], input=url, text=True, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise MigrationError(done.stderr.strip().rpartition("\n")[2] or "The migration failed.")


def alembic_config(url: str) -> "Config":
    """Alembic's settings for the store at `url`."""
    from alembic.config import Config  # noqa: PLC0415 (only where a migration runs)

    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return config


def main() -> None:
    """Migrate the store named on standard input; a failure is one line on standard error."""
    from alembic.util import CommandError  # noqa: PLC0415 (only where a migration runs)
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 (only where a migration runs)

    try:
        migrate(sys.stdin.read().strip())
    except CommandError:
        sys.exit("The database was made by a newer version of Parlour.")
    except SQLAlchemyError as error:
        sys.exit(f"The database cannot be migrated: {type(error).__name__}.")


if __name__ == "__main__":
    main()

"""Tables for an empty SQLite file, copied where a migration would make them; `test_migrations.py` makes them itself."""

import functools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

SQLITE = "sqlite:///"


def quick_tables(migrate: Callable[[str], None]) -> Callable[[str], None]:
    """`migrate`, which for an empty SQLite file copies what it has made before. What was replaced: `__wrapped__`."""

    @functools.cache
    def tables() -> sqlite3.Connection:
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "tables.sqlite3"
            migrate(f"{SQLITE}{file}")
            with closing(sqlite3.connect(file)) as made:
                made.backup(kept)
        return kept

    @functools.wraps(migrate)
    def quick(url: str) -> None:
        if url.startswith(SQLITE):
            with closing(sqlite3.connect(url.removeprefix(SQLITE))) as made:
                if made.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    tables().backup(made)
                    return
        migrate(url)

    return quick
